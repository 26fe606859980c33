"""The answer key of `run_with_cache`: the outputs of HF's own modules."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_inside import run
from utils.answers.oracles.hf_model import hf_model
from utils.checks import week12_inside as checks


def _expected(*, config, weights, tokens, later, factor):
    model, foreign = hf_model(config, weights), [("blocks.0", lambda output: torch.mul(factor, output))]
    afterwards, seen = run(model, later, foreign)
    after = {
        "own hooks left afterwards": 0,
        "logits of a run afterwards": afterwards,
        "what a module gives that gives two things": [seen["embed"], later],
    }
    if tokens.shape[1] > config["n_ctx"]:
        return {**after, "an error in the model": "reaches the caller"}
    logits, cache = run(model, tokens, foreign)
    return {**after, "logits": logits, "cache": cache}


ANSWER_KEY = AnswerKey(
    check=checks.run_with_cache,
    expected=_expected,
    reference="GPT-2",
)
