"""The published facts, read from `facts.json` beside this module."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parent / "facts.json"
"""27 facts; the last one in three parts, since two of them are from memory."""


@dataclass(frozen=True)
class Fact:
    """A published number, text or list of heads of OpenAI's GPT-2 small."""

    number: int
    """1 to 27; parts of one fact share their number."""
    name: str
    kind: str
    """What is computed: a key of `measures.MEASURES`, or "not run" for what needs other data or hours."""
    quantity: str
    """What the value is, for people."""
    prompt: Any
    """What it was computed on, in the form that its kind needs."""
    value: Any
    """The published value, in the form in which its measure returns ours."""
    tolerance: float | None
    """How far ours may be from it; 0 where texts, ids or heads must be the same; None if it is not run."""
    source: str
    from_memory: bool
    """True if the published value was written down from memory, so that a difference proves nothing."""
    note: str
    """A caveat about the value, or the reason why it is not run."""


def load_facts(path: Path = FACTS) -> list[Fact]:
    """Returns the facts of a file, in its order."""
    return [Fact(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
