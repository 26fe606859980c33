"""Parse story templates, which are sentences with slots, into grammars.

"{One hero=kings} lived in [a castle|a tower]. {hero.He} had {one pet=animals}."

{slot=pool}            pick an entity from a pool, store it in the slot and write its `word`
{form slot=pool}       the same in another form, such as `one` ("an apple") or `many` ("apples")
{slot=pool-a-b}        the same, without the entities in the slots a and b
{slot=other.pool}      the pool belongs to the entity in another slot
{slot}, {slot.form}    write the entity in the slot
[this|that]            one of several texts, equally probable; brackets nest
<rule>                 a named template
"""

import re
from collections.abc import Mapping

from utils.story_world._grammar import Alternatives, InOrder, Node, Pick, Pool, Say, Text

PICK = re.compile(r"(?:(\w+) )?(\w+)=(\w+)(?:\.(\w+))?((?:-\w+)*)")
SAY = re.compile(r"(\w+)(?:\.(\w+))?")
PIECE = re.compile(r"[\[\]|]|\{([^{}]*)\}|<(\w+)>|[^\[\]|{}<>]+")


class TemplateError(ValueError):
    """A template that cannot be parsed; the message names the part and the reason."""


def template(source: str, pools: Mapping[str, Pool], rules: Mapping[str, Node] | None = None) -> Node:
    """Return the grammar that a template describes.

    Args:
        source: the template, in the notation above. A line break counts as one blank; before a bar or a
            closing bracket and after a bar or an opening one it counts as nothing, so that long choices can
            have lines of their own.
        pools: the pools for `{slot=pool}`, by name.
        rules: the grammars for `<rule>`, by name.

    Raises:
        TemplateError: a bracket has no partner, or a pool or rule does not exist.
    """
    edges = re.sub(r"\s*\n\s*(?=[|\]])|(?<=[|\[])\s*\n\s*", "", source.strip())
    return _Reader(re.sub(r"\s*\n\s*", " ", edges), pools, rules or {}).options(depth=0)


class _Reader:
    """A parser of one template, from left to right."""

    def __init__(self, source: str, pools: Mapping[str, Pool], rules: Mapping[str, Node]) -> None:
        self.source, self.pools, self.rules = source, pools, rules
        self.pieces = PIECE.finditer(source)
        if "".join(match.group() for match in PIECE.finditer(source)) != source:
            raise TemplateError(f"A brace or an angle bracket has no partner in {source!r}.")

    def options(self, depth: int) -> Node:
        """Parse up to the closing bracket, into a choice; at depth 0 up to the end, into a sequence."""
        options: list[list[Node]] = [[]]
        for match in self.pieces:
            piece = match.group()
            if piece == "[":
                options[-1].append(self.options(depth + 1))
            elif piece == "|" and depth:
                options.append([])
            elif piece == "]" and depth:
                return Alternatives([InOrder(parts) for parts in options])
            elif piece in "[|]":
                raise TemplateError(f"{piece!r} stands outside any bracket in {self.source!r}.")
            else:
                options[-1].append(self.part(match))
        if depth:
            raise TemplateError(f"A bracket is not closed in {self.source!r}.")
        return InOrder(options[0])

    def part(self, match: re.Match[str]) -> Node:
        """Parse a rule, a slot or plain text."""
        braces, rule = match.groups()
        if rule is not None:
            if rule not in self.rules:
                raise TemplateError(f"There is no rule <{rule}>. The rules are {', '.join(self.rules)}.")
            return self.rules[rule]
        if braces is None:
            return Text(match.group())
        if pick := PICK.fullmatch(braces):
            return self.pick(pick)
        if say := SAY.fullmatch(braces):
            return Say(say[1], say[2] or "word")
        raise TemplateError(f"{{{braces}}} is neither a pick nor a slot in {self.source!r}.")

    def pick(self, match: re.Match[str]) -> Pick:
        """Parse `{form slot=pool-without}` or `{form slot=owner.pool-without}`."""
        form, slot, pool, owned, without = match.groups()
        taken = tuple(without.split("-")[1:])
        if owned:
            return Pick(slot, form or "word", None, (pool, owned), taken)
        if pool not in self.pools:
            raise TemplateError(f"There is no pool {pool!r}. Pools: {', '.join(self.pools)}.")
        return Pick(slot, form or "word", self.pools[pool], None, taken)
