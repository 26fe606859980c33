"""Attention patterns: which query reads which key, and how much.

A pattern's row is the query (which reads), its column the key (which is read); every row adds up to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from utils.pictures._numbers import as_array, as_labels, check_length, count_axes
from utils.pictures._picture import Picture
from utils.pictures.heatmap import draw_heatmap

if TYPE_CHECKING:
    from ipywidgets import VBox
    from jaxtyping import Float
    from numpy import ndarray
    from torch import Tensor

HOVER = "query '{row}' reads key '{column}': {value}"


def attention_heads(
    tokens: Sequence[str],
    pattern: Float[Tensor, "n_heads query key"] | Float[Tensor, "query key"],
    names: Sequence[str] | None = None,
    *,
    causal: bool = True,
) -> Picture:
    """Show the pattern of every head: which tokens does each head make each token read?

    CircuitsVis draws all heads small, and the one under the mouse large; a click keeps it. A single head, a
    pattern of [query, key], is drawn large at once.

    Args:
        tokens: The tokens as strings; the same ones are queries and keys.
        pattern: [n_heads, query, key], or [query, key] for one head.
        names: The heads' names; by default "Head 0" and so on.
        causal: Whether to grey out the keys that come after their query.

    Raises:
        ValueError: The pattern has another shape, or the tokens or names are not as many.
    """
    from utils.pictures._circuitsvis import circuitsvis

    labels = as_labels(tokens)
    single = count_axes(pattern) == 2
    array = as_array(pattern, "query key" if single else "n_heads query key", "pattern")
    _check_tokens(array, labels, "key")
    _check_tokens(array, labels, "query")
    properties = {"attention": array.round(4).tolist(), "tokens": labels, "maskUpperTri": causal}
    if single:
        words = _most_read(array, labels)
        return circuitsvis("AttentionPattern", {**properties, "zoomed": True}, words, margin="15px")
    names = [f"Head {number}" for number in range(len(array))] if names is None else list(names)
    check_length("names", len(names), "n_heads", len(array), array.shape)
    last = [_most_read(head[-1:], labels, labels[-1:]) for head in array]
    words = "\n".join(f"{name}: {reads}" for name, reads in zip(names, last, strict=True))
    return circuitsvis("AttentionHeads", {**properties, "attentionHeadNames": names}, words)


def pattern_heatmap(
    pattern: Float[Tensor, "query key"],
    tokens: Sequence[str],
    *,
    query_tokens: Sequence[str] | None = None,
    title: str = "",
) -> Picture:
    """Draw one head's pattern or scores as a heatmap: which query reads which key?

    Args:
        pattern: [query, key]; it may hold scores, and masked ones (-inf) stay empty.
        tokens: The keys' tokens, and the queries' too unless `query_tokens` names those.

    Raises:
        ValueError: The pattern is not [query, key], or the tokens are not as many.
    """
    array = as_array(pattern, "query key", "pattern")
    keys = as_labels(tokens)
    queries = keys if query_tokens is None else as_labels(query_tokens, "query_tokens")
    _check_tokens(array, keys, "key")
    _check_tokens(array, queries, "query")
    words = _most_read(array, keys, queries)
    return draw_heatmap(array, queries, keys, "query", "key", title, HOVER, words)


def where_it_looks(tokens: Sequence[str], pattern: Float[Tensor, "query key"], query: int) -> Picture:
    """Show one row of a pattern: how does one query share out its attention?

    Args:
        tokens: The tokens as strings.
        pattern: [query, key].
        query: The query's position; a negative one counts from the end.

    Raises:
        ValueError: The pattern is not [query, key], the tokens are not as many, or there is no such query.
    """
    from utils.pictures._looks import looks

    labels = as_labels(tokens)
    array = as_array(pattern, "query key", "pattern")
    _check_tokens(array, labels, "key")
    _check_tokens(array, labels, "query")
    query = _place(query, "query", len(array))
    shares = ", ".join(f"{key!r} {share:.2f}" for key, share in zip(labels, array[query], strict=True))
    html = looks(list(tokens), array[query].tolist(), query)
    return Picture(f"query {labels[query]!r} (position {query}) reads {shares}", {"text/html": html})


def attention_explorer(
    tokens: Sequence[str],
    patterns: Float[Tensor, "n_layers n_heads query key"] | Float[Tensor, "n_heads query key"],
    *,
    layer: int = 0,
    head: int = 0,
    query: int = -1,
) -> VBox:
    """Explore patterns by hand: where does this token look, in each head and each layer?

    There are sliders for the layer (if there are several), the head and the query. Below them is the text,
    shaded by how much of each token the query reads, and the same numbers as bars.

    Args:
        tokens: The tokens as strings.
        patterns: [n_layers, n_heads, query, key], or [n_heads, query, key] for one layer.
        layer, head, query: Where the sliders start; negative positions count from the end.

    Raises:
        ValueError: The patterns have another shape, the tokens are not as many, or there is no such start.
    """
    from utils.pictures._explorer import explorer

    labels = as_labels(tokens)
    axes = "n_heads query key" if count_axes(patterns) == 3 else "n_layers n_heads query key"
    array = as_array(patterns, axes, "patterns")
    _check_tokens(array, labels, "key")
    _check_tokens(array, labels, "query")
    array = array if array.ndim == 4 else array[None]
    places = {"layer": layer, "head": head, "query": query}
    starts = [
        _place(place, name, size) for (name, place), size in zip(places.items(), array.shape, strict=False)
    ]
    return explorer(list(tokens), array, starts)


def _place(place: int, name: str, count: int) -> int:
    """Return `place` counted from 0; a negative one counts from the end."""
    if not -count <= place < count:
        raise ValueError(f"There is no {name} {place}: there are {count}, numbered from 0.")
    return place % count


def _check_tokens(array: Float[ndarray, "... query key"], labels: list[str], axis: str) -> None:
    size = array.shape[-1 if axis == "key" else -2]
    check_length("tokens", len(labels), axis, size, array.shape)


def _most_read(array: Float[ndarray, "query key"], keys: list[str], queries: list[str] | None = None) -> str:
    """Return the pattern in a sentence: the key that each query reads most."""
    return "; ".join(
        f"query {query!r} reads key {keys[int(row.argmax())]!r} most ({row.max():.2f})"
        for query, row in zip(queries or keys, array, strict=True)
    )
