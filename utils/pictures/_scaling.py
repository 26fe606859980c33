"""The widget of `scaling_demo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from utils.pictures._html import bars
from utils.pictures._touch import Movable, choice

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
DRAWS = 200


def demo(keys: int, seed: int) -> Movable:
    """Return a slider over d_head and two panels of bars; it starts at GPT-2's d_head, 64."""
    random = np.random.default_rng(seed)
    query = random.standard_normal((DRAWS, 1, SIZES[-1]))
    key = random.standard_normal((DRAWS, keys, SIZES[-1]))
    # A smaller d_head uses the first entries of the same vectors, so that bars grow gradually.
    sums = np.cumsum(query * key, axis=-1)
    scores = {d_head: sums[..., d_head - 1].copy() for d_head in SIZES}
    slider = choice("d_head", [(str(d_head), d_head) for d_head in SIZES], 64)
    return Movable([slider], lambda d_head: _Panels(scores[d_head], d_head).html())


@dataclass(frozen=True)
class _Panels:
    scores: Float[ndarray, "draw key"]
    d_head: int

    def html(self) -> str:
        scaled = self.scores / np.sqrt(self.d_head)
        return (
            '<div style="display:flex; flex-wrap:wrap; gap:12px 40px; margin-top:6px">'
            f"{self._panel('softmax(q · k)', self.scores)}{self._panel('softmax(q · k / √d_head)', scaled)}"
            "</div>"
        )

    def _panel(self, title: str, scores: Float[ndarray, "draw key"]) -> str:
        weights = _softmax(scores)
        labels = [f"key {number}" for number in range(scores.shape[1])]
        notes = [f"score {score:.2f}" for score in scores[0]]
        return (
            f'<div style="min-width:330px"><div style="margin-bottom:4px"><b>{title}</b></div>'
            f"{bars(labels, weights[0].tolist(), notes, width=220)}"
            f'<div style="margin-top:6px; line-height:1.4">scores spread by ±{scores.std():.1f}<br>'
            f"largest weight: {weights[0].max():.2f} here, {weights.max(axis=-1).mean():.2f} on average over"
            f" {DRAWS} draws</div></div>"
        )


def _softmax(scores: Float[ndarray, "draw key"]) -> Float[ndarray, "draw key"]:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
