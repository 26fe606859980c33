"""A notebook that shows every picture, the quiz and the scratchpad once."""

SET_UP = """
import numpy as np
from utils.pictures import *

tokens = ["Once", " upon", " a", " time", " Lily", " found", " a", " cat", " because", " it", " purred", "."]
random = np.random.default_rng(0)
causal = np.where(np.tri(len(tokens)) > 0, 0, -np.inf)
scores = 1.5 * random.standard_normal((2, 12, len(tokens), len(tokens))) + causal
patterns = np.exp(scores)
patterns /= patterns.sum(axis=-1, keepdims=True)
patterns[0, 0, 9] = 0
patterns[0, 0, 9, [7, 9]] = 0.62, 0.38
""".strip()

ALL_HEADS = "attention_heads(tokens, patterns[0])"
ONE_HEAD = "attention_heads(tokens, patterns[0, 0])"
TOKENS = "coloured_tokens(tokens)"
TOKEN_VALUES = "coloured_tokens(tokens, scores[0, 0, -1])"
PATTERN = "pattern_heatmap(patterns[0, 0], tokens, title='One head')"
SCORES = "pattern_heatmap(scores[0, 0], tokens, title='Scores, masked')"
LOOKS = "where_it_looks(tokens, patterns[0, 0], 9)"
EXPLORER = "attention_explorer(tokens, patterns)"
SCALING = "scaling_demo()"
SPACE = """
words = ["king", "queen", "man", "woman", "apple", "pear"]
vectors_3d(random.standard_normal((6, 3)), words, ["people"] * 4 + ["fruit"] * 2, arrows=True)
""".strip()
CURVES = """
x = np.linspace(-4, 4, 81)
curves(x, {"relu": np.maximum(x, 0), "tanh": np.tanh(x)}, x_title="input", y_title="output")
""".strip()
MANY_CURVES = """
many = {f"post-norm, warm-up {steps} steps": np.sin(x + steps) for steps in range(6)}
curves(x, many, x_title="steps", y_title="nats per token", title="learning rate 0.003, large weights")
""".strip()
LOSSES = """
known = {"entropy": 0.5, "bigrams": 2.0}
loss_curve(np.linspace(4, 1, 50).tolist(), lines=known, title="training and validation")
""".strip()
QUIZ = """
from utils.quiz import Choice, Question, quiz

quiz([
    Question("What does row 3 of `pattern` say?", [
        Choice("How much query 3 reads of each key.", right=True, why="A row belongs to a query."),
        Choice("How much key 3 is read.", why="That is column 3."),
    ]),
])
""".strip()
SCRATCHPAD = """
from utils.scratchpad import Scratchpad

pad = Scratchpad(batch=2, seq=6, d_model=768)
pad.note("q", (2, 6, 64), "batch seq d_head")
pad.note("k", (2, 5, 64), "batch seq d_head")
pad
""".strip()

CELLS = [
    "#: # Every picture of the course",
    SET_UP,
    ALL_HEADS,
    ONE_HEAD,
    TOKENS,
    TOKEN_VALUES,
    PATTERN,
    SCORES,
    LOOKS,
    EXPLORER,
    SCALING,
    SPACE,
    CURVES,
    MANY_CURVES,
    LOSSES,
    QUIZ,
    SCRATCHPAD,
]

DRAWN = {
    # a cell: the CSS of what must be there, and at least how many of it
    ALL_HEADS: (".course-view canvas", 13),
    ONE_HEAD: (".course-view canvas", 1),
    TOKENS: ("span[title^='token']", 12),
    TOKEN_VALUES: ("span[title^='token']", 12),
    PATTERN: (".heatmaplayer image, .heatmaplayer .hm", 1),
    SCORES: (".heatmaplayer image, .heatmaplayer .hm", 1),
    LOOKS: ("span[title^='query']", 12),
    EXPLORER: ("span[title^='query']", 12),
    SCALING: ("div[title^='score']", 16),
    SPACE: (".gl-container canvas", 1),
    CURVES: (".scatterlayer .js-line", 2),
    MANY_CURVES: (".scatterlayer .js-line", 6),
    LOSSES: (".scatterlayer .js-line", 4),
    QUIZ: ("details", 2),
    SCRATCHPAD: ("tbody tr", 2),
}
"""What shows that a picture is drawn."""

PLOTLY = (PATTERN, SCORES, SPACE, CURVES, MANY_CURVES, LOSSES)
DRAWN_AGAIN = DRAWN | dict.fromkeys(PLOTLY, ("img[src^='data:image/png']", 1))
"""The same in a notebook that was saved and opened again: there JupyterLab shows the PNG that plotly left."""
