"""A GPT-2 that has all of its parameters and can do nothing: for whoever gives a model its first weights."""

import torch
from torch import nn

from utils.reference import ModelConfig


class BareModel(nn.Module):
    """Every parameter of a GPT2 of this config, under its name and in its shape, and no forward.

    All of them begin as random numbers of order 1, drawn from `seed`: whatever is left as it was shows.
    """

    def __init__(self, config: ModelConfig, seed: int):
        super().__init__()
        self.config = config
        generator = torch.Generator().manual_seed(seed)

        def holder(**shapes: tuple[int, ...]) -> nn.Module:
            module = nn.Module()
            for name, shape in shapes.items():
                setattr(module, name, nn.Parameter(torch.randn(shape, generator=generator)))
            return module

        width = config.d_model
        self.embed = holder(W_E=(config.d_vocab, width))
        self.pos_embed = holder(W_pos=(config.n_ctx, width))
        self.blocks = nn.ModuleList(_block(config, holder) for _ in range(config.n_layers))
        self.ln_f = holder(gain=(width,), bias=(width,))
        self.unembed = nn.Module()
        self.unembed.embed = self.embed  # tied


def _block(config: ModelConfig, holder) -> nn.Module:
    width, n_heads, d_head, d_mlp = config.d_model, config.n_heads, config.d_head, config.d_mlp
    reads = {f"W_{letter}": (n_heads, width, d_head) for letter in "QKV"}
    biases = {f"b_{letter}": (n_heads, d_head) for letter in "QKV"}
    block = nn.Module()
    block.ln_1 = holder(gain=(width,), bias=(width,))
    block.attn = holder(**reads, **biases, W_O=(n_heads, d_head, width), b_O=(width,))
    block.ln_2 = holder(gain=(width,), bias=(width,))
    block.mlp = holder(W_in=(width, d_mlp), b_in=(d_mlp,), W_out=(d_mlp, width), b_out=(width,))
    return block
