"""nbgrader copies whatever lies beside a notebook. Ours gives away notebook, parts and pictures only."""

import shutil

from grader.build.release import load_config
from grader.folders import CONFIG
from grader.tools.nbgrader_commands import nbgrader

from .small_course import EMBEDDINGS

KEPT_BACK = [
    "variants.py",
    "answers.txt",
    "Makefile",
    ".secrets",
    "old/answers.py",
    "old/deep/embeddings.ipynb",
]
PICTURE = "picture.png"


def test_nbgraders_own_release_gives_nothing_else_away(built):
    folder = built / "solutions" / EMBEDDINGS.folder
    for name in [*KEPT_BACK, PICTURE]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("an answer")
    before = (built / "course" / EMBEDDINGS.folder / "embeddings.ipynb").read_bytes()

    for command in (
        ["generate_assignment", EMBEDDINGS.folder, "--force"],
        ["release_assignment", EMBEDDINGS.folder],
    ):
        outcome = nbgrader(built, *command)
        assert outcome.ok, outcome.log

    released = built / "course" / EMBEDDINGS.folder
    fetched = built / "classroom/exchange/gpt2/outbound" / EMBEDDINGS.folder
    for place in (released, fetched):
        assert {path.name for path in place.rglob("*")} == {"embeddings.ipynb", "parts.py", PICTURE}
    # nbgrader's own release with its gradebook is, byte for byte, the one that `course build` made without.
    assert (released / "embeddings.ipynb").read_bytes() == before


def test_the_list_follows_what_lies_in_the_source_folders(built):
    assert "embeddings.py" in load_config(built).CourseDirectory.ignore
    (built / "solutions" / EMBEDDINGS.folder / "new.py").write_text("")
    assert "new.py" in load_config(built).CourseDirectory.ignore


def test_what_students_need_is_not_ignored(built):
    ignored = set(load_config(built).CourseDirectory.ignore)
    assert not ignored & {"parts.py", "embeddings.ipynb", "timestamp.txt"}


def test_a_folder_without_sources_has_a_configuration_too(built, tmp_path):
    shutil.copy(built / CONFIG, tmp_path)
    assert load_config(tmp_path).CourseDirectory.ignore == [
        ".ipynb_checkpoints",
        "*.pyc",
        "__pycache__",
        "feedback",
    ]
