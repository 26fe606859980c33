"""The arithmetic of probabilities, proved on grammars small enough to be written out in full."""

import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.story_world import exact_entropy
from utils.story_world._entropy import NoExactEntropy
from utils.story_world._grammar import (
    Alternatives,
    Chance,
    Entity,
    InOrder,
    Node,
    Telling,
    Text,
    derivations,
    prefix_probability,
)
from utils.story_world._templates import template

HE, SHE = {"he": "he", "His": "His"}, {"he": "she", "His": "Her"}
BOYS = tuple(Entity(word=name, **HE) for name in ("Tom", "Ben", "Max"))
GIRLS = tuple(Entity(word=name, **SHE) for name in ("Anna", "Lily"))
ROLES = (Entity(word="king", names=BOYS, **HE), Entity(word="queen", names=GIRLS, **SHE))
POOLS = {"roles": ROLES, "boys": BOYS, "girls": GIRLS, "fruits": (Entity(word="apple"), Entity(word="pear"))}

SMALL = template(
    """
    A {hero=roles} called {name=hero.names} [ate|sold] an old {f=fruits}. {hero.His} friend {one=boys}
    [ran|saw {other=boys-one} and {third=boys-one-other}].
    """,
    POOLS,
)
"""Has everything that the story world has: a pool that belongs to a slot, exclusions, unequal options."""


def tell(node: Node, seed: int) -> Telling:
    telling = Telling(Chance(random.Random(seed).random))
    node.tell(telling)
    return telling


def enumerated_entropy(node: Node) -> float:
    logs = [telling.log_probability for telling in derivations(node)]
    return -math.fsum(math.exp(log) * log for log in logs)


def test_probabilities_of_a_small_grammar_sum_to_one():
    assert math.fsum(math.exp(t.log_probability) for t in derivations(SMALL)) == pytest.approx(1, abs=1e-12)


def test_a_small_grammar_tells_no_text_in_two_ways():
    texts = [telling.text for telling in derivations(SMALL)]
    # (3 kings + 2 queens) · 2 verbs · 2 fruits · (3 friends who ran + 3 · 2 · 1 who saw two others)
    assert len(texts) == 5 * 2 * 2 * (3 + 6)
    assert len(set(texts)) == len(texts)


def test_one_text_of_a_small_grammar_by_hand():
    text = "A queen called Lily sold an old pear. Her friend Ben saw Max and Tom."
    (telling,) = derivations(SMALL, text)
    # role, girl, verb, fruit, friend, ran or saw, the second boy of the other two, the third
    by_hand = (1 / 2) * (1 / 2) * (1 / 2) * (1 / 2) * (1 / 3) * (1 / 2) * (1 / 2) * 1
    assert math.exp(telling.log_probability) == pytest.approx(by_hand, rel=1e-12)


def test_exact_entropy_of_a_small_grammar_equals_the_enumerated_one():
    assert exact_entropy(SMALL) == pytest.approx(enumerated_entropy(SMALL), abs=1e-12)


def test_sampled_frequencies_agree_with_the_probabilities():
    n = 20_000
    seen = Counter(tell(SMALL, seed).text for seed in range(n))
    expected = {t.text: n * math.exp(t.log_probability) for t in derivations(SMALL)}
    assert set(seen) == set(expected)
    chi_squared = math.fsum((seen[text] - e) ** 2 / e for text, e in expected.items())
    # With k − 1 degrees of freedom it has mean k − 1 and variance 2(k − 1). The seeds are fixed: no lottery.
    freedom = len(expected) - 1
    assert abs(chi_squared - freedom) < 4 * math.sqrt(2 * freedom)


def test_weights_are_probabilities():
    node = Alternatives([Text("a"), Text("b"), Text("c")], [1, 2, 5])
    assert {t.text: math.exp(t.log_probability) for t in derivations(node)} == pytest.approx(
        {"a": 1 / 8, "b": 2 / 8, "c": 5 / 8}
    )
    share = Counter(tell(node, seed).text for seed in range(8000))
    assert share["c"] / 8000 == pytest.approx(5 / 8, abs=0.02)


def test_prefix_probability_is_the_sum_over_the_texts_that_start_so():
    tellings = list(derivations(SMALL))
    for prefix in (
        "",
        "A k",
        "A queen called Lily sold an",
        "A king called Tom ate an old pear. His fr",
        "B",
    ):
        summed = math.fsum(math.exp(t.log_probability) for t in tellings if t.text.startswith(prefix))
        assert prefix_probability(SMALL, prefix) == pytest.approx(summed, abs=1e-12)


def test_mentions_are_words_of_the_text():
    for seed in range(50):
        telling = tell(SMALL, seed)
        spoken = [telling.text[m.start : m.end] for m in telling.mentions()]
        assert spoken[0] in {"king", "queen"}
        assert spoken[2] == {"king": "His", "queen": "Her"}[spoken[0]]


def test_leaving_out_a_slot_of_another_pool_has_no_exact_entropy_here():
    with pytest.raises(NoExactEntropy, match="'b' leaves out 'a'"):
        exact_entropy(template("{a=girls} {b=boys-a}", POOLS))


@st.composite
def grammars(draw, depth=3):
    """Random trees of texts, sequences and weighted choices; numbered options keep every text different."""
    if depth == 0 or draw(st.booleans()):
        return Text(draw(st.sampled_from([" red", " blue", ""])))
    parts = draw(st.lists(grammars(depth=depth - 1), min_size=1, max_size=3))
    if draw(st.booleans()):
        return InOrder(parts)
    options = [InOrder([Text(f" {number}:"), part, Text(";")]) for number, part in enumerate(parts)]
    return Alternatives(options, draw(st.lists(st.floats(0.1, 10), min_size=len(parts), max_size=len(parts))))


@given(grammars())
def test_random_grammars_sum_to_one_and_have_their_entropy(node):
    tellings = list(derivations(node))
    assert math.fsum(math.exp(t.log_probability) for t in tellings) == pytest.approx(1)
    assert len({t.text for t in tellings}) == len(tellings)
    assert exact_entropy(node) == pytest.approx(enumerated_entropy(node), abs=1e-9)


@given(grammars(), st.integers(0, 2**32))
def test_what_is_told_can_be_read_back(node, seed):
    told = tell(node, seed)
    (read,) = derivations(node, told.text)
    assert read.log_probability == told.log_probability
