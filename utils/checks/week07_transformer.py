"""Week 7's checks: the whole machine."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from utils.checks.attempt import tensors
from utils.checks.bare_model import BareModel
from utils.checks.cases import Case, Draw
from utils.checks.engine import Check
from utils.checks.fill_model import fill_block, fill_model
from utils.checks.leaky_models import MIXES, leaky_model
from utils.checks.learning import count_learned
from utils.checks.real import token_ids
from utils.checks.real_blocks import block_weights, cut_model
from utils.checks.real_mlp import stream_start
from utils.checks.shape_table import shape_table_check
from utils.checks.stand_in_model import StandInModel
from utils.reference import CONFIGS, ModelConfig

WEEK = "week07_transformer"
_CUT_BLOCKS = 2
"""Blocks of the reference in a case: enough to tell their order, and GPT-2 small's fit into a message."""


# --- Configs and weights ------------------------------------------------------------------------------------


def _config(draw: Draw, n_layers: int, eps: float) -> ModelConfig:
    """Small sizes, all different. As in every GPT-2, d_model is n_heads · d_head; d_mlp is not 4 times it."""
    n_heads, d_head = draw.choose([(2, 5), (3, 4), (3, 5), (4, 3), (5, 2), (5, 3)])
    rest = [size for size in range(6, 30) if size not in {n_heads * d_head, 4 * n_heads * d_head}]
    d_mlp, d_vocab, n_ctx = draw.sizes("d_mlp", "d_vocab", "n_ctx", among=rest).values()
    return ModelConfig(n_heads * d_head, n_heads, d_head, d_mlp, n_layers, d_vocab, n_ctx, eps)


def _shown(config: ModelConfig, *names: str) -> str:
    return " · ".join(f"{name} {getattr(config, name)}" for name in names)


def _random_block(draw: Draw, config: ModelConfig) -> dict[str, dict[str, Tensor]]:
    """Weights that keep numbers of order 1, so that no half drowns the other; biases and gains of order 1."""
    width, n_heads, d_head, d_mlp = config.d_model, config.n_heads, config.d_head, config.d_mlp
    attn = {f"W_{letter}": draw.normal(n_heads, width, d_head, scale=1.5 * width**-0.5) for letter in "QKV"}
    attn |= {f"b_{letter}": draw.normal(n_heads, d_head) for letter in "QKV"}
    attn |= {"W_O": draw.normal(n_heads, d_head, width, scale=width**-0.5), "b_O": draw.normal(width)}
    mlp = {"W_in": draw.normal(width, d_mlp, scale=width**-0.5), "b_in": draw.normal(d_mlp)}
    mlp |= {"W_out": draw.normal(d_mlp, width, scale=d_mlp**-0.5), "b_out": draw.normal(width)}
    return {"ln_1": _random_norm(draw, width), "attn": attn, "ln_2": _random_norm(draw, width), "mlp": mlp}


def _random_norm(draw: Draw, width: int) -> dict[str, Tensor]:
    return {"gain": 1 + draw.normal(width, scale=0.5), "bias": draw.normal(width)}


def _random_model(draw: Draw, config: ModelConfig) -> dict[str, Any]:
    return {
        "embed": {"W_E": draw.normal(config.d_vocab, config.d_model)},
        "pos_embed": {"W_pos": draw.normal(config.n_ctx, config.d_model)},
        "blocks": [_random_block(draw, config) for _ in range(config.n_layers)],
        "ln_f": _random_norm(draw, config.d_model),
    }


# --- One block ----------------------------------------------------------------------------------------------


_PARTS = ("ln_1", "attn", "ln_2", "mlp")


def _block_cases(draw: Draw, parts: Sequence[str] = _PARTS) -> list[Case]:
    """Cases for a block that has these parts."""
    cases = []
    for training, eps in ((True, 1e-5), (False, 1e-5), (False, 0.1)):
        config = _config(draw, n_layers=1, eps=eps)
        taken = {config.d_model, config.n_heads, config.d_head, config.d_mlp}
        batch, seq = draw.sizes("batch", "seq", among=[n for n in range(2, 12) if n not in taken]).values()
        sizes = _shown(config, "d_model", "n_heads", "d_head", "d_mlp")
        label = f"{'train' if training else 'eval'} mode, eps {eps:g}, batch {batch} · seq {seq} · {sizes}"
        inputs = {"resid": 2 * draw.normal(batch, seq, config.d_model), "training": training}
        cases.append(Case(label, inputs | _with_weights(config, _only(parts, _random_block(draw, config)))))
    reference = draw.reference
    layer = draw.choose(range(reference.config.n_layers))
    real = _with_weights(reference.config, _only(parts, block_weights(reference, layer)))
    real |= {"resid": stream_start(reference), "training": False}
    return [*cases, Case(f"block {layer} of {reference.name}, two prompts", real)]


def _only(parts: Sequence[str], weights: dict[str, Any]) -> dict[str, Any]:
    return {part: weights[part] for part in parts}


def _with_weights(config: ModelConfig, weights: dict[str, Any]) -> dict[str, Any]:
    return {"config": asdict(config), "weights": weights}


def _run_block(Block, config, weights, resid, training):
    """The stream after the block with these weights, and how many of its numbers training would change."""
    block = fill_block(Block(ModelConfig(**config)), weights)
    learned = count_learned(block)
    return {"resid": block.train(training)(resid), "number of learned parameters": learned}


TransformerBlock = Check(
    name="TransformerBlock",
    week=WEEK,
    question="What stands on the residual stream after this block, with these weights?",
    cases=_block_cases,
    run=_run_block,
    changes_inputs="wrong",  # what stood on the stream before is compared with what stands there after
    random_state="allowed",  # its constructor may draw the first weights
)


# --- The model ----------------------------------------------------------------------------------------------


def _model_cases(draw: Draw) -> list[Case]:
    cases = []
    for n_layers, training, eps in ((2, True, 1e-5), (4, False, 1e-5), (3, False, 0.1)):
        config = _config(draw, n_layers, eps)
        taken = {config.d_model, config.n_heads, config.d_head, config.d_mlp, config.d_vocab, config.n_ctx}
        free = [size for size in range(2, config.n_ctx) if size not in taken]
        batch, seq = draw.sizes("batch", "seq", among=free).values()
        mode = "train" if training else "eval"
        sizes = _shown(config, "n_layers", "d_model", "n_heads", "d_mlp", "d_vocab", "n_ctx")
        label = f"{mode} mode, eps {eps:g}, batch {batch} · seq {seq} · {sizes}"
        cases.append(_model_case(draw, label, config, batch, seq, training))
    config = _config(draw, 2, 1e-5)
    for more in (0, 1):
        seq, which = config.n_ctx + more, ("just n_ctx", "one more than n_ctx")[more]
        label = f"{which}: seq {seq} · n_ctx {config.n_ctx} · d_vocab {config.d_vocab}"
        cases.append(_model_case(draw, label, config, 2, seq, training=False))
    return [*cases, _cut_case(draw)]


def _model_case(draw: Draw, label: str, config: ModelConfig, batch: int, seq: int, training: bool) -> Case:
    inputs = {"tokens": draw.integers(0, config.d_vocab, batch, seq), "training": training}
    return Case(label, inputs | _with_weights(config, _random_model(draw, config)))


def _cut_case(draw: Draw) -> Case:
    reference = draw.reference
    first = draw.choose(range(reference.config.n_layers - _CUT_BLOCKS + 1))
    layers = range(first, first + _CUT_BLOCKS)
    config, weights, tokens = cut_model(reference, token_ids(reference), layers, n_ctx=16)
    label = f"blocks {first} and {first + 1} of {reference.name} as a model, two prompts"
    return Case(label, {"tokens": tokens, "training": False} | _with_weights(config, weights))


def _run_model(GPT2, config, weights, tokens, training):
    """The logits; or, where prompts fill n_ctx or more, what the model says to that. Nothing, if there are
    learned numbers that no GPT-2 has: they are random, and so would be the logits.
    """
    model = fill_model(GPT2(ModelConfig(**config)), weights)
    learned = count_learned(model)
    if learned > sum(each.numel() for each in tensors(weights)):
        return {"number of learned parameters": learned, "what it gives": None, "logits": None}
    seq, n_ctx = tokens.shape[1], config["n_ctx"]
    says, logits = _ask(model.train(training), tokens, (seq, n_ctx) if seq >= n_ctx else None)
    return {"number of learned parameters": learned, "what it gives": says, "logits": logits}


LOGITS, CLEAR_ERROR = "logits", "a ValueError that names both lengths"


def _ask(model: nn.Module, tokens: Tensor, lengths: tuple[int, int] | None) -> tuple[str, Any]:
    """What came of the call. Errors count as an answer only where `lengths` are given."""
    if lengths is None:
        return LOGITS, model(tokens)
    try:
        return LOGITS, model(tokens)
    except NotImplementedError:  # the exercise is not written yet
        raise
    except ValueError as error:
        words = "".join(sign if sign.isdigit() else " " for sign in str(error)).split()
        named = {str(length) for length in lengths} <= set(words)
        return (CLEAR_ERROR if named else "a ValueError that does not name both lengths"), None
    except (RuntimeError, IndexError, AssertionError, TypeError, KeyError) as error:
        return f"an error of the kind {type(error).__name__}", None


GPT2 = Check(
    name="GPT2",
    week=WEEK,
    question="What are the logits of this model, with these weights, at every position?",
    cases=_model_cases,
    run=_run_model,
    changes_inputs="wrong",
    random_state="allowed",
)


# --- The residual stream ------------------------------------------------------------------------------------


def _stream_cases(draw: Draw) -> list[Case]:
    cases = []
    for n_layers in (3, 5):
        sizes = draw.sizes("batch", "seq", "d_model", "d_vocab", "n_ctx", among=[2, 4, *range(7, 14)])
        seq, n_ctx = sorted((sizes.seq, sizes.n_ctx))
        weights = {
            "W_E": draw.normal(sizes.d_vocab, sizes.d_model),
            "W_pos": draw.normal(n_ctx, sizes.d_model),
            "gain": 1 + draw.normal(sizes.d_model, scale=0.5),
            "bias": draw.normal(sizes.d_model),
            "W": draw.normal(n_layers, sizes.d_model, sizes.d_model, scale=sizes.d_model**-0.5),
            "b": draw.normal(n_layers, sizes.d_model),
        }
        label = f"{n_layers} blocks, batch {sizes.batch} · seq {seq} · d_model {sizes.d_model}"
        tokens = draw.integers(0, sizes.d_vocab, sizes.batch, seq)
        cases.append(Case(label, {"weights": weights, "tokens": tokens}))
    return [*cases, _real_stream_case(draw.reference)]


def _real_stream_case(reference) -> Case:
    """Blocks that add to the stream what the reference's own blocks have added, for the same prompts."""
    ids = token_ids(reference)
    _, weights, tokens = cut_model(reference, ids, range(reference.config.n_layers), ids.shape[1])
    seen = [stream_start(reference)]
    hooks = [
        block.register_forward_hook(lambda block, given, output: seen.append(output))
        for block in reference.model.transformer.h
    ]
    with torch.no_grad():
        reference.model(ids)
    for hook in hooks:
        hook.remove()
    stand_in = {**weights["embed"], **weights["pos_embed"], **weights["ln_f"]}
    stand_in["updates"] = torch.stack(seen).diff(dim=0)
    return Case(
        f"what the blocks of {reference.name} add, two prompts", {"weights": stand_in, "tokens": tokens}
    )


def _run_stream(residual_stream, weights, tokens):
    model = StandInModel(weights)
    stream = residual_stream(model, tokens)
    left = sum(len(each._forward_hooks) + len(each._forward_pre_hooks) for each in model.modules())
    return {"stream": stream, "hooks left on the model": left}


residual_stream = Check(
    name="residual_stream",
    week=WEEK,
    question="What stands on the residual stream before the first block, and after every block?",
    cases=_stream_cases,
    run=_run_stream,
)


# --- Counting -----------------------------------------------------------------------------------------------


def _any_configs(draw: Draw, how_many: int) -> Iterable[tuple[str, ModelConfig]]:
    """Configs that nobody ever trained, and those of every GPT-2 that was, by name."""
    names = ("d_model", "n_heads", "d_mlp", "n_layers", "d_vocab", "n_ctx")
    for n_layers in draw.sizes(*map(str, range(how_many)), among=range(2, 6)).values():
        config = _config(draw, n_layers, 1e-5)
        yield _shown(config, *names), config
    yield from {**CONFIGS, draw.reference.name: draw.reference.config}.items()


def _count_cases(draw: Draw) -> list[Case]:
    return [Case(label, {"config": asdict(config)}) for label, config in _any_configs(draw, 2)]


count_parameters = Check(
    name="count_parameters",
    week=WEEK,
    question="How many parameters does a GPT-2 of this config have?",
    cases=_count_cases,
    run=lambda count_parameters, config: count_parameters(ModelConfig(**config)),
    random_state="allowed",  # a model that is made to be counted draws its first weights
)


def _flops_cases(draw: Draw) -> list[Case]:
    """With prompts of one token, of some, and of n_ctx."""
    cases = []
    for label, config in _any_configs(draw, 2):
        lengths = {1, draw.choose(range(2, config.n_ctx)), config.n_ctx} if config.n_ctx < 100 else None
        for seq in sorted(lengths or {draw.choose(range(100, config.n_ctx))}):
            cases.append(Case(f"{label}, seq {seq}", {"config": asdict(config), "seq": seq}))
    return cases


flops_per_token = Check(
    name="flops_per_token",
    week=WEEK,
    question="How many FLOPs does one token of such a prompt cost on its way through the model?",
    cases=_flops_cases,
    run=lambda flops_per_token, config, seq: flops_per_token(ModelConfig(**config), seq),
)


# --- First weights ------------------------------------------------------------------------------------------


def _init_cases(draw: Draw) -> list[Case]:
    """Enough numbers of each kind that their standard deviation is known to 1%."""
    cases = []
    for n_layers in draw.sizes("one", "other", among=range(3, 7)).values():
        n_heads, d_head = draw.choose([(3, 16), (3, 20), (5, 12), (4, 14)])
        d_mlp, d_vocab, n_ctx = draw.sizes("d_mlp", "d_vocab", "n_ctx", among=range(301, 400)).values()
        d_mlp //= 2
        config = ModelConfig(n_heads * d_head, n_heads, d_head, d_mlp, n_layers, d_vocab, n_ctx, 1e-5)
        label = _shown(config, "n_layers", "d_model", "d_mlp", "d_vocab", "n_ctx")
        cases.append(Case(label, {"config": asdict(config), "seed": draw.choose(range(1, 10**6))}))
    return cases


MATRICES = ("W_E", "W_pos", "W_Q", "W_K", "W_V", "W_O", "W_in", "W_out")


def _run_init(init_weights, config, seed):
    """What the numbers of the whole model are like, kind by kind; and what the seed decides."""
    sizes = ModelConfig(**config)
    model, again, other = (BareModel(sizes, start) for start in (1, 2, 3))
    returned = init_weights(model, seed)
    init_weights(again, seed)
    init_weights(other, seed + 1)
    kinds, of_again, of_other = (_by_kind(each) for each in (model, again, other))
    spreads = {f"{name}, standard deviation": kinds[name].std().item() for name in MATRICES}
    return spreads | {
        "matrices that are not spread around 0": ", ".join(filter(lambda n: _off_centre(kinds[n]), MATRICES)),
        "matrices that are not bell-shaped": ", ".join(filter(lambda n: _no_bell(kinds[n]), MATRICES)),
        "largest bias": max(each.abs().max().item() for name, each in kinds.items() if name[0] == "b"),
        "largest distance of a gain from 1": (kinds["gain"] - 1).abs().max().item(),
        "the same seed gives the same weights": all(map(torch.equal, kinds.values(), of_again.values())),
        "another seed gives other weights": not torch.equal(kinds["W_Q"], of_other["W_Q"]),
        "W_Q and W_K are equal": torch.equal(kinds["W_Q"], kinds["W_K"]),
        "what it returns": _what(returned, model),
    }


def _by_kind(model: nn.Module) -> dict[str, Tensor]:
    """All numbers of W_Q in one row, and so on: the blocks', one after the other."""
    found: dict[str, list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        found.setdefault(name.rpartition(".")[2], []).append(parameter.detach().flatten())
    return {kind: torch.cat(pieces) for kind, pieces in found.items()}


def _off_centre(numbers: Tensor) -> bool:
    return bool(numbers.mean().abs() > 0.1 * numbers.std())


def _no_bell(numbers: Tensor) -> bool:
    """Of normal numbers 68.3% lie within one standard deviation, of evenly spread ones 57.7%."""
    within = ((numbers - numbers.mean()).abs() < numbers.std()).float().mean()
    return bool((within - 0.683).abs() > 0.04)


def _what(returned: Any, model: nn.Module) -> str:
    if returned is model:
        return "the model"
    return (
        "nothing" if returned is None else "another model" if isinstance(returned, nn.Module) else "no model"
    )


init_weights = Check(
    name="init_weights",
    week=WEEK,
    question="With which weights does this model begin?",
    cases=_init_cases,
    run=_run_init,
)


# --- Causality ----------------------------------------------------------------------------------------------


_WITHOUT_POSITIONS = ("each position by itself", "the mean of all positions")
"""Or one could confuse causality with what holds for no model that knows where its tokens stand."""


def _causal_cases(draw: Draw) -> list[Case]:
    cases = []
    for kind in MIXES:
        sizes = draw.sizes("batch", "seq", "d_model", "d_vocab", among=range(5, 12))
        vocab = max(sizes.d_vocab, sizes.seq + 1)
        # No token twice in a prompt: whoever exchanges two of them really changes something.
        rows = [draw.normal(vocab).argsort()[: sizes.seq] for _ in range(sizes.batch)]
        inputs = {
            "kind": kind,
            "tokens": torch.stack(rows),
            "W_E": draw.normal(vocab, sizes.d_model),
            "W_pos": draw.normal(sizes.seq, sizes.d_model) * (kind not in _WITHOUT_POSITIONS),
        }
        cases.append(Case(f"{kind}, batch {sizes.batch} · seq {sizes.seq}", inputs))
    return cases


is_causal = Check(
    name="is_causal",
    week=WEEK,
    question="Is what the model says at each position independent of what comes later?",
    cases=_causal_cases,
    run=lambda is_causal, kind, tokens, W_E, W_pos: is_causal(leaky_model(kind, W_E, W_pos), tokens),
    changes_inputs="wrong",
    random_state="allowed",
)

shape_table = shape_table_check(
    WEEK,
    {
        "tokens": "the ids of the two prompts",
        "W_pos": "the vectors of all positions",
        "resid": "the residual stream before the first block",
        "normed": "what one block's attention reads",
        "attn_out": "what one block's attention writes",
        "mlp_out": "what one block's MLP writes",
        "block_out": "what one block gives",
        "W_O": "one block's W_O, with all heads",
        "stream": "the result of residual_stream",
        "last": "what ln_f gives",
        "logits": "what the model gives",
        "next_logits": "what the next token of each prompt is chosen from",
    },
)


# --- Stretch ------------------------------------------------------------------------------------------------


def _memory_cases(draw: Draw) -> list[Case]:
    cases = []
    for label, config in _any_configs(draw, 2):
        taken = {config.d_model, config.n_heads, config.d_head, config.n_layers, config.d_vocab}
        batch = draw.choose([size for size in range(31, 40) if size not in taken])
        seq = draw.choose(
            [size for size in range(6, min(config.n_ctx, 300) + 1) if size not in {*taken, batch}]
        )
        for bytes_per_number in (4, 2) if config.n_ctx < 100 else (4,):
            inputs = {
                "config": asdict(config),
                "batch": batch,
                "seq": seq,
                "bytes_per_number": bytes_per_number,
            }
            cases.append(
                Case(f"{label}; batch {batch} · seq {seq}, {bytes_per_number} bytes a number", inputs)
            )
    return cases


def _run_memory(memory_needed, config, batch, seq, bytes_per_number):
    return memory_needed(ModelConfig(**config), batch, seq, bytes_per_number)


memory_needed = Check(
    name="memory_needed",
    week=WEEK,
    question="How many bytes do the parts of a training take?",
    cases=_memory_cases,
    run=_run_memory,
    random_state="allowed",
)


PostNormBlock = Check(
    name="PostNormBlock",
    week=WEEK,
    question="What stands on the residual stream after this block with the norms behind its halves?",
    cases=_block_cases,
    run=_run_block,
    changes_inputs="wrong",
    random_state="allowed",
)

ParallelBlock = Check(
    name="ParallelBlock",
    week=WEEK,
    question="What stands on the residual stream after this block, whose halves read the same?",
    cases=lambda draw: _block_cases(draw, ("ln_1", "attn", "mlp")),
    run=_run_block,
    changes_inputs="wrong",
    random_state="allowed",
)
