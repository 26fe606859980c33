"""Whether our value agrees with the published one, and both as short texts."""

import math
from collections.abc import Iterable
from typing import Any

from utils.verification.facts import Fact


def agrees(fact: Fact, ours: Any) -> bool:
    """Returns True if our value is the published one, within the fact's tolerance."""
    tolerance = fact.tolerance or 0.0
    if fact.kind == "logits":
        return _logits_agree(fact.value, ours, tolerance)
    if fact.kind == "induction":
        return set(fact.value) <= set(ours)
    if fact.kind == "attribution":
        return all(term > 0 for term in ours["for"]) and all(term < 0 for term in ours["against"])
    if fact.kind == "previous token":
        return ours["head"] == fact.value["head"] and abs(ours["share"] - fact.value["share"]) <= tolerance
    if isinstance(fact.value, str) or tolerance == 0:
        return ours == fact.value
    return distance(fact.value, ours) <= tolerance


def distance(published: Any, ours: Any) -> float:
    """Returns the largest difference of numbers in the same places; infinite for NaN and other lengths."""
    pairs = list(zip(_numbers(published), _numbers(ours), strict=False))
    if len(pairs) != len(list(_numbers(published))) or len(pairs) != len(list(_numbers(ours))):
        return math.inf
    gaps = [abs(one - other) for one, other in pairs]
    return math.inf if any(math.isnan(gap) for gap in gaps) else max(gaps)


def _numbers(value: Any) -> Iterable[float]:
    if isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    else:
        yield value


def _logits_agree(published: dict[str, Any], ours: dict[str, Any], tolerance: float) -> bool:
    """Compares ids exactly, logits within the tolerance, and the five likeliest tokens as a set.

    Of two logits that are nearer to each other than twice the tolerance, either may be the larger one. So a
    token that is among our five alone must be that near to the fifth.
    """
    if ours["ids"] != published["ids"]:
        return False
    if not all(distance(published[key], ours[key]) <= tolerance for key in ("logits", "first3")):
        return False
    fifth = min(published["logits"])
    others = zip(ours["top"], ours["top logits"], strict=True)
    return all(token in published["top"] or logit - fifth <= 2 * tolerance for token, logit in others)


def shown(fact: Fact, value: Any) -> str:
    """Returns a value as one short line of a table; of a text, what was written after the prompt."""
    if fact.kind == "greedy":
        return _shown_text(fact.prompt["start"], value)
    if fact.kind == "logits":
        return f"{' '.join(map(str, value['top']))}, the first {value['logits'][0]:.4f}"
    if fact.kind in {"pattern", "scores"}:
        return "… " + " ".join(f"{number:.4f}" for number in value[-1][-3:])
    if fact.kind == "previous token":
        return f"{value['head']}: {value['share']:.4f}"
    if fact.kind == "attribution":
        return _shown_attribution(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    if fact.kind == "training":
        return f"{value[0]:.4f} … {value[-1]:.4f}"
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _shown_text(start: Any, value: Any) -> str:
    """Returns the text, or the ids, without the prompt where it begins with it."""
    if value[: len(start)] == start:
        value = value[len(start) :]
    return value if isinstance(value, str) else " ".join(map(str, value))


def _shown_attribution(value: dict[str, list]) -> str:
    texts = {
        group: " ".join(each if isinstance(each, str) else f"{each:+.2f}" for each in members)
        for group, members in value.items()
    }
    return f"for {texts['for']}; against {texts['against']}"
