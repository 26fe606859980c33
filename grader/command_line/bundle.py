"""`course bundle`: writes an archive for students and lists its notebooks."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from grader.build.bundle.archive import FOLDER, write_archive
from grader.build.bundle.contents import contents
from grader.folders import find_root
from utils.weeks import Week


def run(weeks: Sequence[Week], output: Path | None = None, console: Console | None = None) -> None:
    """Writes the bundle of these weeks; of all weeks if there are none.

    Raises:
        CourseError: see `contents` and `write_archive`.
    """
    console = console or Console(highlight=False)
    chosen = sorted(set(weeks), key=lambda week: week.number)
    path = (output or Path(_name(chosen))).expanduser()
    files = contents(find_root(), chosen)
    write_archive(path, files)
    notebooks = sorted(name for name in files if name.endswith(".ipynb"))
    console.print(f"{path}: {len(files)} files, among them", markup=False)
    for name in notebooks:
        console.print(f"  {name}", markup=False)
    console.print("Students unpack it and type `make lab` in its folder; README.md in it says the rest.")


def _name(weeks: Sequence[Week]) -> str:
    numbers = "-".join(str(week.number) for week in weeks)
    return f"{FOLDER}-{numbers}.zip" if numbers else f"{FOLDER}.zip"
