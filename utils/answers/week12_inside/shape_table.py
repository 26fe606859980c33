"""The answer key of week 12's shape table: the shapes of HF's GPT-2 small as it runs without numbers."""

import functools

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_model import meta_model, run_meta_model
from utils.answers.oracles.shapes import table_maker
from utils.checks import week12_inside as checks

_SMALL = {
    "d_model": 768,
    "n_heads": 12,
    "d_mlp": 3072,
    "n_layers": 12,
    "d_vocab": 50257,
    "n_ctx": 1024,
    "layer_norm_eps": 1e-5,
}


@functools.cache
def _shapes():
    """Return the shapes of HF's outputs for 2 prompts of length 6."""
    model = meta_model(_SMALL)
    output = run_meta_model(model, 2, 6, output_attentions=True, output_hidden_states=True)
    layers, logits, stream = len(output.attentions), tuple(output.logits.shape), output.hidden_states
    one, pattern = tuple(stream[0].shape), tuple(output.attentions[0].shape)
    batch, heads, seq, _ = pattern
    return {
        "attn_out": one,
        "stream": (len(stream), *one),
        "lens": (len(stream), *logits),
        "answers": (batch,),
        "term": (batch,),
        "pattern": pattern,
        "written": (batch, heads, seq, one[-1]),
        "difference": (batch,),
        "patching_map": (layers, seq),
        "zoo_score": (layers, heads),
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
            "one snapshot a block",
            "there is a snapshot before the first block, too",
            "12 blocks: how many times can you look at the whiteboard, before the first and after each?",
            _table(stream=(12, 2, 6, 768), lens=(12, 2, 6, 50257)),
        ),
        Mistake(
            "lens without logits",
            "the lens gives logits, not vectors",
            "what comes after ln_f?",
            _table(lens=(13, 2, 6, 768)),
        ),
        Mistake(
            "last position of the lens",
            "the lens reads every position",
            "every position has a guess at its next token",
            _table(lens=(13, 2, 50257)),
        ),
        Mistake(
            "depth after the batch",
            "the axis of the depths comes first",
            "snapshots are stacked: torch.stack puts the new axis in front",
            _table(stream=(2, 13, 6, 768), lens=(2, 13, 6, 50257)),
        ),
        Mistake(
            "a term for every position",
            "a term speaks of one position, the last one: one number for each prompt",
            "which position says the next token?",
            _table(term=(2, 6), difference=(2, 6)),
        ),
        Mistake(
            "a term for every number",
            "a term is one number for each prompt: the product with the answer's row has summed d_model away",
            "what is left of a dot product?",
            _table(term=(2, 768)),
        ),
        Mistake(
            "a term for every token",
            "a term speaks of one answer, not of the whole vocabulary",
            "how many logits of a prompt are asked about?",
            _table(term=(2, 50257), difference=(2, 50257), answers=(2, 50257)),
        ),
        Mistake(
            "a head writes d_head numbers",
            "z has d_head numbers; what is written has been through W_O",
            "what is added to the residual stream has its width",
            _table(written=(2, 12, 6, 64)),
        ),
        Mistake(
            "heads added up",
            "each head's writing by itself has a head axis",
            "which axis tells the heads apart?",
            _table(written=(2, 6, 768)),
        ),
        Mistake(
            "all layers in one pattern",
            "the row asks for one block",
            "which axis goes away?",
            _table(pattern=(12, 2, 12, 6, 6)),
        ),
        Mistake(
            "a map for every prompt",
            "the prompts have been averaged: one number for each block and position is left",
            "what are the rows of the map, and what its columns?",
            _table(patching_map=(2, 12, 6)),
        ),
        Mistake(
            "a map with a 13th row",
            "only blocks are patched: there is no patch before the first",
            "how many blocks are there?",
            _table(patching_map=(13, 6)),
        ),
        Mistake(
            "a score for every prompt",
            "the prompts have been averaged: one number for each layer and head is left",
            "whose score is it?",
            _table(zoo_score=(12, 2, 12)),
        ),
        Mistake(
            "no batch",
            "the batch axis is missing: there are 2 prompts",
            "how many prompts are in the batch?",
            _table(
                attn_out=(6, 768),
                stream=(13, 6, 768),
                lens=(13, 6, 50257),
                answers=(),
                term=(),
                pattern=(12, 6, 6),
                written=(12, 6, 768),
                difference=(),
            ),
        ),
    ),
)
