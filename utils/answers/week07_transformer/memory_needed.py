"""The answer key of `memory_needed`: the tensors of HF's model and of torch's AdamW, measured."""

import functools

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_model import extrapolated, meta_model, run_meta_model
from utils.checks import week07_transformer as checks


def _expected_memory(*, config, batch, seq, bytes_per_number):
    kept = _kept(tuple(config.items())) | _passing(tuple(config.items()), batch, seq)
    return {part: numbers * bytes_per_number for part, numbers in kept.items()}


@functools.lru_cache(maxsize=64)
def _kept(config):
    """Return the count of the numbers that are kept from step to step, whatever the batch."""
    return extrapolated(_counted_kept, dict(config))


@functools.lru_cache(maxsize=64)
def _passing(config, batch, seq):
    """Return the count of the numbers that one batch adds."""
    return extrapolated(lambda sizes: _counted_passing(sizes, batch, seq), dict(config))


def _counted_kept(config):
    """Return the counts after a step of training on the meta device."""
    model = meta_model(config)
    weights = list(model.parameters())
    run_meta_model(model, 1, 2).logits.sum().backward()
    optimizer = torch.optim.AdamW(weights, foreach=False, capturable=False)
    optimizer.step()
    moments = [state[name] for state in optimizer.state.values() for name in ("exp_avg", "exp_avg_sq")]
    return {
        "weights": _numbers(weights),
        "gradients": _numbers([weight.grad for weight in weights]),
        "moments": _numbers(moments),
    }


def _counted_passing(config, batch, seq):
    with torch.no_grad():
        output = run_meta_model(meta_model(config), batch, seq, output_attentions=True)
    return {"patterns": _numbers(output.attentions), "logits": output.logits.numel()}


def _numbers(tensors):
    return sum(tensor.numel() for tensor in tensors)


ANSWER_KEY = AnswerKey(
    check=checks.memory_needed,
    expected=_expected_memory,
    reference="what HF's model and torch's AdamW hold",
    tolerance=EXACT,
)
