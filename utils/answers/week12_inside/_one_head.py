"""HF's attention with a single head."""

import torch

from utils.answers.oracles.hf_model import hf_config


def one_head(W_V=None, W_O=None, W_Q=None, W_K=None):
    """Return HF's attention with one head of these weights and without biases, and its width.

    HF needs d_head = d_model for a single head, so the weights are padded with zeros.
    """
    from transformers.models.gpt2.modeling_gpt2 import GPT2Attention

    given = {"Q": W_Q, "K": W_K, "V": W_V}
    d_model = next(len(W) for W in given.values() if W is not None)
    width = max([d_model, *(W.shape[1] for W in given.values() if W is not None)])
    sizes = {"d_model": width, "n_heads": 1, "d_mlp": 1, "n_layers": 1, "d_vocab": 1, "n_ctx": 1}
    with torch.random.fork_rng(devices=[]):  # HF initialises at random: leave the caller's generator alone
        attn = GPT2Attention(hf_config({**sizes, "layer_norm_eps": 1e-5}), layer_idx=0).eval()
    for parameter in attn.parameters():
        parameter.detach().zero_()
    for third, W in enumerate(given.values()):
        if W is not None:
            attn.c_attn.weight.detach()[: len(W), third * width : third * width + W.shape[1]] = W
    if W_O is not None:
        attn.c_proj.weight.detach()[: len(W_O), : W_O.shape[1]] = W_O
    return attn, width


def filled_up(vectors, width):
    """Return the vectors, filled up with zeros to that width."""
    return torch.nn.functional.pad(vectors, (0, width - vectors.shape[1]))
