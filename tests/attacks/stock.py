"""What stock nbgrader gives for each attack: measured once, by its own Execute, and kept in stock.json.

    cd tests && python -m attacks.stock [NAME …]      measures those that are named, or all that are missing

Each runs in a container of its own, where only its own course folder can be written. What would use up the
machine is not run; `NOT_RUN` says what is known of it.

When the stretch points of week 5 changed, the points in stock.json were restated: the exercises that were
lost stayed the same, with their new points. Where these exercises are not known, the old points are named.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from autograde import week05
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins.zipcollect import ExtractorPlugin

from grader.build.build import make
from grader.build.install import write
from grader.folders import CONFIG
from grader.tools.bench.ways import STOCK
from grader.tools.nbgrader_commands import CommandResult, nbgrader

from .archives import ARCHIVES, ArchiveAttack, zipped
from .archives import NOTEBOOK as HONEST
from .attack import Attack
from .folders import ADA, FOLDERS, NOTEBOOK, FolderAttack
from .lies_to_the_judge import LIES
from .suite import ALL

KEPT = Path(__file__).with_name("stock.json")
STUDENT = "mallory"
SECONDS = 90
ABORT = ("One or more notebooks in the assignment use", "Could not match")
"""What nbgrader says when it goes on with nobody; after any other error it goes on with the next student."""
_DEFAULT_TAG = 'c.Execute.skip_cells_with_tag = "skip-execution"\n'
_COLLECT = r"""
c.ZipCollectApp.extractor_plugin = "nbgrader.plugins.ExtractorPlugin"
c.ZipCollectApp.collector_plugin = "nbgrader.plugins.FileNameCollectorPlugin"
c.FileNameCollectorPlugin.named_regexp = (
    r".*/extracted/(?P<student_id>[^/]+?)(?:/.*)?[_/](?P<file_id>[a-z]+)(?:-\d+| \(\d+\))?\.ipynb$"
)
"""
"""nbgrader's own plugins, with a pattern for archive/ada_attention.ipynb and archive/ada.zip."""
NOT_RUN = {
    "fork bomb": "not run: it has no limit of processes",
    "memory, bit by bit": "not run: it has no limit of memory",
    "memory, at once": "not run: it has no limit of memory",
    "disk": "not run: it fills the disk",
    "one large file": "not run: it fills the disk",
    "list without end": "not run: it fills the memory",
    "inodes": "not run: it fills the disk",
    "threads": "not run: it has no limit of threads",
    "keeper kept busy": "not run: it has no limit of processes",
    "processor of others": "not run: what was started goes on for ever",
    "orphans": "not run: they go on for ever",
    "after the report": "not run: the daemon goes on for ever",
    "left behind": "not run: what was started goes on for ever",
    "children of a check": "not run: what was started goes on for ever",
    "children of a cell": "not run: what was started goes on for ever",
    "flood": "not run: it fills the memory",
    "answers that fill the judge": "not run: it has no limit of memory",
}

NO_JUDGE = {
    attack.name: "not run: it has no judge, and the process itself gives the points" for attack in LIES
}


def measure(course: Path, attack: Attack | FolderAttack) -> str:
    """What comes of the attack, in a few words."""
    student = getattr(attack, "student", "") or STUDENT
    with tempfile.TemporaryDirectory(prefix="atk_stock_") as name:
        folder = Path(shutil.copytree(course, Path(name, "course")))
        for who, fill in ((ADA, _solved), (student, _filler(attack))):
            place = folder / "classroom/submitted" / who / week05.WEEK.folder
            place.mkdir(parents=True)
            fill(place)
        if attack.name == "skip tag":
            with (folder / CONFIG).open("a") as config:
                config.write(_DEFAULT_TAG)
        return outcome(folder, student, contained(folder, student))


def _solved(place: Path) -> None:
    (place / NOTEBOOK).write_text(json.dumps(week05.solved()))


def _filler(attack: Attack | FolderAttack) -> Callable[[Path], object]:
    if isinstance(attack, FolderAttack):
        return attack.hand_in
    made = attack.submission()
    content = made if isinstance(made, bytes) else json.dumps(made).encode()
    return lambda place: (place / NOTEBOOK).write_bytes(content)


def contained(folder: Path, student: str) -> CommandResult:
    """`nbgrader autograde` where only `folder` can be written, and what it starts dies with it."""
    command = [sys.executable, "-m", "nbgrader", "autograde", week05.WEEK.folder, "--student", student]
    container = [
        "bwrap",
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--tmpfs",
        str(Path.home() / ".local"),
    ]
    container += ["--bind", str(folder.parent), str(folder.parent), "--unshare-pid", "--unshare-net"]
    container += ["--die-with-parent", "--chdir", str(folder), "--"]
    try:
        done = subprocess.run(
            [*container, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return CommandResult("autograde", False, "hangs")
    return CommandResult("autograde", done.returncode == 0, done.stdout.decode(errors="replace"))


def outcome(folder: Path, student: str, ran: CommandResult) -> str:
    """In words: points as the gradebook has them, and what was reached."""
    if ran.log == "hangs":
        return f"hangs: ended after {SECONDS} s, with the whole class waiting"
    with Gradebook(f"sqlite:///{folder / 'classroom/gradebook.db'}") as gradebook:
        try:
            points = gradebook.find_submission(week05.WEEK.folder, student).score
        except MissingEntry:
            points = None
    if not ran.ok:
        aborted = "the whole class is aborted" if any(each in ran.log for each in ABORT) else "not graded"
        return f"{aborted}: {ran.reason[:120]}" if ran.reason else aborted
    graded = folder / "classroom/autograded" / student / week05.WEEK.folder / NOTEBOOK
    text = graded.read_text(errors="replace") if graded.is_file() else ""
    reached = ", and what it tried was reached" if "REACHED" in _outputs(text) else ""
    return f"{points:g} points{reached}" if points is not None else "not graded"


def _outputs(text: str) -> str:
    cells = json.loads(text)["cells"] if text else []
    return json.dumps([cell.get("outputs") for cell in cells])


def released(folder: Path) -> Path:
    """A course folder with week 5 released, set up as nbgrader comes."""
    folder.mkdir(parents=True)
    config = (week05.REPOSITORY / CONFIG).read_text().replace("    use_in_nbgrader()\n", "    pass\n")
    (folder / CONFIG).write_text(config + STOCK + "c.Execute.timeout = 30\n")
    write(folder, [make(week05.REPOSITORY, week05.WEEK).moved(week05.REPOSITORY, folder)])
    done = nbgrader(folder, "generate_assignment", week05.WEEK.folder, "--force")
    if not done.ok:
        raise SystemExit(done.log)
    return folder


def measure_archive(course: Path, attack: ArchiveAttack) -> str:
    """What nbgrader's own extractor makes of it, between those of two honest students; where it is about
    whose a notebook is, its own collector as well."""
    if attack.gives is not None:
        return measure_owners(course, attack)
    with tempfile.TemporaryDirectory(prefix="atk_stock_") as name:
        archive, extracted = Path(name, "archive"), Path(name, "a/b/extracted")
        archive.mkdir()
        for file, content in _download(attack).items():
            (archive / file).write_bytes(content)
        try:
            ExtractorPlugin().extract(str(archive), str(extracted))
        except Exception as error:
            return f"zip_collect is aborted for the whole class: {type(error).__name__}"
        found = [path for path in extracted.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in found)
        links = sum(path.is_symlink() for path in found)
        return f"{len(found) - 2} files, {size // 2**20} MiB and {links} links are unpacked"


def _download(attack: ArchiveAttack) -> dict[str, bytes]:
    return {"ada.zip": zipped(), **attack.files(), "zoe.zip": zipped()}


def measure_owners(course: Path, attack: ArchiveAttack) -> str:
    """Who has a submission after nbgrader's own zip_collect with the pattern that its handbook would have."""
    with tempfile.TemporaryDirectory(prefix="atk_stock_") as name:
        folder = Path(shutil.copytree(course, Path(name, "course")))
        archive = folder / "classroom/downloaded" / week05.WEEK.folder / "archive"
        archive.mkdir(parents=True)
        for file, content in _download(attack).items():
            (archive / file).write_bytes(content)
        with (folder / CONFIG).open("a") as config:
            config.write(_COLLECT)
        ran = nbgrader(folder, "zip_collect", week05.WEEK.folder)
        if not ran.ok:
            return f"zip_collect is aborted for the whole class: {ran.reason[:120]}"
        paths = folder.glob(f"classroom/submitted/*/{week05.WEEK.folder}/{NOTEBOOK}")
        came = {path.parents[1].name: path.read_bytes() for path in paths}
        return _owners(came, {**attack.gives, "ada": HONEST, "zoe": HONEST})


def _owners(came: dict[str, bytes], due: dict[str, bytes]) -> str:
    lost = sorted(set(due) - set(came))
    others = sorted(student for student in set(due) & set(came) if came[student] != due[student])
    said = [f"{', '.join(names)} {what}" for names, what in (
        (lost, "is lost"), (others, "has another's, or an earlier one"),
        (sorted(set(came) - set(due)), "becomes a student"),
    ) if names]  # fmt: skip
    return "; ".join(said) or "collected as it should be"


def _measured(course: Path, attack: Attack | FolderAttack | ArchiveAttack) -> str:
    return measure_archive(course, attack) if isinstance(attack, ArchiveAttack) else measure(course, attack)


def main(names: list[str]) -> None:
    """Measures and keeps."""
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    wanted = [
        each
        for each in (*ALL, *FOLDERS, *ARCHIVES)
        if each.name in names or (not names and each.name not in kept)
    ]
    with tempfile.TemporaryDirectory(prefix="atk_stock_course_") as name:
        course = released(Path(name, "course"))
        for attack in wanted:
            kept[attack.name] = (
                NOT_RUN.get(attack.name) or NO_JUDGE.get(attack.name) or _measured(course, attack)
            )
            print(f"{attack.name}: {kept[attack.name]}", flush=True)
            KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
