"""The answer key of week 7's shape table: the shapes of HF's GPT-2 small."""

import functools
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_model import meta_model, run_meta_model
from utils.answers.oracles.shapes import table_maker
from utils.checks import week07_transformer as checks
from utils.reference import CONFIGS

if TYPE_CHECKING:
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block


@functools.cache
def _shapes():
    """Return the shape of every row, from HF's model on the meta device."""
    model, seen = meta_model(asdict(CONFIGS["gpt2"])), {}
    block = cast("GPT2Block", model.transformer.h[0])
    watched = {"normed": block.ln_1, "attn_out": block.attn, "mlp_out": block.mlp, "block_out": block}
    for row, module in {**watched, "last": model.transformer.ln_f}.items():
        module.register_forward_hook(lambda module, given, output, row=row: seen.update({row: output}))
    output = run_meta_model(model, 2, 6, output_hidden_states=True, output_attentions=True)
    seen["attn_out"] = seen["attn_out"][0]
    shapes = {row: tuple(tensor.shape) for row, tensor in seen.items()}
    resid, n_heads = tuple(output.hidden_states[0].shape), output.attentions[0].shape[1]
    width = block.attn.c_proj.weight.shape[0]
    return shapes | {
        "tokens": resid[:2],
        "W_pos": tuple(model.transformer.wpe.weight.shape),
        "resid": resid,
        "W_O": (n_heads, width // n_heads, block.attn.c_proj.weight.shape[1]),
        "stream": (len(output.hidden_states), *resid),
        "logits": tuple(output.logits.shape),
        "next_logits": tuple(output.logits[:, -1].shape),
    }


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
        Mistake(
            "batch forgotten",
            "the batch axis is missing: there are 2 prompts",
            "how many prompts are in the batch?",
            _table(
                tokens=(6,),
                resid=(6, 768),
                normed=(6, 768),
                attn_out=(6, 768),
                mlp_out=(6, 768),
                block_out=(6, 768),
                stream=(13, 6, 768),
                last=(6, 768),
                logits=(6, 50257),
                next_logits=(50257,),
            ),
        ),
        Mistake(
            "stream without its start",
            "the stream has an entry after each of the 12 blocks, but none for where it begins",
            "before the first block, and after every block: how many is that?",
            _table(stream=(12, 2, 6, 768)),
        ),
        Mistake(
            "stream without its stages",
            "the result of residual_stream has an axis for the stages",
            "what did you stack?",
            _table(stream=(2, 6, 768)),
        ),
        Mistake(
            "stages after the batch",
            "the stages come first, then the batch",
            "the order of the axes in the docstring of residual_stream",
            _table(stream=(2, 13, 6, 768)),
        ),
        Mistake(
            "d_mlp on the stream",
            "the 3,072 neurons are inside the MLP; what it writes has the stream's width",
            "what can be added to the stream?",
            _table(mlp_out=(2, 6, 3072)),
        ),
        Mistake(
            "d_head on the stream",
            "one head reads 64 numbers; what all heads write together has the stream's width",
            "what can be added to the stream?",
            _table(attn_out=(2, 6, 64)),
        ),
        Mistake(
            "heads on the stream",
            "what attention writes has no head axis any more",
            "what does W_O do with the heads?",
            _table(attn_out=(2, 12, 6, 64)),
        ),
        Mistake(
            "logits of d_model numbers",
            "there is a logit for every token of the vocabulary",
            "what does the unembedding make of a vector?",
            _table(logits=(2, 6, 768), next_logits=(2, 768)),
        ),
        Mistake(
            "ln_f widens",
            "ln_f changes no shape; only the unembedding widens to the vocabulary",
            "what does a LayerNorm do with the number of axes and their sizes?",
            _table(last=(2, 6, 50257)),
        ),
        Mistake(
            "the last position only",
            "logits come for every position; only the choice of the next token looks at the last",
            "how many positions predict?",
            _table(logits=(2, 50257)),
        ),
        Mistake(
            "next token from all positions",
            "the next token of a prompt is chosen from its last position's logits",
            "which position has read the whole prompt?",
            _table(next_logits=(2, 6, 50257)),
        ),
        Mistake(
            "as many positions as tokens",
            "W_pos has a row for every place that the model knows, not for this prompt's places",
            "how large is n_ctx?",
            _table(W_pos=(6, 768)),
        ),
        Mistake(
            "a position for every prompt",
            "W_pos is a weight: it has no batch axis",
            "which rows are weights?",
            _table(W_pos=(2, 6, 768)),
        ),
        Mistake(
            "W_O turned over",
            "W_O leads from a head's 64 numbers to the stream's 768",
            "which axis of W_O meets z?",
            _table(W_O=(12, 768, 64)),
        ),
        Mistake(
            "one head's W_O",
            "each of the 12 heads has a W_O of its own",
            "which axis counts the heads?",
            _table(W_O=(64, 768)),
        ),
    ),
)
