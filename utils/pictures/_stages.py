"""The stages of the pipeline as HTML: all of them in a row, and one in detail."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from utils.pictures._colours import BLUE, FAINT, GREY, ORANGE, UNDER_LETTERS, alternating, shade
from utils.pictures._html import bars, token_strip
from utils.pictures._numbers import visible
from utils.pictures._pipeline import PipelineRun
from utils.tokens import token_strings

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

TOKENS_SHOWN = 14
"""Number of rows of vectors; of a longer prompt, the last ones."""
NUMBERS_SHOWN = 32
"""Numbers of each vector."""
LIKELIEST_SHOWN = 8
MONOSPACE = "font-family:monospace"

_WHAT = {
    "text": "What you wrote. A model cannot compute with letters.",
    "tokens": "The text is cut into pieces from a fixed vocabulary. Each piece is known by its id.",
    "token vectors": "Each id fetches its row of the embedding matrix, wherever in the text it stands.",
    "position vectors": "Each place fetches a vector too: the same one for every prompt.",
    "embeddings": "The two are added. From here on, each token is one vector that says what and where.",
    "block": "Attention lets each token read from earlier ones; an MLP works on each alone. Both add to it.",
    "logits": "Each vector is scored against every token of the vocabulary. These are the last position's.",
    "probabilities": "Softmax turns the scores into shares that add up to 1.",
    "next token": "The likeliest token is put behind the text, and with the longer text all starts again.",
}
_AXES = {"tokens": "batch · seq", "logits": "batch · seq · d_vocab", "probabilities": "batch · seq · d_vocab"}


def stages_html(run: PipelineRun, chosen: int) -> str:
    """Return all stages with their shapes, the one at position `chosen` marked, and its detail below."""
    names = list(run.stages)
    boxes = "".join(_box(run, name, place, chosen) for place, name in enumerate(names))
    name = names[chosen]
    return (
        f'<div style="display:flex; flex-wrap:wrap; gap:6px; margin:6px 0 12px">{boxes}</div>'
        f'<div style="max-width:760px; line-height:1.5"><b>{name}</b> · {_WHAT[_kind(name)]}</div>'
        f'<div style="margin:4px 0 10px; color:{GREY}">{_shape_in_words(run, name)}</div>'
        f"{_detail(run, names, chosen)}"
    )


def problem_html(message: str) -> str:
    """Return the HTML of a message in place of the picture."""
    return f'<div style="margin:8px 0; color:rgb{ORANGE}">{escape(message)}</div>'


def shape_of(run: PipelineRun, name: str) -> str:
    """Return a stage's shape as its box shows it: `1 × 13 × 768`."""
    if name == "text":
        return f"{len(run.prompt)} character{'' if len(run.prompt) == 1 else 's'}"
    return " × ".join(f"{size:,}" for size in run.stages[name].shape)


def _kind(name: str) -> str:
    return "block" if name.startswith("block") else name


def _box(run: PipelineRun, name: str, place: int, chosen: int) -> str:
    frame = f"2px solid {shade(BLUE, 1)}" if place == chosen else f"1px solid {FAINT}"
    filled = shade(BLUE, 0.22) if place == chosen else shade(BLUE, 0.07) if place < chosen else "none"
    return (
        f'<div class="course-stage" style="padding:3px 8px; border:{frame}; border-radius:5px;'
        f' background:{filled}; line-height:1.35">{name}<br>'
        f'<span style="color:{GREY}; font-size:0.85em">{shape_of(run, name)}</span></div>'
    )


def _shape_in_words(run: PipelineRun, name: str) -> str:
    if name == "text":
        return "no shape yet"
    axes = _AXES.get(name, "batch" if name == "next token" else "batch · seq · d_model")
    return f"shape {tuple(run.stages[name].shape)}: {axes}"


def _detail(run: PipelineRun, names: list[str], chosen: int) -> str:
    name = names[chosen]
    output = run.stages[name]
    if name == "text":
        return f'<div style="font-size:1.15em; white-space:pre-wrap">{escape(run.prompt)}</div>'
    if name == "tokens":
        return _tokens(run)
    if name == "logits":
        return _highest(output[0, -1])
    if name == "probabilities":
        return _likeliest(output[0, -1])
    if name == "next token":
        return _continued(run)
    before = run.stages[names[chosen - 1]] if _kind(name) == "block" else None
    return _vectors(run.tokens, output[0], before)


def _tokens(run: PipelineRun) -> str:
    ids = run.ids[0].tolist()
    notes = [f"place {place}: id {number}" for place, number in enumerate(ids)]
    return (
        token_strip(run.tokens, alternating(len(ids)), notes)
        + f'<div style="margin-top:8px; {MONOSPACE}">{" ".join(map(str, ids))}</div>'
    )


def _vectors(tokens: Sequence[str], vectors: Float[Tensor, "seq d_model"], before: Tensor | None) -> str:
    """Return a row for each token: its first numbers as colours and, after a block, the relative change."""
    hidden = max(len(tokens) - TOKENS_SHOWN, 0)
    numbers = vectors[hidden:, :NUMBERS_SHOWN]
    largest = numbers.abs().max().item() or 1.0
    moved = _moved(vectors, before)[hidden:] if before is not None else [""] * len(numbers)
    rows = "".join(
        f'<div style="text-align:right; white-space:pre; {MONOSPACE}">{escape(visible(token))}</div>'
        f'<div style="width:420px; height:16px; background:{_stripes(row.tolist(), largest)}"></div>'
        f'<div style="color:{GREY}">{text}</div>'
        for token, row, text in zip(tokens[hidden:], numbers, moved, strict=True)
    )
    grid = (
        '<div style="display:grid; grid-template-columns:max-content auto auto; gap:3px 10px;'
        f' justify-content:start; align-items:center; line-height:1.2">{rows}</div>'
    )
    return grid + _caption(numbers.shape[1], vectors.shape[1], hidden, before is not None)


def _moved(after: Float[Tensor, "seq d_model"], before: Float[Tensor, "1 seq d_model"]) -> list[str]:
    steps = (after - before[0]).norm(dim=-1) / before[0].norm(dim=-1)
    return [f"{step:.0%}" for step in steps.tolist()]


def _stripes(row: list[float], largest: float) -> str:
    """Return the numbers as coloured stripes in a CSS background: blue above 0, orange below."""
    width = 100 / len(row)
    colours = [shade(BLUE if number >= 0 else ORANGE, abs(number) / largest) for number in row]
    stops = [f"{colour} {width * n:.4g}% {width * (n + 1):.4g}%" for n, colour in enumerate(colours)]
    return f"linear-gradient(90deg, {', '.join(stops)})"


def _caption(shown: int, d_model: int, hidden: int, block: bool) -> str:
    sentences = [f"Each row is a token's vector: the first {shown} of its {d_model:,} numbers, blue above 0."]
    if block:
        sentences.append("Behind it: how far the block moved the vector, as a share of its length.")
    if hidden:
        sentences.append(f"The first {hidden} tokens are not shown.")
    return f'<div style="margin-top:8px; color:{GREY}">{" ".join(sentences)}</div>'


def _highest(logits: Float[Tensor, " d_vocab"]) -> str:
    """Return a table of the highest logits, with the lowest of all below them."""
    top = logits.topk(LIKELIEST_SHOWN)
    pairs = list(zip(token_strings(top.indices), top.values.tolist(), strict=True))
    lowest = logits.argmin()
    pairs += [("⋮", None), (token_strings([int(lowest)])[0], logits[lowest].item())]
    rows = "".join(
        f'<div style="text-align:right; {MONOSPACE}">{escape(token)}</div>'
        f"<div>{'' if value is None else f'{value:.2f}'}</div>"
        for token, value in pairs
    )
    return (
        '<div style="display:grid; grid-template-columns:max-content max-content; gap:2px 14px;'
        f' justify-content:start; line-height:1.3">{rows}</div>'
    )


def _likeliest(probabilities: Float[Tensor, " d_vocab"]) -> str:
    top = probabilities.topk(LIKELIEST_SHOWN)
    shares = top.values.tolist()
    notes = [f"probability {share:.6f}" for share in shares]
    rest = 1 - sum(shares)
    return (
        bars(token_strings(top.indices), shares, notes)
        + f'<div style="margin-top:6px; color:{GREY}">All other tokens together: {max(rest, 0):.2f}</div>'
    )


def _continued(run: PipelineRun) -> str:
    (token,) = token_strings(run.stages["next token"])
    mark = f"background:{shade(BLUE, UNDER_LETTERS)}; border-radius:4px; padding:1px 3px"
    return (
        f'<div style="font-size:1.15em; white-space:pre-wrap">{escape(run.prompt)}'
        f'<span style="{mark}">{escape(token)}</span></div>'
    )
