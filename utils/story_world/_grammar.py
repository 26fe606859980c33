"""A grammar whose sentences know their own probability.

A grammar is a tree of nodes. Telling it walks the tree once from left to right: texts are written down,
entities (a person, an animal, a fruit) are picked from pools and remembered in slots, and later nodes say
what a slot holds. Every choice is drawn from a distribution that the walk knows, so the walk adds up log
p(choices) as it goes:

    log p(choices) = Σ over choices of log p(choice | the choices before it)

If the text determines the choices, that sum is log p(text) too. `derivations` recovers the choices from a
text by trying every one; the tests use it to show that there is exactly one way to tell each story.

Who draws is not the grammar's business: `Chance` draws at random, `Script` follows a list of choices made
elsewhere. Telling, reading and enumerating are therefore the same code.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol

MINUS_LOG = (0.0, *(-math.log(n) for n in range(1, 1001)))
"""log p of one choice among n equally probable ones, at index n. A table, because telling asks thousands of
times."""

PRONOUNS = frozenset({"he", "He", "him", "his", "His", "it", "It", "its"})
"""Forms of an entity that are pronouns: they stand for a noun said earlier in the same slot."""

NOUNS = frozenset({"word", "one", "many"})
"""Forms that are nouns or names, with an article or without. Other forms (a king's crown) speak of something
else."""


class Entity:
    """Something a story can speak of, with the forms in which it is said and the pools that belong to it."""

    __slots__ = ("forms", "has_pronoun")

    def __init__(self, **forms: "str | Pool") -> None:
        self.forms: dict[str, str | Pool] = forms
        self.has_pronoun = not PRONOUNS.isdisjoint(forms)


Pool = tuple[Entity, ...]


class Mention(NamedTuple):
    """One place in a text where an entity is spoken of: `text[start:end]` is its noun, name or pronoun."""

    start: int
    end: int
    """Of one word: an article before it is left out."""
    slot: str
    """Whom it speaks of. Mentions with the same slot speak of the same person, animal or thing."""
    pronoun: bool


class Drawer(Protocol):
    """Whoever makes the choices."""

    def uniform(self, n: int) -> int:
        """One of 0 … n−1, each with probability 1/n."""

    def weighted(self, cumulative: Sequence[float]) -> int:
        """Index i with probability cumulative[i] − cumulative[i−1]; the last entry is 1."""


class Chance:
    """Draws at random, from nothing but a function that gives floats in [0, 1)."""

    __slots__ = ("random",)

    def __init__(self, random: Callable[[], float]) -> None:
        self.random = random

    def uniform(self, n: int) -> int:
        # A float below 1 times a small n rounds to something below n, so the index is always in range.
        return int(self.random() * n)

    def weighted(self, cumulative: Sequence[float]) -> int:
        return bisect_right(cumulative, self.random())


class Undecided(Exception):
    """A script has come to its end where the grammar asks for another choice among `options`."""

    def __init__(self, options: int) -> None:
        super().__init__(options)
        self.options = options


class Script:
    """Makes choices that were made elsewhere, and raises `Undecided` when it has no more."""

    __slots__ = ("choices", "made")

    def __init__(self, choices: tuple[int, ...]) -> None:
        self.choices = choices
        self.made = 0

    def uniform(self, n: int) -> int:
        if self.made == len(self.choices):
            raise Undecided(n)
        self.made += 1
        return self.choices[self.made - 1]

    def weighted(self, cumulative: Sequence[float]) -> int:
        return self.uniform(len(cumulative))


class Telling:
    """A text in the making: the pieces said so far, who is in which slot, and log p in nats."""

    __slots__ = ("drawer", "log_probability", "pieces", "said", "slots")

    def __init__(self, drawer: Drawer) -> None:
        self.drawer = drawer
        self.log_probability = 0.0
        self.pieces: list[str] = []
        self.slots: dict[str, Entity] = {}
        self.said: list[tuple[int, str, bool]] = []
        """(index in `pieces`, slot, whether it is a pronoun) of every noun, name and pronoun."""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def mentions(self) -> tuple[Mention, ...]:
        """Where in the text each slot is spoken of, in the order of the text."""
        ends = list(accumulate(map(len, self.pieces)))
        return tuple(
            Mention(ends[index] - len(self.pieces[index].rpartition(" ")[2]), ends[index], slot, pronoun)
            for index, slot, pronoun in self.said
        )


class Node(Protocol):
    """A part of a grammar."""

    def tell(self, telling: Telling) -> None:
        """Write this part down, making its choices."""


class Text:
    """Words that are always the same."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def tell(self, telling: Telling) -> None:
        telling.pieces.append(self.text)


class Say:
    """What a slot holds, in one of its forms. No choice is made here: this is what has to be remembered."""

    __slots__ = ("form", "mentions", "pronoun", "slot", "who")

    def __init__(self, slot: str, form: str) -> None:
        self.slot, self.form = slot, form
        self.pronoun = form in PRONOUNS
        self.mentions = self.pronoun or form in NOUNS
        # "hero_name" is spoken of the same person as "hero".
        self.who = slot.partition("_")[0]

    def tell(self, telling: Telling) -> None:
        entity = telling.slots[self.slot]
        if self.mentions and entity.has_pronoun:
            telling.said.append((len(telling.pieces), self.who, self.pronoun))
        telling.pieces.append(entity.forms[self.form])


class Pick:
    """Chooses an entity, each of a pool with equal probability, puts it in a slot and says it.

    The pool is given, or it belongs to the entity in another slot (a king's names are men's names).
    Entities in the slots `without` are left out, so that two people never have the same name.
    """

    __slots__ = ("form", "mentions", "owner", "pool", "slot", "who", "without")

    def __init__(
        self, slot: str, form: str, pool: Pool | None, owner: tuple[str, str] | None, without: tuple[str, ...]
    ) -> None:
        self.slot, self.form = slot, form
        self.mentions = form in NOUNS
        self.pool, self.owner, self.without = pool, owner, without
        self.who = slot.partition("_")[0]

    def candidates(self, slots: dict[str, Entity]) -> Pool:
        """Those who can be picked when `slots` holds what was picked before."""
        pool = self.pool if self.owner is None else slots[self.owner[0]].forms[self.owner[1]]
        if not self.without:
            return pool
        taken = [slots[name] for name in self.without]
        return tuple(entity for entity in pool if entity not in taken)

    def tell(self, telling: Telling) -> None:
        candidates = self.candidates(telling.slots)
        entity = candidates[telling.drawer.uniform(len(candidates))]
        telling.log_probability += MINUS_LOG[len(candidates)]
        telling.slots[self.slot] = entity
        if self.mentions and entity.has_pronoun:
            telling.said.append((len(telling.pieces), self.who, False))
        telling.pieces.append(entity.forms[self.form])


class Choice:
    """One of several parts, with stated probabilities (equal ones unless weights are given)."""

    __slots__ = ("cumulative", "log_probabilities", "options", "probabilities")

    def __init__(self, options: Sequence[Node], weights: Sequence[float] | None = None) -> None:
        weights = weights or [1.0] * len(options)
        total = math.fsum(weights)
        self.options = tuple(options)
        self.probabilities = tuple(weight / total for weight in weights)
        self.log_probabilities = tuple(math.log(p) for p in self.probabilities)
        # The last entry is set, not summed, so that rounding never leaves a gap at the top.
        self.cumulative = (*tuple(accumulate(self.probabilities))[:-1], 1.0)

    def tell(self, telling: Telling) -> None:
        index = telling.drawer.weighted(self.cumulative)
        telling.log_probability += self.log_probabilities[index]
        self.options[index].tell(telling)


class InOrder:
    """Parts told one after the other."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Node]) -> None:
        self.parts = tuple(parts)

    def tell(self, telling: Telling) -> None:
        for part in self.parts:
            part.tell(telling)


def derivations(node: Node, text: str | None = None) -> Iterator[Telling]:
    """Every way in which `node` can tell `text`; without a text, every way in which it can tell anything.

    A search in depth: choices are made one at a time, and a branch is left as soon as what it has said
    differs from the text. For a whole grammar (no text) the number of tellings is the product of all
    choices, so give it a small one.
    """
    branches: list[tuple[int, ...]] = [()]
    while branches:
        choices = branches.pop()
        telling = Telling(Script(choices))
        try:
            node.tell(telling)
        except Undecided as undecided:
            if text is None or text.startswith(telling.text):
                branches.extend((*choices, option) for option in reversed(range(undecided.options)))
        else:
            if text is None or text == telling.text:
                yield telling


def prefix_probability(node: Node, prefix: str) -> float:
    """Probability that a text told by `node` starts with `prefix`.

    Its ratio for two prefixes, one token apart, is the true probability of that token: what a perfect
    language model of the story world would say.
    """
    total = 0.0
    branches: list[tuple[int, ...]] = [()]
    while branches:
        choices = branches.pop()
        telling = Telling(Script(choices))
        try:
            node.tell(telling)
        except Undecided as undecided:
            # Once the prefix has been said, later choices change nothing about it and sum to 1.
            if not telling.text.startswith(prefix):
                if prefix.startswith(telling.text):
                    branches.extend((*choices, option) for option in range(undecided.options))
                continue
        if telling.text.startswith(prefix):
            total += math.exp(telling.log_probability)
    return total
