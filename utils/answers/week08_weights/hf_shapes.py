"""The answer key of `hf_shapes`: the state dict of HF's own model, made on torch's meta device."""

from collections.abc import Callable
from dataclasses import asdict, replace

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.week08_weights import _course, _hf
from utils.checks import week08_weights as checks
from utils.reference import ModelConfig

Shapes = dict[str, tuple[int, ...]]


def _expected(config):
    shapes = _hf.shapes(config)
    return {"names": sorted(shapes), "shapes": shapes, "a whole model in memory": False}


def _but(change: Callable[[Shapes], Shapes]) -> Callable[[ModelConfig], Shapes]:
    return lambda config: change(_hf.shapes(asdict(config)))


def _where(
    applies: Callable[[str], bool], shape: Callable[[tuple[int, ...]], tuple[int, ...]]
) -> Callable[[ModelConfig], Shapes]:
    """Return a function that gives other shapes to the names that `applies` accepts."""
    return _but(lambda shapes: {name: shape(old) if applies(name) else old for name, old in shapes.items()})


def _for(**sizes):
    """Return a function that gives the shapes of a config with other sizes."""
    return lambda config: _hf.shapes(asdict(replace(config, **sizes)))


def _in_our_forms(config):
    return {
        name: tuple(_course.forms(name, torch.empty(shape, device="meta"), config.n_heads)[0].shape)
        for name, shape in _hf.shapes(asdict(config)).items()
    }


def _our_names(config):
    shapes: Shapes = {}
    for name, shape in _hf.shapes(asdict(config)).items():
        shapes |= dict.fromkeys(_course.ours(name), shape)
    return shapes


def _in_memory(config):
    shapes = _hf.shapes(asdict(config))
    made = {name: torch.zeros(shape) for name, shape in shapes.items()}
    return {name: tuple(tensor.shape) for name, tensor in made.items()}


def _with_masks(config):
    masks = {
        f"transformer.h.{layer}.attn.bias": (1, 1, config.n_ctx, config.n_ctx)
        for layer in range(config.n_layers)
    }
    return _hf.shapes(asdict(config)) | masks


ANSWER_KEY = AnswerKey(
    check=checks.hf_shapes,
    expected=_expected,
    tolerance=EXACT,
    reference="HF's own model",
    mistakes=(
        Mistake(
            "a whole model in memory",
            "the shapes are right, but a model with all its numbers was made to find them",
            "`with torch.device(…)` says where new tensors are made: which device has no numbers?",
            _in_memory,
        ),
        Mistake(
            "Conv1D's axes swapped",
            "the blocks' matrices stand as (outputs, inputs); HF's Conv1D keeps (inputs, outputs)",
            "your own W_in lies as HF's c_fc does",
            _where(lambda name: ".h." in name, lambda shape: shape[::-1]),
        ),
        Mistake(
            "the machine's forms",
            "these are the shapes of your tensors, heads apart; the question is for HF's",
            "which of your functions would have to run backwards?",
            _in_our_forms,
        ),
        Mistake(
            "the machine's names",
            "these are your names; the question is for HF's",
            "which side of name_map are the keys?",
            _our_names,
        ),
        Mistake(
            "c_attn of one third",
            "c_attn is as wide as q alone; it holds three side by side",
            "how many names does name_map give for it?",
            _where(
                lambda name: "c_attn" in name,
                lambda shape: (*shape[:-1], shape[-1] // 3),
            ),
        ),
        Mistake(
            "lm_head left out",
            "HF's state dict lists lm_head.weight too",
            "is every key of name_map among your names?",
            _but(lambda shapes: {name: shape for name, shape in shapes.items() if "lm_head" not in name}),
        ),
        Mistake(
            "d_mlp taken for 4 · d_model",
            "the MLP is 4 · d_model wide, whatever the config says",
            "the config has a d_mlp of its own",
            lambda config: _hf.shapes(asdict(replace(config, d_mlp=4 * config.d_model))),
        ),
        Mistake(
            "GPT-2 small's vocabulary",
            "there are 50,257 tokens, whatever the config says",
            "where does the number come from?",
            _for(d_vocab=50257),
        ),
        Mistake(
            "GPT-2 small's context",
            "there are 1,024 positions, whatever the config says",
            "where does the number come from?",
            _for(n_ctx=1024),
        ),
        Mistake(
            "12 blocks",
            "there are 12 blocks, whatever the config says",
            "where does the number come from?",
            _for(n_layers=12),
        ),
        Mistake(
            "with masks",
            "attn.bias is among the names: that was the causal mask of old files, no weight",
            "which names has HF's state dict today?",
            _with_masks,
        ),
        Mistake(
            "numbers instead of shapes",
            "each name has the number of its tensor's entries",
            "a tuple for each name",
            _but(lambda shapes: {name: (torch.Size(shape).numel(),) for name, shape in shapes.items()}),
        ),
    ),
)
