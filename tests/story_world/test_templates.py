"""The notation in which stories are written."""

import pytest

from utils.story_world._grammar import Entity, Text, derivations
from utils.story_world._templates import TemplateError, template

MILK = (Entity(word="milk"),)
CATS = tuple(Entity(word=word, many=f"{word}s", it="it", food=MILK) for word in ("cat", "lion"))
POOLS = {"cats": CATS}


def texts(source: str, **rules) -> set[str]:
    return {telling.text for telling in derivations(template(source, POOLS, rules))}


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("A {c=cats}.", {"A cat.", "A lion."}),
        ("Two {many c=cats} and a {c}.", {"Two cats and a cat.", "Two lions and a lion."}),
        ("{c=cats} {d=cats-c}", {"cat lion", "lion cat"}),
        ("{c=cats} {f=c.food}, {c.it}", {"cat milk, it", "lion milk, it"}),
        ("[a|b [c|d]]!", {"a!", "b c!", "b d!"}),
        ("x[|y]", {"x", "xy"}),
        ("one\n    two", {"one two"}),
        ("[\n  a b\n  |\n  c\n  ] d", {"a b d", "c d"}),
        ("go <home>", {"go home now"}),
    ],
)
def test_notation(source, told):
    assert texts(source, home=Text("home now")) == told


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("[a|b", "not closed"),
        ("a|b", "outside any bracket"),
        ("a]", "outside any bracket"),
        ("{c=cats", "no partner"),
        ("{c=dogs}", "no pool 'dogs'.*Pools: cats"),
        ("<tail>", "no rule <tail>"),
        ("{two words}", "neither a pick nor a slot"),
    ],
)
def test_a_wrong_template_says_what_is_wrong(source, reason):
    with pytest.raises(TemplateError, match=reason):
        template(source, POOLS)
