"""Analogies that a model of the story world should have learned, stated before any model was trained.

"king − man + woman → queen" tests whether the step from man to woman, taken from king, ends at queen. The
stories teach it: a queen differs from a king only in her pronouns and in the names she can have, and so does
every other pair below; `dogs` differs from `dog` as `cats` from `cat`, by the words around a singular and
around a plural; `ran` from `run` as `swam` from `swim`, because it follows a pronoun and not "to".
"""

from typing import NamedTuple


class Analogy(NamedTuple):
    """`start` − `minus` + `plus` → `answer`, all of them words that are one GPT-2 token with a leading
    space.
    """

    start: str
    minus: str
    plus: str
    answer: str


MALE_AND_FEMALE = (
    ("king", "queen"),
    ("prince", "princess"),
    ("lord", "lady"),
    ("wizard", "witch"),
    ("actor", "actress"),
    ("waiter", "waitress"),
    ("boy", "girl"),
    ("father", "mother"),
    ("grandfather", "grandmother"),
    ("uncle", "aunt"),
    ("brother", "sister"),
    ("son", "daughter"),
)

ONE_ANIMAL_AND_MANY = (
    ("cat", "cats"),
    ("horse", "horses"),
    ("pig", "pigs"),
    ("rabbit", "rabbits"),
    ("lion", "lions"),
    ("monkey", "monkeys"),
    ("frog", "frogs"),
)

ONE_FRUIT_AND_MANY = (
    ("banana", "bananas"),
    ("orange", "oranges"),
    ("carrot", "carrots"),
)

NOW_AND_THEN = (
    ("sing", "sang"),
    ("dance", "danced"),
    ("draw", "drew"),
    ("paint", "painted"),
    ("climb", "climbed"),
    ("write", "wrote"),
    ("cook", "cooked"),
    ("dig", "dug"),
)

ANALOGIES: dict[str, tuple[Analogy, ...]] = {
    "from a man to a woman": tuple(Analogy(he, "man", "woman", she) for he, she in MALE_AND_FEMALE),
    "from a woman to a man": tuple(Analogy(she, "woman", "man", he) for he, she in MALE_AND_FEMALE),
    "from one animal to many": tuple(Analogy(one, "dog", "dogs", many) for one, many in ONE_ANIMAL_AND_MANY),
    "from one fruit to many": tuple(
        Analogy(one, "apple", "apples", many) for one, many in ONE_FRUIT_AND_MANY
    ),
    "from now to then": tuple(Analogy(now, "run", "ran", then) for now, then in NOW_AND_THEN),
}
"""The families of analogies, 42 in all, 24 of them between men and women."""
