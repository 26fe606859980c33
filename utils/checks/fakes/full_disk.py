"""A simulated disk that fills up while torch writes a file."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch


@contextmanager
def full_disk() -> Iterator[None]:
    """A context in which `torch.save` writes a few bytes of a file and then fails as on a full disk."""

    def save(value: Any, target: Any, *_: Any, **__: Any) -> None:
        if isinstance(target, str | Path):
            Path(target).write_bytes(b"half a file")
        else:
            target.write(b"half a file")
        raise OSError(errno.ENOSPC, "No space left on device")

    with patch.object(torch, "save", save):
        yield
