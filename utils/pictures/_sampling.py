"""The widget of `sampling_explorer`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from html import escape
from math import exp

import ipywidgets
import torch
from torch import Tensor

from utils.pictures._colours import BLUE, GREY, shade
from utils.pictures._touch import Movable, choice
from utils.tokens import token_strings

KS = (1, 2, 3, 5, 10, 20, 40, 100, 1000)
WIDTH = 340  # pixels for a bar of 1
LABEL_WIDTH = "90px"


def explorer(
    predict: Callable[[str], Tensor],
    change: Callable[[Tensor, float, int, float], Tensor],
    prompt: str,
    shown: int,
) -> Movable:
    """Return the text box and the three sliders, set to change nothing at first."""
    predicted = lru_cache(maxsize=8)(predict)  # moving a slider does not run the model

    def draw(text: str, temperature: float, k: int, p: float) -> str:
        logits = predicted(text).detach().float().cpu()
        # A copy, so that a function that changes its input spoils no later picture.
        changed = change(logits.clone(), temperature, min(k or len(logits), len(logits)), p)
        return _html(logits.softmax(dim=-1), changed.detach().float().cpu().softmax(dim=-1), shown)

    box = ipywidgets.Text(
        value=prompt,
        description="prompt",
        continuous_update=False,
        style={"description_width": LABEL_WIDTH},
        layout={"width": "640px", "max_width": "100%"},
    )
    options = [(str(k), k) for k in KS] + [("all", 0)]
    sliders = [
        _slider("temperature", 0, 3, 1),
        choice("k", options, 0, LABEL_WIDTH),
        _slider("p", 0.05, 1, 1),
    ]
    return Movable([box, *sliders], draw)


def _slider(description: str, low: float, high: float, value: float) -> ipywidgets.FloatSlider:
    return ipywidgets.FloatSlider(
        description=description,
        min=low,
        max=high,
        step=0.05,
        value=value,
        readout_format=".2f",
        style={"description_width": LABEL_WIDTH},
        layout={"width": "420px"},
    )


def _html(own: Tensor, drawn: Tensor, shown: int) -> str:
    ids = own.argsort(descending=True, stable=True)[:shown]
    pairs: list[tuple[str, float, float]] = list(
        zip(token_strings(ids), own[ids].tolist(), drawn[ids].tolist(), strict=True)
    )
    others = len(own) - len(ids)
    if others:
        own_rest, drawn_rest = ((1 - shares[ids].sum()).clamp(min=0).item() for shares in (own, drawn))
        pairs.append((f"{others:,} others", own_rest, drawn_rest))
    rows = "".join(_row(*pair) for pair in pairs)
    return (
        f'<div style="margin:6px 0">{_summary(drawn)}</div>'
        '<div style="display:grid; grid-template-columns:max-content auto; justify-content:start;'
        f' gap:4px 8px; align-items:center; line-height:1.2">{rows}</div>'
    )


def _summary(drawn: Tensor) -> str:
    """Return a sentence: the number of tokens left, the largest probability and the perplexity."""
    entropy = -torch.special.xlogy(drawn, drawn).sum().item()
    left = int((drawn > 0).sum())
    return (
        f"<b>{left:,} of {len(drawn):,} tokens can be drawn.</b> The surest has {drawn.max():.1%}; the choice"
        f" is as open as one between {exp(entropy):,.1f} equally probable tokens"
        f" (entropy {entropy:.2f} nats)."
    )


def _row(label: str, own: float, drawn: float) -> str:
    faded = f"color:{GREY}; text-decoration:line-through" if drawn == 0 else ""
    bars = _bar(own, 0.3, 5) + _bar(drawn, 0.9, 9)
    return (
        f'<div style="text-align:right; white-space:pre; {faded}">{escape(label)}</div>'
        f'<div title="{escape(label)}: {own:.4f} of the model, {drawn:.4f} drawn with"'
        ' style="display:flex; gap:6px; align-items:center">'
        f'<div>{bars}</div><div style="color:{GREY}">{drawn:.1%}</div></div>'
    )


def _bar(share: float, strength: float, height: int) -> str:
    return (
        f'<div style="height:{height}px; width:{max(WIDTH * share, 1):.0f}px;'
        f' background:{shade(BLUE, strength)}; border-radius:2px"></div>'
    )
