"""The answer key of `flops_per_token`: torch's own counter, watching HF's GPT2LMHeadModel run."""

import functools

import torch
from torch.utils.flop_counter import FlopCounterMode

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_model import extrapolated, meta_model, run_meta_model
from utils.checks import week07_transformer as checks


def _expected_flops(*, config, seq):
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


ANSWER_KEY = AnswerKey(
    check=checks.flops_per_token,
    expected=_expected_flops,
    reference="torch's own counter",
    tolerance=EXACT,
)
