"""Makes a module that exists in memory alone importable, as a notebook's `parts` is."""

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importable(name: str, module: types.ModuleType) -> Iterator[None]:
    """Lets code import `module` under that name during the context.

    Every other module that is imported meanwhile stays imported: where a class's module is gone, its source
    cannot be found.
    """
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        yield
    finally:
        if before is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = before
