"""The answer key of `memory_needed`: the tensors of HF's model and of torch's AdamW, measured."""

import functools

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_model import extrapolated, meta_model, run_meta_model
from utils.checks import week07_transformer as checks


def _expected_memory(config, batch, seq, bytes_per_number):
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


def _bytes(
    c,
    batch,
    seq,
    size,
    weights=1,
    moments=2,
    heads=None,
    layers=None,
    keys=None,
    prompts=None,
    positions=None,
):
    """All parts in bytes, with the number of times that each kind is counted."""
    d = c.d_model
    block = 4 * d * d + 2 * d * c.d_mlp + 9 * d + c.d_mlp
    parameters = c.n_layers * block + (c.d_vocab + c.n_ctx + 2) * d + (weights - 1) * c.d_vocab * d
    squares = (heads or c.n_heads) * (layers or c.n_layers) * seq * (keys or seq)
    found = {"weights": parameters, "gradients": parameters, "moments": moments * parameters}
    found["patterns"] = int(squares * (prompts or batch))
    found["logits"] = (prompts or batch) * (positions or seq) * c.d_vocab
    return {part: numbers * size for part, numbers in found.items()}


def _with(**times):
    return lambda config, batch, seq, size=4: _bytes(config, batch, seq, size, **times)


ANSWER_KEY = AnswerKey(
    check=checks.memory_needed,
    expected=_expected_memory,
    reference="what HF's model and torch's AdamW hold",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "numbers for bytes",
            "these are numbers, not bytes",
            "how many bytes does one number take?",
            lambda config, batch, seq, size=4: _bytes(config, batch, seq, 1),
        ),
        Mistake(
            "always 4 bytes",
            "every number is taken for 4 bytes, whatever is passed",
            "is bytes_per_number used?",
            lambda config, batch, seq, size=4: _bytes(config, batch, seq, 4),
        ),
        Mistake(
            "bits for bytes",
            "these are bits",
            "eight of them make a byte",
            lambda config, batch, seq, size=4: _bytes(config, batch, seq, 8 * size),
        ),
        Mistake(
            "one moment",
            "AdamW is counted with one number for each parameter",
            "AdamW keeps a running mean of the gradients, and one of their squares",
            _with(moments=1),
        ),
        Mistake(
            "moments and weights together",
            "the moments are counted with three numbers for each parameter",
            "the weights have an entry of their own",
            _with(moments=3),
        ),
        Mistake(
            "W_E counted twice",
            "the unembedding is counted as a matrix of its own",
            "tied: how many matrices do the two ends have between them?",
            _with(weights=2),
        ),
        Mistake(
            "one head's pattern",
            "one pattern is counted for each block",
            "every head has a pattern of its own",
            _with(heads=1),
        ),
        Mistake(
            "one block's patterns",
            "the patterns of one block are counted",
            "training keeps those of every block, because the way back needs them",
            _with(layers=1),
        ),
        Mistake(
            "one prompt's",
            "patterns and logits of one prompt are counted",
            "how many prompts go through together?",
            _with(prompts=1),
        ),
        Mistake(
            "patterns grow with seq",
            "a pattern is counted with seq entries; it has one for every query and every key",
            "which axes does a pattern have?",
            _with(keys=1),
        ),
        Mistake(
            "the triangle only",
            "only the visible half of each pattern is counted; the zeros take as much room as the rest",
            "which shape has a pattern in memory?",
            lambda config, batch, seq, size=4: _bytes(config, batch, seq, size, keys=(seq + 1) / 2),
        ),
        Mistake(
            "patterns for n_ctx",
            "the patterns are counted for n_ctx tokens, whatever the prompt's length",
            "how long is this prompt?",
            lambda config, batch, seq, size=4: _bytes(config, batch, seq, size, keys=config.n_ctx**2 / seq),
        ),
        Mistake(
            "the last position's logits",
            "the logits of the last position alone are counted",
            "in training every position predicts",
            _with(positions=1),
        ),
    ),
)
