"""The official solution's steps on one case, as `course build` records and stores them: names and numbers."""

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from utils.checks.trace.values import Value

MAX_TEXT = 400
"""How many characters of a list, string or dict are stored; of a longer one its digest is."""
SAMPLE = 16
"""How many numbers of a larger tensor are stored: in its order, and sorted."""
SORTED = 9
"""How many sorted numbers of an operation's result are stored."""


@dataclass(frozen=True, eq=False)
class StepValue:
    """A value of a step. Exactly one of `whole`, `sample` and `digest` is stored."""

    shape: tuple[int, ...] = ()
    whole: np.ndarray | None = None
    """All its numbers, in this shape."""
    sample: np.ndarray | None = None
    """Some of a larger tensor's numbers, in its order."""
    ordered: np.ndarray | None = None
    """Some of a larger tensor's numbers, the smallest first."""
    text: str = ""
    digest: str = ""
    """Of the text."""
    is_tensor: bool = False

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def literal(self) -> Any:
        """The list, string or dict that the text writes."""
        return ast.literal_eval(self.text)

    def to_plain(self) -> Any:
        """Returns the value as JSON stores it."""
        if self.digest:
            return {"text": self.text} if self.text else {"digest": self.digest}
        if self.whole is not None and not self.is_tensor:
            return {"number": written([self.whole.item()])}
        shape = " ".join(map(str, self.shape))
        if self.whole is not None:
            return {"shape": shape, "all": written(self.whole.ravel())}
        assert self.sample is not None and self.ordered is not None
        return {"shape": shape, "some": written(self.sample), "sorted": written(self.ordered)}

    @classmethod
    def from_plain(cls, data: dict[str, str]) -> "StepValue":
        """Returns the value that JSON stores."""
        if "text" in data:
            return cls(text=data["text"], digest=digest(data["text"]))
        if "digest" in data:
            return cls(digest=data["digest"])
        if "number" in data:
            return cls(whole=read(data["number"]).reshape(()))
        shape = tuple(map(int, data["shape"].split()))
        if "all" in data:
            return cls(shape, read(data["all"]).reshape(shape), is_tensor=True)
        return cls(shape, None, read(data["some"]), read(data["sorted"]), is_tensor=True)


@dataclass(frozen=True, eq=False)
class Step:
    """A named step: a variable of one function, with all values that it takes on in the call."""

    name: str
    function: str
    values: tuple[StepValue, ...]
    count: int = 1
    """How many values it takes on; of many only the first are stored."""

    @property
    def shown(self) -> str:
        """The step's name on a card."""
        return f"the result of {self.function.split('.')[-1]}" if self.name == "return" else self.name


@dataclass(frozen=True, eq=False)
class CaseSteps:
    """All steps of one case, in the order in which the official solution takes them."""

    steps: tuple[Step, ...]
    operations: tuple[np.ndarray, ...] = field(default=())
    """Of the result of each operation without a name: its size, then some of its numbers, sorted."""

    def to_plain(self) -> dict[str, Any]:
        """Returns the steps as JSON stores them."""
        stored: dict[str, int] = {}

        def plain(value: StepValue) -> Any:
            # Many steps have the same value, as a function's result and the variable that it is given to.
            data = value.to_plain()
            text = repr(data)
            if text in stored:
                return stored[text]
            stored[text] = len(stored)
            return data

        steps = [
            [each.function, each.name, each.count, [plain(value) for value in each.values]]
            for each in self.steps
        ]
        return {"steps": steps, "operations": [written(each) for each in self.operations]}

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> "CaseSteps":
        """Returns the steps that JSON stores."""
        known: list[StepValue] = []

        def value_of(each: Any) -> StepValue:
            if isinstance(each, int):
                return known[each]
            known.append(StepValue.from_plain(each))
            return known[-1]

        steps = (
            Step(name, function, tuple(map(value_of, values)), count)
            for function, name, count, values in data["steps"]
        )
        return cls(tuple(steps), tuple(map(read, data["operations"])))

    @cached_property
    def by_size(self) -> dict[int, list[np.ndarray]]:
        """The operations by the sizes of their results."""
        found: dict[int, list[np.ndarray]] = {}
        for each in self.operations:
            found.setdefault(int(each[0]), []).append(each[1:])
        return found


def written(numbers: Any) -> str:
    """Returns numbers as text with six digits: ten times more than comparisons need (see `relations`)."""
    return " ".join(f"{float(each):.6g}" for each in numbers)


def read(text: str) -> np.ndarray:
    """Returns the numbers of a text."""
    return np.array([float(each) for each in text.split()], dtype=np.float64)


def digest(text: str) -> str:
    """Returns the digest of a list, string or dict, in which tuples and lists are the same."""
    as_lists = text.replace("(", "[").replace(",)", "]").replace(")", "]")
    return hashlib.sha256(as_lists.encode()).hexdigest()[:12]


def places(size: int, count: int) -> np.ndarray:
    """Returns the positions of a sample of `count` among `size` numbers, the first and the last included."""
    return np.linspace(0, size - 1, count).round().astype(np.int64)


def ordered_sample(array: np.ndarray, count: int) -> np.ndarray:
    """Returns `count` of the array's numbers, from the smallest to the largest; NaN counts as largest."""
    return np.sort(array, axis=None)[places(array.size, count)]


def step_value(value: Value, max_whole: int) -> StepValue:
    """Returns what is stored of a value.

    Args:
        value: A value of the official solution's.
        max_whole: How many numbers of a tensor are stored; of a larger one a sample is.
    """
    if value.text:
        short = value.text if len(value.text) <= MAX_TEXT else ""
        return StepValue(text=short, digest=digest(value.text))
    assert value.array is not None
    array, shape = value.array, value.array.shape
    if not value.is_tensor or array.size <= max_whole:
        return StepValue(shape, array, is_tensor=value.is_tensor)
    flat = array.ravel()
    return StepValue(
        shape, None, flat[places(flat.size, SAMPLE)], ordered_sample(flat, SAMPLE), is_tensor=True
    )


def operation(array: np.ndarray) -> np.ndarray:
    """Returns what is stored of an operation's result."""
    return np.concatenate([[array.size], ordered_sample(array, min(SORTED, array.size))])


def distinct(steps: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Yields the operations' results without repetitions."""
    seen = set()
    for each in steps:
        text = written(each)
        if text not in seen:
            seen.add(text)
            yield read(text)
