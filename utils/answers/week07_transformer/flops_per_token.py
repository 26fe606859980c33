"""The answer key of `flops_per_token`: torch's own counter, watching HF's GPT2LMHeadModel run."""

import functools

import torch
from torch.utils.flop_counter import FlopCounterMode

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_model import extrapolated, meta_model, run_meta_model
from utils.checks import week07_transformer as checks


def _expected_flops(config, seq):
    return _counted(tuple(config.items()), seq)


@functools.lru_cache(maxsize=64)
def _counted(config, seq):
    """Return the FLOPs of one prompt per token."""
    total = extrapolated(lambda sizes: _counted_whole(sizes, seq), dict(config))["FLOPs"]
    per_token, rest = divmod(total, seq)
    if rest:
        raise ValueError(f"{total} FLOPs cannot be shared out among {seq} tokens.")
    return per_token


def _counted_whole(config, seq):
    """Return the counts on the meta device, where nothing is computed."""
    model = meta_model(config)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        run_meta_model(model, 1, seq)
    return {"FLOPs": counter.get_total_flops()}


def _flops(c, seq, each=2, reads=3, writes=1, keys=None, uses=2, hidden=2, vocab=1, layers=None):
    """FLOPs of a token, with the number of times that each product is counted."""
    d = c.d_model
    square = uses * d * (seq if keys is None else keys)
    block = (reads + writes) * d**2 + square + hidden * d * c.d_mlp
    return int(each * (block * (c.n_layers if layers is None else layers) + vocab * c.d_vocab * d))


def _counting(**times):
    return lambda config, seq: _flops(config, seq, **times)


def _parameters(c):
    vectors = 9 * c.d_model + c.d_mlp
    matrices = 4 * c.d_model**2 + 2 * c.d_mlp * c.d_model
    return c.n_layers * (matrices + vectors) + c.d_model * (c.d_vocab + c.n_ctx + 2)


ANSWER_KEY = AnswerKey(
    check=checks.flops_per_token,
    expected=_expected_flops,
    reference="torch's own counter",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "a multiplication alone",
            "each multiplication is counted and the additions are not: this is half of it",
            "a dot product multiplies and adds: how many operations for each pair of numbers?",
            _counting(each=1),
        ),
        Mistake(
            "the backward pass too",
            "this is three times as much: the backward pass is counted in",
            "the way through the model, and not back",
            _counting(each=6),
        ),
        Mistake(
            "scores and blending forgotten",
            "queries times keys, and shares times values, are not counted: nothing depends on seq",
            "which two products have no weight in them?",
            _counting(uses=0),
        ),
        Mistake(
            "blending forgotten",
            "the scores are counted, the blending of the values is not",
            "what is done with the pattern?",
            _counting(uses=1),
        ),
        Mistake(
            "seq squared for each token",
            "each token is charged for the scores of the whole prompt",
            "how many keys does one query meet?",
            lambda config, seq: _flops(config, seq, keys=seq**2),
        ),
        Mistake(
            "the whole prompt",
            "these are the FLOPs of the whole prompt",
            "one token's share is asked for",
            lambda config, seq: _flops(config, seq) * seq,
        ),
        Mistake(
            "the triangle only",
            "only the visible half of the scores is counted; we compute all of them and hide half",
            "does the mask save the product, or only throw its result away?",
            lambda config, seq: _flops(config, seq, keys=(seq + 1) / 2),
        ),
        Mistake(
            "n_ctx keys",
            "each query is charged for n_ctx keys, whatever the prompt's length",
            "how many keys are there in this prompt?",
            lambda config, seq: _flops(config, seq, keys=config.n_ctx),
        ),
        Mistake(
            "scores once per head, full width",
            "each head is charged for d_model numbers in its scores",
            "over how many numbers does one head's dot product run?",
            lambda config, seq: _flops(config, seq, uses=2 * config.n_heads),
        ),
        Mistake(
            "one head's scores",
            "only one head's scores and values are counted",
            "how many heads stand side by side?",
            lambda config, seq: _flops(config, seq, uses=2 / config.n_heads),
        ),
        Mistake(
            "unembedding forgotten",
            "the unembedding is not counted",
            "what is the largest matrix that every vector is multiplied with?",
            _counting(vocab=0),
        ),
        Mistake(
            "embedding as a product",
            "the embedding is counted as a product with one-hot rows; it is a lookup, which computes nothing",
            "does W_E[tokens] multiply anything?",
            _counting(vocab=2),
        ),
        Mistake(
            "W_O forgotten",
            "the product with W_O is not counted",
            "what the heads read is written back through a matrix",
            _counting(writes=0),
        ),
        Mistake(
            "one projection for three",
            "queries, keys and values are counted as one product",
            "how many projections does each token go through?",
            _counting(reads=1),
        ),
        Mistake(
            "one of the MLP's products",
            "only one of the MLP's two products is counted",
            "out to d_mlp, and back",
            _counting(hidden=1),
        ),
        Mistake(
            "one block only",
            "one block is counted",
            "what is n_layers for?",
            _counting(layers=1),
        ),
        Mistake(
            "twice the parameters",
            "that is a rule of thumb, 2 FLOPs a parameter: biases and lookups are in it, scores are not",
            "count the products, one after the other",
            lambda config, seq: 2 * _parameters(config),
        ),
        Mistake(
            "d_mlp taken for 4 · d_model",
            "d_mlp is ignored: 4 · d_model is taken in its place",
            "which of the config's numbers says how many neurons there are?",
            lambda config, seq: _flops(config, seq, hidden=8 * config.d_model / config.d_mlp),
        ),
    ),
)
