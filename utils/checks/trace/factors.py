"""Likely names of a factor, from the sizes of a case: 0.65 may be √d_head / √d_model."""

import itertools
import math
import re
from collections.abc import Iterator, Mapping

_NEAR = 2e-4
"""A factor is known to four digits at least, as the values that it comes from."""
_LARGEST = 4096


def sizes_of(label: str) -> dict[str, int]:
    """Returns the sizes that a case's label names: `batch 2 · d_head 3`."""
    found = {name: int(size) for name, size in re.findall(r"([A-Za-z_]\w*) (\d+)\b", label)}
    return {name: size for name, size in found.items() if 1 < size <= _LARGEST}


def name_of_factor(factor: float, sizes: Mapping[str, int]) -> str:
    """Returns what a factor may be, `√3 / √7, that is √d_head / √d_model`.

    Empty if nothing simple gives it, or several do: with d_model 9, 1 / √3 may also be √3 / √9.
    """
    near = [each for each in _candidates(sizes) if abs(abs(factor) - each[0]) <= _NEAR * each[0]]
    if not near or (len(near) > 1 and near[0][2]):
        return ""
    _, with_numbers, with_names = near[0]
    sign = "-" if factor < 0 else ""
    return f"{sign}{with_numbers}" + (f", that is {sign}{with_names}" if with_names else "")


def _candidates(sizes: Mapping[str, int]) -> Iterator[tuple[float, str, str]]:
    """Yields values with their texts in numbers and in names, the simplest first."""
    for value, text in ((2.0, "2"), (0.5, "1 / 2"), (math.log(2), "ln 2"), (1 / math.log(2), "1 / ln 2")):
        yield value, text, ""
    for name, size in sizes.items():
        yield float(size), f"{size}", name
        yield 1 / size, f"1 / {size}", f"1 / {name}"
        yield math.sqrt(size), f"√{size}", f"√{name}"
        yield 1 / math.sqrt(size), f"1 / √{size}", f"1 / √{name}"
    for (one, first), (other, second) in itertools.permutations(sizes.items(), 2):
        yield first / second, f"{first} / {second}", f"{one} / {other}"
        yield math.sqrt(first / second), f"√{first} / √{second}", f"√{one} / √{other}"
    for name, size in sizes.items():
        yield size / (size - 1), f"{size} / {size - 1}", f"{name} / ({name} - 1)"
        yield (size - 1) / size, f"{size - 1} / {size}", f"({name} - 1) / {name}"
