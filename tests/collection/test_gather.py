"""Whatever is in a download, a student's folder holds that student's notebook, and nothing lies elsewhere."""

import io
import tarfile
import unicodedata
import warnings
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.collection.names import BadName, parts_of, student_name
from grader.collection.platforms import blackboard_students, read_platform_name
from grader.nbgrader_plugins.extractor import SubmissionExtractor

HONEST = {"ada": b'{"ada": 1}', "bob": b'{"bob": 1}'}
EVIL = b'{"evil": 1}'

ODD = st.sampled_from(
    [
        "", ".", "..", "...", " ", "ada", "ADA", "bob ", "ada.", "CON", "nul.ipynb", "C:", "\\", "/",
        "~", "ä", "a\u0308", "attention.ipynb", "attention (1).ipynb", "attention-1.ipynb",
        "ada_attention.ipynb", "x.zip", "..zip", "...zip", ".zip", "__MACOSX",
        "._attention.ipynb", "Thumbs.db", "\u202egnp.bypni", "a\nb", "x" * 230,
        "Mal_3_assignsubmission_file_", "ada_1_2_attention.ipynb",
        "W_ada_attempt_2026-03-06-17-00-00_attention.ipynb",
    ]
)  # fmt: skip
PART = ODD | st.text(max_size=12)
NAME = st.lists(PART, min_size=1, max_size=4).map("/".join)
FILE = PART.filter(lambda name: name not in ("", ".", "..") and not set(name) & set("/\0"))
CONTENT = st.sampled_from([EVIL, b"", b"PK", bytes(2000)])


@st.composite
def archives(draw, depth: int = 2) -> bytes:
    """A zip or a tar file of odd names, with archives in it."""
    names = draw(st.lists(NAME, max_size=5))
    content = [draw(archives(depth - 1) if depth and draw(st.booleans()) else CONTENT) for _ in names]
    made = _zip(names, content) if draw(st.booleans()) else _tar(names, content)
    return made[: draw(st.integers(0, len(made)))] if draw(st.integers(0, 9)) == 0 else made


def _zip(names: list[str], contents: list[bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings(action="ignore"):
        for name, content in zip(names, contents, strict=True):
            info = zipfile.ZipInfo("x")
            info.filename = name.replace("\0", "") or "empty"
            archive.writestr(info, content)
    return out.getvalue()


def _tar(names: list[str], contents: list[bytes]) -> bytes:
    out = io.BytesIO()
    kinds = [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
    with tarfile.open(fileobj=out, mode="w") as archive:
        for number, (name, content) in enumerate(zip(names, contents, strict=True)):
            info = tarfile.TarInfo(name.replace("\0", ""))
            info.type = kinds[len(content) % len(kinds)] if number % 2 else tarfile.REGTYPE
            info.linkname = "/etc/passwd"
            info.size = len(content) if info.type == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


AS_ADA = _zip(["ada/attention.ipynb"], [EVIL])


def collected(files: dict[str, bytes]) -> dict[str, bytes]:
    """The notebook of each student, of the downloads with these names. Nothing may lie anywhere else."""
    with TemporaryDirectory() as name:
        place = Path(name, "place")
        archive, extracted = place / "archive", place / "x/extracted"
        archive.mkdir(parents=True)
        for file, content in files.items():
            (archive / file).write_bytes(content)
        SubmissionExtractor(most_bytes=2**22, most_bytes_of_class=2**23).extract(str(archive), str(extracted))
        assert [path.name for path in Path(name).iterdir()] == ["place"]
        assert {path.name for path in place.iterdir()} == {"archive", "x"}
        assert {path.name: path.read_bytes() for path in archive.iterdir()} == files
        assert [path.name for path in (place / "x").iterdir()] == ["extracted"]
        found = {}
        for student in extracted.iterdir():
            assert student.is_dir() and not student.is_symlink()
            assert student_name(student.name) == student.name
            for path in student.iterdir():
                assert path.is_file() and not path.is_symlink()
                found[f"{student.name}/{path.name}"] = path.read_bytes()
        return found


def _usable(name: str) -> bool:
    try:
        return len(name.encode()) < 240
    except UnicodeEncodeError:
        return False


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(FILE.filter(_usable), archives() | CONTENT, max_size=3), archives())
@example(
    {"...zip": _zip(["ada/attention.ipynb"], [EVIL])}, _zip(["...zip"], [_zip(["b/attention.ipynb"], [EVIL])])
)
def test_no_download_touches_a_classmates_work(others, inside):
    others = {
        name: content
        for name, content in others.items()
        # What the instructor calls ada's is ada's: the names of the two belong to them.
        if not any(own in unicodedata.normalize("NFKC", name).casefold() for own in HONEST)
    }
    files = {**others, "mallory.zip": inside}
    files |= {f"{student}.zip": _zip(["attention.ipynb"], [content]) for student, content in HONEST.items()}
    found = collected(files)
    for student, content in HONEST.items():
        assert found[f"{student}/attention.ipynb"] == content


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300) | PART)
def test_a_students_name_is_one_plain_part(text):
    try:
        name = student_name(text)
    except BadName:
        return
    assert student_name(name) == name == unicodedata.normalize("NFC", name)
    assert name not in ("", ".", "..")
    assert Path(name).parts == (name,)
    assert Path("top", name).resolve().parent == Path("top").resolve()
    assert len(name.encode()) <= 255
    assert student_name(unicodedata.normalize("NFD", name)) == name


@settings(deadline=None)
@given(NAME)
def test_parts_never_lead_out(name):
    parts = parts_of(name)
    assert parts is None or not {"", ".", ".."} & set(parts)
    assert parts is None or not any("/" in part or "\\" in part for part in parts)


WORD = st.text("abcdefghijklmnopqrstuvwxyz äöü'-", min_size=1, max_size=12).map(str.strip).filter(bool)
NUMBER = st.integers(1, 10**6)
FILES = WORD | st.sampled_from(
    ["attention.ipynb", "W_ada_attempt_2026-03-06-17-00-00_x.ipynb", "a_1_2_b.zip"]
)
FILES |= st.sampled_from(["Ada_1_assignsubmission_file_attention.ipynb"])


@settings(deadline=None)
@given(WORD, NUMBER, FILES, st.booleans())
def test_moodles_student_is_found_whatever_the_file_is_called(student, number, file, flat):
    name = f"{student}_{number}_assignsubmission_file_{file if flat else ''}"
    found = read_platform_name(name)
    assert (found.platform, found.student, found.number) == ("Moodle", student, str(number))
    assert found.file == (file if flat else "")


@settings(deadline=None)
@given(st.from_regex(r"[a-zä]{1,10}", fullmatch=True), NUMBER, NUMBER, FILES, st.booleans())
def test_canvass_student_is_no_other_whatever_the_file_is_called(student, user, sequence, file, late):
    name = f"{student}{'_LATE' if late else ''}_{user}_{sequence}_{file}"
    found = read_platform_name(name)
    assert found.platform in {"Canvas", "Canvas or Blackboard"}
    if found.platform == "Canvas":
        assert (found.student, found.file, found.late) == (f"{student}_{user}", file, late)


@settings(deadline=None)
@given(st.from_regex(r"[a-z]{1,8}(_[a-z]{1,8})?", fullmatch=True), FILES)
def test_blackboards_student_is_found_by_its_text_file(student, file):
    head = f"Week 5_{student}"
    found = read_platform_name(f"{head}_attempt_2026-03-06-17-00-00_{file}")
    assert (found.student, found.file) == (head, file)
    assert blackboard_students([head], {head: student}) == {head: student}


def test_ten_thousand_files_hide_no_notebook():
    names = [f"lib/{number}.py" for number in range(10_000)]
    content = _zip([*names, "attention.ipynb"], [b"x"] * 10_000 + [EVIL])
    assert collected({"mallory.zip": content}) == {"mallory/attention.ipynb": EVIL}


@pytest.mark.parametrize("name", ["zo\u00eb", "zoe\u0308", " zo\u00eb ", "zo\u00eb. "])
def test_one_student_has_one_spelling(name):
    assert student_name(name) == "zo\u00eb"


def test_what_is_no_notebook_is_not_read():
    names = ["timestamp.txt", "parts.py", "sub/attention.ipynb"]
    content = _zip(names, [b"2001-01-01 00:00 UTC", b"x", EVIL])
    assert collected({"mallory.zip": content}) == {"mallory/attention.ipynb": EVIL}
