"""Finds out whether other users may read a path: only then can the sandbox run Python as one."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path


def others_can_read(folders: Iterable[str], all_of: Iterable[str], with_parents: bool) -> bool:
    """Returns whether users other than the owner may read these files and enter these folders.

    Args:
        folders: only the mode of the folder itself counts: pip or the system has installed what is in it.
        all_of: the modes of everything below count too, as a clone may have any.
        with_parents: whether the modes of all folders above them count too.
    """
    real = [Path(os.path.realpath(path)) for path in folders]
    above = {parent for path in real for parent in path.parents} if with_parents else set()
    below = [path for folder in all_of for path in Path(folder).rglob("*")]
    return all(map(_open_to_others, (*real, *below))) and all(_may_be_entered(path) for path in above)


def _open_to_others(path: Path) -> bool:
    mode = path.stat().st_mode
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
    return mode & wanted == wanted


def _may_be_entered(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXOTH)
