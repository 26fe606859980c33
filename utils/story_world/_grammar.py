"""A probabilistic grammar that computes the exact probability of each text that it generates.

A grammar is a tree of nodes. Generating a text walks the tree once from left to right: texts are written,
entities (a person, an animal, a fruit) are picked from pools and stored in slots, and later nodes write the
entity in a slot. Every choice is drawn from a known distribution, so the walk adds up log p(choices):

    log p(choices) = Σ over choices of log p(choice | the choices before it)

If the text determines the choices, that sum is log p(text) too. `derivations` recovers the choices from a
text by trying all of them; the tests use it to show that each story has exactly one derivation.

The choices are made by a `Drawer`: `Chance` draws at random, `Script` follows a given list of choices.
Generating, parsing and enumerating are therefore the same code.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol

MINUS_LOG = (0.0, *(-math.log(n) for n in range(1, 1001)))
"""log p of one choice among n equally probable ones, at index n. A table, because generating stories needs it
thousands of times."""

PRONOUNS = frozenset({"he", "He", "him", "his", "His", "it", "It", "its"})
"""Forms of an entity that are pronouns: they refer to an earlier noun of the same slot."""

NOUNS = frozenset({"word", "one", "many"})
"""Forms that are nouns or names, with an article or without. Other forms (a king's crown) refer to something
else."""


class Entity:
    """Something a story can mention.

    Args:
        forms: the texts by which it is mentioned, and the pools of entities that belong to it, such as a
            king's names.
    """

    __slots__ = ("forms", "has_pronoun", "pools")

    def __init__(self, **forms: "str | Pool") -> None:
        self.forms = {name: form for name, form in forms.items() if isinstance(form, str)}
        self.pools = {name: form for name, form in forms.items() if not isinstance(form, str)}
        self.has_pronoun = not PRONOUNS.isdisjoint(forms)


Pool = tuple[Entity, ...]


class Mention(NamedTuple):
    """One mention of an entity: `text[start:end]` is its noun, name or pronoun."""

    start: int
    end: int
    """The end of the word, which starts at `start`; an article before it is not included."""
    slot: str
    """The entity: mentions with the same slot refer to the same person, animal or thing."""
    pronoun: bool


class Drawer(Protocol):
    """A source of choices."""

    def uniform(self, n: int) -> int:
        """Return one of 0 … n−1, each with probability 1/n."""

    def weighted(self, cumulative: Sequence[float]) -> int:
        """Return index i with probability cumulative[i] − cumulative[i−1]; the last entry is 1."""


class Chance:
    """A drawer that draws at random, from a function that returns floats in [0, 1)."""

    __slots__ = ("random",)

    def __init__(self, random: Callable[[], float]) -> None:
        self.random = random

    def uniform(self, n: int) -> int:
        # A float below 1 times a small n rounds to something below n, so the index is always in range.
        return int(self.random() * n)

    def weighted(self, cumulative: Sequence[float]) -> int:
        return bisect_right(cumulative, self.random())


class Undecided(Exception):
    """A script has no more choices where the grammar needs one among this many options."""

    def __init__(self, options: int) -> None:
        super().__init__(options)
        self.options = options


class Script:
    """A drawer that returns given choices, and raises `Undecided` when there are no more."""

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
    """A text in the making: the pieces so far, the entities in the slots, and log p in nats."""

    __slots__ = ("drawer", "log_probability", "mentioned", "pieces", "slots")

    def __init__(self, drawer: Drawer) -> None:
        self.drawer = drawer
        self.log_probability = 0.0
        self.pieces: list[str] = []
        self.slots: dict[str, Entity] = {}
        self.mentioned: list[tuple[int, str, bool]] = []
        """(index in `pieces`, slot, True for a pronoun) of every noun, name and pronoun."""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def mentions(self) -> tuple[Mention, ...]:
        """Return all mentions, in the order of the text."""
        ends = list(accumulate(map(len, self.pieces)))
        return tuple(
            Mention(ends[index] - len(self.pieces[index].rpartition(" ")[2]), ends[index], slot, pronoun)
            for index, slot, pronoun in self.mentioned
        )


class Node(Protocol):
    """A part of a grammar."""

    def tell(self, telling: Telling) -> None:
        """Append this part to the text, making its choices."""


class Text:
    """A constant text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def tell(self, telling: Telling) -> None:
        telling.pieces.append(self.text)


class Say:
    """The entity in a slot, in one of its forms. It makes no choice: a model has to recall it."""

    __slots__ = ("form", "mentions", "pronoun", "referent", "slot")

    def __init__(self, slot: str, form: str) -> None:
        self.slot, self.form = slot, form
        self.pronoun = form in PRONOUNS
        self.mentions = self.pronoun or form in NOUNS
        # The slot "hero_name" refers to the same person as "hero".
        self.referent = slot.partition("_")[0]

    def tell(self, telling: Telling) -> None:
        entity = telling.slots[self.slot]
        if self.mentions and entity.has_pronoun:
            telling.mentioned.append((len(telling.pieces), self.referent, self.pronoun))
        telling.pieces.append(entity.forms[self.form])


class Pick:
    """An entity picked from a pool with equal probabilities, which is stored in a slot and written.

    Args:
        slot: the slot to fill.
        form: the form to write.
        pool: the pool to pick from; None if it belongs to the entity in another slot.
        owner: the slot of that entity, and the pool's name (a king's names are men's names).
        without: slots whose entities are left out, so that two people never have the same name.
    """

    __slots__ = ("form", "mentions", "owner", "pool", "referent", "slot", "without")

    def __init__(
        self, slot: str, form: str, pool: Pool | None, owner: tuple[str, str] | None, without: tuple[str, ...]
    ) -> None:
        self.slot, self.form = slot, form
        self.mentions = form in NOUNS
        self.pool, self.owner, self.without = pool or (), owner, without
        self.referent = slot.partition("_")[0]

    def candidates(self, slots: dict[str, Entity]) -> Pool:
        """Return the entities that can be picked, given the slots filled so far."""
        pool = self.pool if self.owner is None else slots[self.owner[0]].pools[self.owner[1]]
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
            telling.mentioned.append((len(telling.pieces), self.referent, False))
        telling.pieces.append(entity.forms[self.form])


class Alternatives:
    """One of several parts, with probabilities in proportion to `weights` (equal ones by default)."""

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
    """Several parts, one after the other."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Node]) -> None:
        self.parts = tuple(parts)

    def tell(self, telling: Telling) -> None:
        for part in self.parts:
            part.tell(telling)


def derivations(node: Node, text: str | None = None) -> Iterator[Telling]:
    """Yield every derivation of `text` by `node`; without a text, every derivation of any text.

    A depth-first search: choices are made one at a time, and a branch is abandoned as soon as it differs from
    the text. Without a text the number of derivations is the product of the numbers of options, so give it a
    small grammar.
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
    """Return the probability that a text generated by `node` starts with `prefix`.

    Its ratio for two prefixes, one token apart, is the true probability of that token, which a perfect
    language model of the story world would predict.
    """
    total = 0.0
    branches: list[tuple[int, ...]] = [()]
    while branches:
        choices = branches.pop()
        telling = Telling(Script(choices))
        try:
            node.tell(telling)
        except Undecided as undecided:
            # Once the text starts with the prefix, the probabilities of all later choices sum to 1.
            if not telling.text.startswith(prefix):
                if prefix.startswith(telling.text):
                    branches.extend((*choices, option) for option in range(undecided.options))
                continue
        if telling.text.startswith(prefix):
            total += math.exp(telling.log_probability)
    return total
