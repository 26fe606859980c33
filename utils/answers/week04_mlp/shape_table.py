"""The answer key of week 4's shape table: the shapes of HF's GPT-2 small."""

import functools

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_config import eager_config
from utils.answers.oracles.shapes import table_maker
from utils.checks import week04_mlp as checks


@functools.cache
def _shapes():
    """By row: the shapes in one of HF's blocks, on tensors without numbers, for 2 prompts of length 6."""
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block

    config = eager_config()
    seen: dict[str, torch.Tensor] = {}
    with torch.device("meta"):
        block = GPT2Block(config, layer_idx=0).eval()
        stream = torch.empty(2, 6, config.n_embd)

    def note(before, after):
        def hook(module, inputs, output):
            seen.update({before: inputs[0], after: output})

        return hook

    block.ln_2.register_forward_hook(note("resid", "normed"))
    block.mlp.act.register_forward_hook(note("pre", "post"))
    block.mlp.register_forward_hook(note("normed", "mlp_out"))
    block(stream)
    seen["mean"] = seen["resid"].mean(dim=-1, keepdim=True)
    weights = {"gain": block.ln_2.weight, "W_in": block.mlp.c_fc.weight, "b_in": block.mlp.c_fc.bias}
    weights |= {"W_out": block.mlp.c_proj.weight, "b_out": block.mlp.c_proj.bias}
    return {name: tuple(tensor.shape) for name, tensor in (seen | weights).items()}


def _expected_row(row):
    return _shapes()[row]


_table = table_maker(checks.shape_table, _expected_row)


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
    mistakes=(
        # Only the first wrong row tells them apart, so a mistake in one row comes before one in several.
        Mistake(
            "W_out like W_in",
            "W_out leads back, from the neurons to the stream",
            "inner sizes meet: (…, d_mlp) @ (d_mlp, d_model)",
            _table(W_out=(768, 3072)),
        ),
        Mistake(
            "biases swapped",
            "a bias is as long as what its product gives",
            "W_in gives how many numbers, and W_out?",
            _table(b_in=(768,), b_out=(3072,)),
        ),
        Mistake(
            "GELU narrows",
            "GELU works on each number by itself: it changes no shape",
            "which line leads back to d_model?",
            _table(post=(2, 6, 768)),
        ),
        Mistake(
            "d_model neurons",
            "the neurons are d_mlp many, four times d_model",
            "what does W_in make of d_model numbers?",
            _table(pre=(2, 6, 768), post=(2, 6, 768), W_in=(768, 768), W_out=(768, 768), b_in=(768,)),
        ),
        Mistake(
            "weights transposed",
            "the weights lead from their first size to their second, so that x @ W_in is defined",
            "inner sizes meet: (…, d_model) @ (d_model, d_mlp)",
            _table(W_in=(3072, 768), W_out=(768, 3072)),
        ),
        Mistake(
            "batch forgotten",
            "the batch axis is missing: there are 2 prompts",
            "how many prompts are in the batch?",
            _table(
                resid=(6, 768),
                mean=(6, 1),
                normed=(6, 768),
                pre=(6, 3072),
                post=(6, 3072),
                mlp_out=(6, 768),
            ),
        ),
        Mistake(
            "mean without its axis",
            "with keepdim=True the averaged axis stays, with size 1",
            "what has to be subtracted from each vector?",
            _table(mean=(2, 6)),
        ),
        Mistake(
            "mean for every number",
            "there is one mean for each vector, not one for each of its numbers",
            "which axis is averaged?",
            _table(mean=(2, 6, 768)),
        ),
        Mistake(
            "mean over the batch",
            "the mean runs over each vector's own numbers",
            "which axis is averaged?",
            _table(mean=(1, 6, 768)),
        ),
        Mistake(
            "mean over the positions",
            "the mean runs over each vector's own numbers",
            "which axis is averaged?",
            _table(mean=(2, 1, 768)),
        ),
        Mistake(
            "gain for every position",
            "one gain serves all positions of all prompts",
            "do the weights know how long a prompt is?",
            _table(gain=(2, 6, 768)),
        ),
        Mistake(
            "gain a single number",
            "the gain has a number for each of the vector's numbers",
            "what is multiplied by what?",
            _table(gain=(1,)),
        ),
        Mistake(
            "biases with batch and seq",
            "a bias is a weight: one vector for all positions of all prompts",
            "do the weights know how long a prompt is?",
            _table(b_in=(2, 6, 3072), b_out=(2, 6, 768)),
        ),
        Mistake(
            "mlp_out as wide as the neurons",
            "what is added to the residual stream has its width",
            "what does W_out do?",
            _table(mlp_out=(2, 6, 3072)),
        ),
    ),
)
