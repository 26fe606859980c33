"""The answer key of week 7's shape table: the shapes of HF's GPT-2 small."""

import functools
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_model import meta_model, run_meta_model
from utils.checks import week07_transformer as checks
from utils.reference import CONFIGS

if TYPE_CHECKING:
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block


@functools.cache
def _expected_row(*, row):
    """Return the shape of every row, from HF's model on the meta device."""
    model, seen = meta_model(asdict(CONFIGS["gpt2"])), {}
    block = cast("GPT2Block", model.transformer.h[0])
    watched = {"normed": block.ln_1, "attn_out": block.attn, "mlp_out": block.mlp, "block_out": block}
    for name, module in {**watched, "last": model.transformer.ln_f}.items():
        module.register_forward_hook(lambda module, given, output, name=name: seen.update({name: output}))
    output = run_meta_model(model, 2, 6, output_hidden_states=True, output_attentions=True)
    seen["attn_out"] = seen["attn_out"][0]
    shapes = {name: tuple(tensor.shape) for name, tensor in seen.items()}
    resid, n_heads = tuple(output.hidden_states[0].shape), output.attentions[0].shape[1]
    width = block.attn.c_proj.weight.shape[0]
    rows = shapes | {
        "tokens": resid[:2],
        "W_pos": tuple(model.transformer.wpe.weight.shape),
        "resid": resid,
        "W_O": (n_heads, width // n_heads, block.attn.c_proj.weight.shape[1]),
        "stream": (len(output.hidden_states), *resid),
        "logits": tuple(output.logits.shape),
        "next_logits": tuple(output.logits[:, -1].shape),
    }
    return rows[row]


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
)
