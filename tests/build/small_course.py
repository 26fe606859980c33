"""A course of three small weeks in a folder of its own: real sources, real nbgrader, no torch."""

import shutil
from pathlib import Path

from utils.weeks import Week, find_week

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).resolve().parent / "sources"

VECTORS, TOKENS, EMBEDDINGS = find_week(1), find_week(2), find_week(3)


def small_course(root: Path) -> Path:
    """Puts the small course's sources and the real nbgrader_config.py into `root`, unbuilt."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    for week in (VECTORS, TOKENS, EMBEDDINGS):
        source_of(root, week).parent.mkdir(parents=True)
        shutil.copy(SOURCES / f"{week.notebook}.txt", source_of(root, week))
    return root


def source_of(root: Path, week: Week) -> Path:
    """The week's source in a small course."""
    return root / "solutions" / week.folder / f"{week.notebook}.py"


def replace_in(path: Path, old: str, new: str) -> None:
    """Replaces a text that stands exactly once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")
