"""One query's share of attention, as shaded text and as bars."""

from html import escape

from utils.pictures._colours import weight_backgrounds
from utils.pictures._html import bars, token_strip
from utils.pictures._numbers import visible


def looks(tokens: list[str], weights: list[float], query: int) -> str:
    """Return HTML: a line that names the query, the text shaded by the weights, and a bar for each key."""
    reader = visible(tokens[query])
    notes = [
        f"query '{reader}' reads key '{visible(token)}': {weight:.2f}"
        for token, weight in zip(tokens, weights, strict=True)
    ]
    labels = [f"{place} {visible(token)}" for place, token in enumerate(tokens)]
    return (
        f'<div style="margin:4px 0">query <b>{escape(reader)}</b> (position {query}) reads</div>'
        f"{token_strip(tokens, weight_backgrounds(weights), notes, query)}"
        f'<div style="margin-top:8px">{bars(labels, weights, notes, query)}</div>'
    )
