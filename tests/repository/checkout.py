"""This checkout: where it is, and what git tracks of it."""

import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def read(name: str) -> str:
    """The text of a file at the top level."""
    return (CHECKOUT / name).read_text(encoding="utf-8")


def tracked_files(*folders: str) -> list[Path]:
    """The files that git tracks, in `folders` or anywhere, relative to the checkout."""
    command = ["git", "ls-files", "-z", "--", *folders]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    paths = [Path(name) for name in listed.split("\0") if name]
    return [path for path in paths if (CHECKOUT / path).is_file()]


def places_of(words: list[str], *folders: str) -> list[str]:
    """Where tracked files hold one of `words`, each as `file: word`."""
    found = []
    for path in tracked_files(*folders):
        content = (CHECKOUT / path).read_bytes()
        found += [f"{path}: {word}" for word in words if word.encode() in content]
    return found
