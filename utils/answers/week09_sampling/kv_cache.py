"""The answer key of `KVCache`: HF's DynamicCache."""

import torch
from torch import Tensor

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week09_sampling as checks


def _expected(steps):
    from transformers import DynamicCache

    cache, lengths, results = DynamicCache(), [0], {}
    for number, step in enumerate(steps, 1):
        for layer, (k, v) in enumerate(step):
            keys, values = cache.update(k, v, layer)
            results[f"step {number}, layer {layer}"] = {"keys": keys.clone(), "values": values.clone()}
        lengths.append(cache.get_seq_length())
    return {"lengths": lengths, "length of a second cache": 0, **results}


class _Cache:
    """A cache in pieces, of which each mistake replaces one."""

    def __init__(self, n_layers: int):
        self.store: dict[int, tuple[Tensor, ...]] = {}
        self.calls = 0

    def place(self, layer):
        return layer

    def joined(self, old, new):
        return torch.cat((old, new), 2)

    def given(self, pair, k, v):
        return pair

    def extend(self, layer, k, v):
        self.calls += 1
        pair: tuple[Tensor, ...] = (k, v)
        if self.place(layer) in self.store:
            pair = tuple(
                self.joined(old, new) for old, new in zip(self.store[self.place(layer)], pair, strict=True)
            )
        self.store[self.place(layer)] = pair
        return self.given(pair, k, v)

    @property
    def length(self):
        return self.count()

    def count(self):
        return max((pair[0].shape[2] for pair in self.store.values()), default=0)


def _with(**pieces):
    return type("KVCache", (_Cache,), pieces)


def _kept_by_the_class():
    """Return a factory whose every second cache is the first again, as with a dict in the class body."""
    waiting: list[_Cache] = []

    def make(n_layers):
        if waiting:
            return waiting.pop()
        waiting.append(_Cache(n_layers))
        return waiting[0]

    return make


def _overwrite(self, old, new):
    return new


def _in_front(self, old, new):
    return torch.cat((new, old), 2)


ANSWER_KEY = AnswerKey(
    check=checks.KVCache,
    expected=_expected,
    reference="HF's DynamicCache",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "only the newest kept",
            "the earlier keys and values are overwritten",
            "what is there already has to stay: put the new ones behind it",
            _with(joined=_overwrite),
        ),
        Mistake(
            "in front instead of behind",
            "the new keys and values stand before the old ones: the order of the tokens is lost",
            "which of the two comes first in your concatenation?",
            _with(joined=_in_front),
        ),
        Mistake(
            "joined along the heads",
            "the new keys and values are added as further heads",
            "which axis counts the positions? Count it from the end",
            _with(joined=lambda self, old, new: torch.cat((old, new), 1)),
        ),
        Mistake(
            "joined along the batch",
            "the new keys and values are added as further prompts",
            "which axis counts the positions? Count it from the end",
            _with(joined=lambda self, old, new: torch.cat((old, new), 0)),
        ),
        Mistake(
            "one store for all layers",
            "all layers share their keys and values",
            "each layer has keys and values of its own",
            _with(place=lambda self, layer: 0),
        ),
        Mistake(
            "only the new ones returned",
            "extend returns what it was given, not all that the cache holds",
            "which keys does the new query have to be compared with?",
            _with(given=lambda self, pair, k, v: (k, v)),
        ),
        Mistake(
            "new ones left out",
            "extend returns what was there before, without the new keys and values",
            "a token may look at itself",
            _with(
                given=lambda self, pair, k, v: tuple(
                    each[:, :, : each.shape[2] - k.shape[2]] if each.shape[2] > k.shape[2] else each
                    for each in pair
                )
            ),
        ),
        Mistake(
            "keys and values swapped",
            "the values come first in what extend returns",
            "the order in the return line: keys, values",
            _with(given=lambda self, pair, k, v: pair[::-1]),
        ),
        Mistake(
            "keys for values",
            "the keys are returned twice",
            "what is the second thing that extend returns?",
            _with(given=lambda self, pair, k, v: (pair[0], pair[0])),
        ),
        Mistake(
            "calls counted",
            "length counts how often extend was called, not the positions",
            "how many positions does one layer hold?",
            _with(count=lambda self: self.calls),
        ),
        Mistake(
            "all layers counted",
            "length adds up the positions of all layers",
            "every layer holds the same positions: one of them is enough",
            _with(count=lambda self: sum(pair[0].shape[2] for pair in self.store.values())),
        ),
        Mistake(
            "length never moves",
            "length stays 0",
            "is length computed when it is asked for, or once at the beginning?",
            _with(count=lambda self: 0),
        ),
        Mistake(
            "length of another axis",
            "length is the number of heads",
            "which axis counts the positions? Count it from the end",
            _with(count=lambda self: max((pair[0].shape[1] for pair in self.store.values()), default=0)),
        ),
        Mistake(
            "not empty at first",
            "a second cache begins with what the first one holds",
            "a list made in the class body, or as a default, belongs to all objects: make it in __init__",
            _kept_by_the_class(),
        ),
    ),
)
