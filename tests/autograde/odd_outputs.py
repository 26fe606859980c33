"""Outputs that no exercise asks for, handed to the judge of every check.

Run as a program, it prints the processor time that each check takes for the slowest of them:

    PYTHONPATH=.:tests python -m judge.odd_outputs week05_attention
"""

import functools
import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from utils.answers.answer_key import AnswerKey
from utils.answers.judge import LocalCheckRun, LocalJudge, answer_keys_of
from utils.checks.engine.observation import Observation, observe
from utils.checks.engine.plain_data import pack, unpack
from utils.checks.engine.report import Report

HIDDEN_SEED = 58


class Subclass(Tensor):
    """A tensor that says of itself what it likes."""

    @property
    def shape(self):
        return torch.Size((2, 3))


class WithLength:
    """No list, and still with a length and items."""

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, place: int) -> int:
        return place


def _in_itself() -> list:
    value: list = []
    value.append(value)
    return value


def _nested(depth: int) -> Any:
    return functools.reduce(lambda value, _: [value], range(depth), 1.0)


SMALL: dict[str, Any] = {
    "None": None,
    "True": True,
    "False": False,
    "0": 0,
    "-0.0": -0.0,
    "-1": -1,
    "NaN": float("nan"),
    "-inf": float("-inf"),
    "1e308": 1e308,
    "2**63": 2**63,
    "10**1000": 10**1000,
    "10**5000": 10**5000,
    "a complex number": 1j,
    "no text": "",
    "text": "2 * x",
    "a surrogate": "\ud800",
    "text that turns around": "\u202e" * 600,
    "an empty list": [],
    "an empty tuple": (),
    "an empty dict": {},
    "a dict without a name": {"": None},
    "a dict by numbers": {0: 1},
    "lists in lists": [[[]]],
    "a list of many things": [1, "a", None, torch.zeros(2), {}],
    "a list of NaN": [float("nan")] * 5,
    "two strings": ["a", "b"],
    "two truths": [True, False],
    "a pair of tensors": (torch.zeros(2, 2), torch.zeros(3)),
    "a pair, of which one is in the other": (torch.zeros(2), [torch.zeros(2)]),
    "nested 20 deep": _nested(20),
    "nested 100 deep": _nested(100),
    "a list in itself": _in_itself(),
    "a range": range(5),
    "a set": {1, 2},
    "bytes": b"abc",
    "a generator": (each for each in range(3)),
    "a class": nn.Linear,
    "a Module": nn.Linear(1, 1),
    "an object with a length": WithLength(),
    "numpy": np.ones((2, 3)),
    "a numpy number": np.float16(1.5),
    "a numpy object": np.array([None]),
    "no numbers": torch.zeros(0),
    "no numbers on three axes": torch.zeros(0, 5, 2**20),
    "a number on no axis": torch.tensor(1.0),
    "a whole number on no axis": torch.tensor(3),
    "a truth on no axis": torch.tensor(True),
    "a truth on one axis": torch.tensor([False]),
    "NaN throughout": torch.full((2, 2), torch.nan),
    "infinity throughout": torch.full((3, 4, 5), torch.inf),
    "complex numbers": torch.zeros(3, dtype=torch.complex64),
    "complex NaN": torch.full((2, 3), complex("nan"), dtype=torch.complex128),
    "float16": torch.ones(2, 3, dtype=torch.float16),
    "bfloat16": torch.ones(4, dtype=torch.bfloat16),
    "float64": torch.ones(2, 3, dtype=torch.float64),
    "float8": torch.ones(4).to(torch.float8_e4m3fn),
    "booleans": torch.ones(3, 3, dtype=torch.bool),
    "whole numbers near 2**62": torch.full((4,), 2**62),
    "the smallest whole numbers": torch.full((2, 5), -(2**63)),
    "bytes as numbers": torch.arange(10, dtype=torch.uint8),
    "huge values": torch.full((3, 3), 3e38),
    "random values": torch.randn(7, 11, 13, generator=torch.Generator().manual_seed(0)),
    "32 axes": torch.zeros((1,) * 32),
    "40 axes": torch.zeros((1,) * 40),
    "sparse": torch.eye(3).to_sparse(),
    "nested": torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]),
    "on meta": torch.zeros(2, 3, device="meta"),
    "quantised": torch.quantize_per_tensor(torch.ones(2, 3), 0.1, 0, torch.quint8),
    "a Parameter": nn.Parameter(torch.ones(2, 3)),
    "a subclass": torch.ones(4).as_subclass(Subclass),
}
"""By what each is."""
LARGE: dict[str, Any] = {
    "a giant view": torch.zeros(1).expand(10**12),
    "2,000,000 numbers": torch.zeros(2_000_000),
    "1,000,000 ids": torch.arange(1_000_000),
    "a long text": "a" * 8_000_000,
    "100,000 digits": "9" * 100_000,
    "300,000 numbers in a list": list(range(300_000)),
    "300,000 strings in a list": ["a"] * 300_000,
    "100,000 lists in a list": [[place, place + 1] for place in range(100_000)],
    "2,000,000 numbers in a list": [0] * 2_000_000,
    "100,000 Nones": [None] * 100_000,
    "100,000 names": {str(place): place for place in range(100_000)},
    "5,000 tensors": [torch.zeros(1)] * 5_000,
}
"""Those that are large: what is done with them must not take more than they are."""


@functools.cache
def as_received(name: str) -> Observation:
    """What the judge gets when a student's code returns that: over the same way as in grading."""
    value = {**SMALL, **LARGE}[name]
    return received(observe(lambda submission: value, None, {}))


def received(made: Observation) -> Observation:
    """An observation as it arrives at the judge."""
    return Observation.from_plain(unpack(pack(made.to_plain())))


class Work(TorchDispatchMode):
    """A context that counts torch's operations, and notes the most bytes that one of them made."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0
        self.largest = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = function(*args, **(kwargs or {}))
        self.operations += 1
        if isinstance(made, Tensor) and made.device.type != "meta":
            self.largest = max(self.largest, made.untyped_storage().nbytes())
        return made


def judges() -> tuple[LocalJudge, LocalJudge]:
    """The judges of public and of hidden cases, as a class's grading has them."""
    return LocalJudge(), LocalJudge(HIDDEN_SEED, reveal=False)


def some_cases(judge: LocalJudge, answer_key: AnswerKey, first: int, most: int = 4) -> LocalCheckRun:
    """A run of a check on at most so many of its cases, from this one on, in a circle."""
    whole = judge.open(answer_key.check)
    number = len(whole.cases)
    places = [place % number for place in range(first, first + min(most, number))]
    cases, expectations = ([all_[place] for place in places] for all_ in (whole.cases, whole.expectations))
    return LocalCheckRun(answer_key, cases, expectations, judge.reveal)


def judged(check_run: LocalCheckRun, answers: list[Observation]) -> Report:
    """The report on these answers, one for each case; it is taken through all that becomes of a report."""
    for answer in answers:
        check_run.submit(answer)
    report = check_run.report()
    assert Report.from_plain(unpack(pack(report.to_plain()))) == report
    json.dumps(report._repr_mimebundle_()).encode()
    return report


def places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Where in a right answer something odd may stand: at both ends of a list, in three places of a dict."""
    if isinstance(value, list | tuple):
        for place in sorted({0, len(value) - 1} if value else ()):
            yield (*path, place)
            yield from places(value[place], (*path, place))
    elif isinstance(value, dict):
        for name in list(value)[:3]:
            yield (*path, name)
            yield from places(value[name], (*path, name))


def put(value: Any, path: tuple, odd: Any) -> Any:
    """The value with something odd at that place; the odd thing alone where it has no such place."""
    if not path:
        return odd
    try:
        if isinstance(value, dict):
            return {**value, path[0]: put(value[path[0]], path[1:], odd)}
        items = list(value)
        items[path[0]] = put(items[path[0]], path[1:], odd)
        return items if isinstance(value, list) else tuple(items)
    except (KeyError, IndexError, TypeError):
        return odd


def odd_inside(right: list[Any], seed: str, most: int = 60) -> Iterator[tuple[str, list[Any]]]:
    """Right answers with something odd at one place, by what stands where."""
    draw = random.Random(seed)
    choices = [(path, name) for path in places(right[0]) for name in SMALL]
    for path, name in draw.sample(choices, min(most, len(choices))):
        odd = as_received(name).output
        yield f"{name} at {path}", [put(each, path, odd) for each in right]


def measure(week: str) -> None:
    """Prints the slowest report of each check of a week, in seconds of processor time, and how many MiB all
    of them added to what the process has needed at most.
    """
    by = judges()
    for answer_key in answer_keys_of(week).values():
        number = [len(judge.open(answer_key.check).cases) for judge in by]
        before, slowest = _memory(), (0.0, "")
        for name in (*SMALL, *LARGE):
            for judge, cases in zip(by, number, strict=True):
                answers = [as_received(name)] * cases
                began = time.process_time()
                judged(judge.open(answer_key.check), answers)
                slowest = max(slowest, (time.process_time() - began, name))
        added = _memory() - before
        print(f"{answer_key.check.name:<32} {slowest[0]:6.2f} s  {slowest[1]:<36} +{added} MiB", flush=True)


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        print(folder)
        measure(folder)
