"""Pictures and interactive widgets, all drawn without a network.

Each function answers one question, which its docstring asks. What it returns displays itself as a cell's last
line, in JupyterLab and Notebook 7, in the light and the dark theme, and prints as a sentence in a terminal.

Importing this package loads no drawing library: plotly, circuitsvis and ipywidgets are imported by the first
picture that needs them.
"""

from utils.pictures.attention import attention_explorer, attention_heads, pattern_heatmap, where_it_looks
from utils.pictures.bars import bars
from utils.pictures.clouds import cloud_steps
from utils.pictures.curves import curve, curves
from utils.pictures.cuts import cuts_slider, token_explorer
from utils.pictures.descent import descent
from utils.pictures.explorer import explore
from utils.pictures.forward import ForwardTable
from utils.pictures.guesses import guess_table
from utils.pictures.heatmap import heatmap
from utils.pictures.loss import LiveLoss, loss_curve
from utils.pictures.neurons import neuron_explorer
from utils.pictures.progress import progress
from utils.pictures.sampling import sampling_explorer
from utils.pictures.scaling import scaling_demo
from utils.pictures.spaces import vectors_3d
from utils.pictures.steps import steps_3d
from utils.pictures.tokens import coloured_tokens
from utils.pictures.vector_math import vector_math

__all__ = [
    "ForwardTable",
    "LiveLoss",
    "attention_explorer",
    "attention_heads",
    "bars",
    "cloud_steps",
    "coloured_tokens",
    "curve",
    "curves",
    "cuts_slider",
    "descent",
    "explore",
    "guess_table",
    "heatmap",
    "loss_curve",
    "neuron_explorer",
    "pattern_heatmap",
    "progress",
    "sampling_explorer",
    "scaling_demo",
    "steps_3d",
    "token_explorer",
    "vector_math",
    "vectors_3d",
    "where_it_looks",
]
