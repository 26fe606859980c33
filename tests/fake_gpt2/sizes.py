"""The sizes in which the fake is made."""

from dataclasses import replace

from utils.reference import CONFIGS, ModelConfig

TRUE_SIZE = CONFIGS["gpt2"]
"""GPT-2 small: 124,439,808 parameters, 0.55 GB as a file."""

SHALLOW = replace(TRUE_SIZE, n_layers=2)
"""The true width in two layers, for tests of how far sums over 768 and 3,072 numbers are rounded."""

NARROW = replace(TRUE_SIZE, d_model=48, d_head=4, d_mlp=192, n_ctx=128)
"""All 12 layers with 12 heads, so that every head has its name; 2.8 million parameters."""

SIZES: dict[str, ModelConfig] = {"true": TRUE_SIZE, "shallow": SHALLOW, "narrow": NARROW}
"""The sizes by name, for the command."""
