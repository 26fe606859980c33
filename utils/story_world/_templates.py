"""Stories written as templates: sentences with slots, which are turned into a grammar.

"{One hero=kings} lived in [a castle|a tower]. {hero.He} had {one pet=animals}."

{slot=pool}            pick an entity from a pool, remember it in the slot, say its `word`
{form slot=pool}       the same, said in another form, such as `one` ("an apple") or `many` ("apples")
{slot=pool-a-b}        the same, leaving out what the slots a and b hold
{slot=other.pool}      the pool belongs to the entity in another slot
{slot}, {slot.form}    say what the slot holds
[this|that]            one of several texts, equally probable; they nest
<rule>                 a template with a name of its own
"""

import re
from collections.abc import Mapping

from utils.story_world._grammar import Choice, InOrder, Node, Pick, Pool, Say, Text

PICK = re.compile(r"(?:(\w+) )?(\w+)=(\w+)(?:\.(\w+))?((?:-\w+)*)")
SAY = re.compile(r"(\w+)(?:\.(\w+))?")
PIECE = re.compile(r"[\[\]|]|\{([^{}]*)\}|<(\w+)>|[^\[\]|{}<>]+")


class TemplateError(ValueError):
    """A template that cannot be read; the message says which part and why."""


def template(source: str, pools: Mapping[str, Pool], rules: Mapping[str, Node] | None = None) -> Node:
    """The grammar that a template describes.

    Args:
        source: the template, in the notation above. A line break counts as one blank; beside a bar or inside
        a
            bracket's edge it counts as nothing, so that long choices can stand on lines of their own.
        pools: the entities that `{slot=pool}` can name.
        rules: the grammars that `<rule>` can name.

    Raises:
        TemplateError: a bracket without its partner, or a pool or rule that does not exist.
    """
    edges = re.sub(r"\s*\n\s*(?=[|\]])|(?<=[|\[])\s*\n\s*", "", source.strip())
    return _Reader(re.sub(r"\s*\n\s*", " ", edges), pools, rules or {}).options(depth=0)


class _Reader:
    """Reads one template from left to right."""

    def __init__(self, source: str, pools: Mapping[str, Pool], rules: Mapping[str, Node]) -> None:
        self.source, self.pools, self.rules = source, pools, rules
        self.pieces = PIECE.finditer(source)
        if "".join(match.group() for match in PIECE.finditer(source)) != source:
            raise TemplateError(f"A brace or an angle bracket has no partner in {source!r}.")

    def options(self, depth: int) -> Node:
        """Everything up to the closing bracket (at depth 0, up to the end), as a choice if there are bars."""
        options: list[list[Node]] = [[]]
        for match in self.pieces:
            piece = match.group()
            if piece == "[":
                options[-1].append(self.options(depth + 1))
            elif piece == "|" and depth:
                options.append([])
            elif piece == "]" and depth:
                return Choice([InOrder(parts) for parts in options])
            elif piece in "[|]":
                raise TemplateError(f"{piece!r} stands outside any bracket in {self.source!r}.")
            else:
                options[-1].append(self.part(match))
        if depth:
            raise TemplateError(f"A bracket is not closed in {self.source!r}.")
        return InOrder(options[0])

    def part(self, match: re.Match[str]) -> Node:
        """A rule, a slot or plain text."""
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
        """`{form slot=pool-without}` or `{form slot=owner.pool-without}`."""
        form, slot, pool, owned, without = match.groups()
        taken = tuple(without.split("-")[1:])
        if owned:
            return Pick(slot, form or "word", None, (pool, owned), taken)
        if pool not in self.pools:
            raise TemplateError(f"There is no pool {pool!r}. Pools: {', '.join(self.pools)}.")
        return Pick(slot, form or "word", self.pools[pool], None, taken)
