"""What cells showed, as it may stand in a notebook: rebuilt field by field from what a kernel said."""

from collections.abc import Iterator
from typing import Any

from grader.kernels.shell import KEPT

_MOST_OUTPUTS = 200


class Budget:
    """How many characters all cells of a notebook may still show."""

    def __init__(self, characters: int):
        self.left = characters

    def take(self, text: Any) -> str:
        """The text as far as it fits, without what UTF-8 cannot write."""
        if not isinstance(text, str):
            return ""
        text = text[: max(self.left, 0)].encode(errors="replace").decode()
        self.left -= len(text)
        return text


def clean(outputs: list[Any], budget: Budget) -> list[dict[str, Any]]:
    """The outputs in nbformat's form; what is none of its kinds is left out."""
    kept = (_clean(output, budget) for output in outputs[:_MOST_OUTPUTS] if isinstance(output, dict))
    return [output for output in kept if output]


def _clean(output: dict[str, Any], budget: Budget) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        # Nothing on stderr is a failure here, and nbgrader would take it for one.
        return {"output_type": "stream", "name": "stdout", "text": budget.take(output.get("text"))}
    if kind in ("display_data", "execute_result"):
        data = dict(_rich(output.get("data"), budget))
        return {"output_type": "display_data", "data": data, "metadata": {}} if data else None
    if kind == "error":
        lines = output.get("traceback")
        return {
            "output_type": "error",
            "ename": budget.take(output.get("ename"))[:200],
            "evalue": budget.take(output.get("evalue"))[:2000],
            "traceback": [budget.take(line) for line in lines[:100]] if isinstance(lines, list) else [],
        }
    return None


def _rich(data: Any, budget: Budget) -> Iterator[tuple[str, str]]:
    for kind in KEPT:
        if isinstance(data, dict) and isinstance(data.get(kind), str):
            text = budget.take(data[kind])
            if text == data[kind] or kind == "text/plain":
                yield kind, text


def number_shown(outputs: list[Any]) -> float | None:
    """The number that a cell shows as its value, nbgrader's way to give a part of the points; else None."""
    for output in outputs:
        if isinstance(output, dict) and output.get("output_type") == "execute_result":
            data = output.get("data")
            text = data.get("text/plain") if isinstance(data, dict) else None
            try:
                return float(text) if isinstance(text, str) and len(text) < 50 else None
            except ValueError:
                return None
    return None
