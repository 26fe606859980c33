"""Week 7's checks: the whole transformer."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from utils.adapters.llama import fill_llama, fill_llama_attention
from utils.adapters.model import fill_block, fill_model
from utils.checks.engine.cases import Case, Draw
from utils.checks.engine.check import Check
from utils.checks.engine.judge_modules import judges_module
from utils.checks.engine.observation import tensors
from utils.checks.engine.shape_table import shape_table_check
from utils.checks.fakes.leaky_models import MixingModel
from utils.checks.fakes.model import FakeModel
from utils.checks.fakes.parameters_only import BareModel
from utils.checks.measure.learned_parameters import count_learned
from utils.reference import CONFIGS, ModelConfig, Reference
from utils.reference.inputs.blocks import block_weights, cut_model
from utils.reference.inputs.heads import attention_input, attention_weights
from utils.reference.inputs.mlp import stream_start
from utils.reference.inputs.tokens import token_ids
from utils.reference.llama_config import LlamaConfig

WEEK = "week07_transformer"
_CUT_BLOCKS = 2
"""How many of the reference's blocks a case has: their order matters, and GPT-2 small's fit into a
message.
"""


# --- Configs and weights ------------------------------------------------------------------------------------


def _config(draw: Draw, n_layers: int, eps: float, n_heads: int | None = None) -> ModelConfig:
    """Returns small sizes, all different unless there is one head; d_model is n_heads · d_head as in every
    GPT-2, but d_mlp is not 4 · d_model.
    """
    n_heads, d_head = (
        (n_heads, draw.choose([4, 5, 6]))
        if n_heads
        else draw.choose([(2, 5), (3, 4), (3, 5), (4, 3), (5, 2), (5, 3)])
    )
    rest = [size for size in range(6, 30) if size not in {n_heads * d_head, 4 * n_heads * d_head}]
    d_mlp, d_vocab, n_ctx = draw.sizes("d_mlp", "d_vocab", "n_ctx", among=rest).values()
    return ModelConfig(n_heads * d_head, n_heads, d_head, d_mlp, n_layers, d_vocab, n_ctx, eps)


def _shown(config: ModelConfig, *names: str) -> str:
    return " · ".join(f"{name} {getattr(config, name)}" for name in names)


def _random_block(draw: Draw, config: ModelConfig) -> dict[str, dict[str, Tensor]]:
    """Returns weights that keep numbers of order 1, so that neither half dominates; biases and gains of order
    1.
    """
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
    """Returns cases for a block with these parts."""
    cases = []
    for training, eps in ((True, 1e-5), (False, 1e-5), (False, 0.1)):
        config = _config(draw, n_layers=1, eps=eps)
        taken = {config.d_model, config.n_heads, config.d_head, config.d_mlp}
        batch, seq = draw.sizes("batch", "seq", among=[n for n in range(2, 12) if n not in taken]).values()
        sizes = _shown(config, "d_model", "n_heads", "d_head", "d_mlp")
        label = f"{'train' if training else 'eval'} mode, eps {eps:g}, batch {batch} · seq {seq} · {sizes}"
        inputs = {"resid": 2 * draw.normal(batch, seq, config.d_model), "training": training}
        cases.append(Case(label, inputs | _with_weights(config, _only(parts, _random_block(draw, config)))))
    for batch, seq, n_heads in ((1, 4, None), (3, 1, None), (1, 1, 1)):
        cases.append(_single_block_case(draw, parts, batch, seq, n_heads))
    reference = draw.reference
    layer = draw.choose(range(reference.config.n_layers))
    real = _with_weights(reference.config, _only(parts, block_weights(reference, layer)))
    real |= {"resid": stream_start(reference), "training": False}
    return [*cases, Case(f"block {layer} of {reference.name}, two prompts", real)]


def _single_block_case(draw: Draw, parts: Sequence[str], batch: int, seq: int, n_heads: int | None) -> Case:
    """Returns a case with sizes of 1, which a squeeze without an axis would remove."""
    config = _config(draw, n_layers=1, eps=1e-5, n_heads=n_heads)
    inputs = {"resid": 2 * draw.normal(batch, seq, config.d_model), "training": False}
    sizes = _shown(config, "d_model", "n_heads", "d_head", "d_mlp")
    label = f"eval mode, eps 1e-05, batch {batch} · seq {seq} · {sizes}"
    return Case(label, inputs | _with_weights(config, _only(parts, _random_block(draw, config))))


def _only(parts: Sequence[str], weights: dict[str, Any]) -> dict[str, Any]:
    return {part: weights[part] for part in parts}


def _with_weights(config: ModelConfig, weights: dict[str, Any]) -> dict[str, Any]:
    return {"config": asdict(config), "weights": weights}


def _run_block(Block, config, weights, resid, training):
    """Returns the stream after the block with these weights, and how many numbers training would change."""
    block = fill_block(Block(ModelConfig(**config)), weights)
    learned = count_learned(block)
    return {"resid": block.train(training)(resid), "number of learned parameters": learned}


TransformerBlock = Check(
    name="TransformerBlock",
    week=WEEK,
    question="What is the residual stream after this block, with these weights?",
    cases=_block_cases,
    run=_run_block,
    changes_inputs="wrong",  # the stream before the block is compared with the stream after it
    random_state="allowed",  # its constructor may draw the initial weights
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
    for n_layers, batch, seq, n_heads in ((1, 1, 1, 1), (11, 1, 3, None), (2, 4, 1, None)):
        config = _config(draw, n_layers, 1e-5, n_heads)
        label = f"batch {batch} · seq {seq} · {_shown(config, 'n_layers', 'n_heads', 'd_model', 'd_vocab')}"
        cases.append(_model_case(draw, label, config, batch, seq, training=False))
    return [*cases, _every_id_case(draw), _cut_case(draw)]


def _every_id_case(draw: Draw) -> Case:
    """Returns a case with all ids, each once."""
    config = _config(draw, 2, 1e-5)
    per_prompt = min(config.n_ctx - 1, -(-config.d_vocab // 2))  # two prompts at least
    ids = draw.normal(-(-config.d_vocab // per_prompt) * per_prompt).argsort() % config.d_vocab
    label = f"every id from 0 to {config.d_vocab - 1}, {_shown(config, 'd_model', 'd_vocab', 'n_ctx')}"
    inputs = {"tokens": ids.reshape(-1, per_prompt), "training": False}
    return Case(label, inputs | _with_weights(config, _random_model(draw, config)))


def _model_case(draw: Draw, label: str, config: ModelConfig, batch: int, seq: int, training: bool) -> Case:
    tokens = draw.integers(0, config.d_vocab, batch, seq)
    if tokens.numel() == 1:
        tokens.zero_()  # id 0, alone
    inputs = {"tokens": tokens, "training": training}
    return Case(label, inputs | _with_weights(config, _random_model(draw, config)))


def _cut_case(draw: Draw) -> Case:
    reference = draw.reference
    first = draw.choose(range(reference.config.n_layers - _CUT_BLOCKS + 1))
    layers = range(first, first + _CUT_BLOCKS)
    config, weights, tokens = cut_model(reference, token_ids(reference), layers, n_ctx=16)
    label = f"blocks {first} and {first + 1} of {reference.name} as a model, two prompts"
    return Case(label, {"tokens": tokens, "training": False} | _with_weights(config, weights))


def _run_model(GPT2, config, weights, tokens, training):
    """Returns the logits, or what the model does with prompts that fill n_ctx or exceed it.

    There are no logits if the model has more learned numbers than a GPT-2, since those would be random. Of a
    ValueError the judge gets the message, in which it looks for the lengths. Forging the count gains nothing,
    since the logits need all the weights.
    """
    model = fill_model(GPT2(ModelConfig(**config)), weights)
    learned = count_learned(model)
    if learned > sum(each.numel() for each in tensors(weights)):
        return {"number of learned parameters": learned, "what it gives": None, "logits": None}
    seq, n_ctx = tokens.shape[1], config["n_ctx"]
    outcome, logits = _outcome_of(model.train(training), tokens, may_fail=seq >= n_ctx)
    return {"number of learned parameters": learned, "what it gives": outcome, "logits": logits}


LOGITS, OTHER_ERROR = "logits", "an error of the kind "


def _outcome_of(model: nn.Module, tokens: Tensor, may_fail: bool) -> tuple[str, Any]:
    """Calls the model and returns what it gives. An error is a result only if it `may_fail`."""
    if not may_fail:
        return LOGITS, model(tokens)
    try:
        return LOGITS, model(tokens)
    except NotImplementedError:  # the exercise is not written yet
        raise
    except ValueError as error:
        return str(error)[:1000], None
    except (RuntimeError, IndexError, AssertionError, TypeError, KeyError) as error:
        return f"{OTHER_ERROR}{type(error).__name__}", None


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
    for n_layers, ones in ((3, ()), (5, ()), (11, ("batch",)), (1, ("batch", "seq")), (2, ("seq",))):
        free = [size for size in (2, 4, *range(7, 14)) if size != n_layers]
        sizes = draw.sizes("batch", "seq", "d_model", "d_vocab", "n_ctx", among=free)
        seq, n_ctx = sorted((sizes.seq, sizes.n_ctx))
        sizes["batch"], seq = 1 if "batch" in ones else sizes.batch, 1 if "seq" in ones else seq
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
        tokens[-1, -1] = 0 if tokens.numel() == 1 else sizes.d_vocab - 1
        inputs = {"weights": weights, "tokens": tokens, "hooked": _hooked_modules(draw, n_layers)}
        cases.append(Case(label, inputs))
    return [*cases, _real_stream_case(draw.reference, _hooked_modules(draw, 1))]


def _hooked_modules(draw: Draw, n_layers: int) -> list[str]:
    """Returns names of modules that have a hook already, one of them twice."""
    once = draw.choose(["embed", f"blocks.{draw.choose(range(n_layers))}"])
    return sorted([once, once, draw.choose(["pos_embed", "ln_f"])])


def _real_stream_case(reference: Reference, hooked: list[str]) -> Case:
    """Returns a case whose blocks add to the stream what the reference's blocks add for the same prompts."""
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
    fake_weights = {**weights["embed"], **weights["pos_embed"], **weights["ln_f"]}
    fake_weights["updates"] = torch.stack(seen).diff(dim=0)
    inputs = {"weights": fake_weights, "tokens": tokens, "hooked": hooked}
    return Case(f"what the blocks of {reference.name} add, two prompts", inputs)


def _foreign_hook(module: nn.Module, inputs: Any, output: Any) -> None:
    """A forward hook from elsewhere, which changes nothing."""


def _run_stream(residual_stream, weights, tokens, hooked):
    model = FakeModel(weights)
    for name in hooked:
        model.get_submodule(name).register_forward_hook(_foreign_hook)
    stream = residual_stream(model, tokens)
    # Forging these names gains at most the line that removes a hook: the stream is judged, and needs none.
    return {"stream": stream, "modules that have a hook afterwards": _names_of_hooked(model)}


def _names_of_hooked(model: nn.Module) -> list[str]:
    """Returns the names of the modules with a hook, once for each hook."""
    counts = {
        name: len(each._forward_hooks) + len(each._forward_pre_hooks) for name, each in model.named_modules()
    }
    return sorted(name for name, count in counts.items() for _ in range(count))


residual_stream = Check(
    name="residual_stream",
    week=WEEK,
    question="What is the residual stream before the first block, and after every block?",
    cases=_stream_cases,
    run=_run_stream,
)


# --- Counting -----------------------------------------------------------------------------------------------


def _any_configs(draw: Draw, how_many: int) -> Iterable[tuple[str, ModelConfig]]:
    """Yields random configs, and those of every published GPT-2, by name."""
    names = ("d_model", "n_heads", "d_mlp", "n_layers", "d_vocab", "n_ctx")
    for n_layers in draw.sizes(*map(str, range(how_many)), among=range(2, 6)).values():
        config = _config(draw, n_layers, 1e-5)
        yield _shown(config, *names), config
    for n_layers, n_heads in ((1, 1), (draw.choose(range(11, 60)), None)):
        config = _config(draw, n_layers, 1e-5, n_heads)
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
    random_state="allowed",  # a model that is created to count its parameters draws initial weights
)


def _flops_cases(draw: Draw) -> list[Case]:
    """Returns prompts of one token, of some, and of n_ctx."""
    cases = []
    for label, config in _any_configs(draw, 2):
        lengths = {1, draw.choose(range(2, config.n_ctx)), config.n_ctx} if config.n_ctx < 100 else None
        for seq in sorted(lengths or {draw.choose(range(100, config.n_ctx))}):
            cases.append(Case(f"{label}, seq {seq}", {"config": asdict(config), "seq": seq}))
    return cases


flops_per_token = Check(
    name="flops_per_token",
    week=WEEK,
    question="How many FLOPs does the forward pass take for one token of such a prompt?",
    cases=_flops_cases,
    run=lambda flops_per_token, config, seq: flops_per_token(ModelConfig(**config), seq),
)


# --- First weights ------------------------------------------------------------------------------------------


def _init_cases(draw: Draw) -> list[Case]:
    """Returns models with enough numbers of each kind to measure the standard deviation to 1%; one block and
    many.
    """
    few, some = draw.sizes("few", "some", among=range(3, 7)).values()
    return [
        _init_case(draw, few, draw.choose(range(1, 10**6))),
        _init_case(draw, some, 0),
        _init_case(draw, 1, draw.choose(range(1, 10**6))),
        _init_case(draw, draw.choose([11, 12]), draw.choose(range(1, 10**6))),
    ]


def _init_case(draw: Draw, n_layers: int, seed: int) -> Case:
    n_heads, d_head = draw.choose([(3, 16), (3, 20), (5, 12), (4, 14)])
    if n_layers == 1:  # one block has fewer numbers to measure
        n_heads, d_head = n_heads + 4, d_head - 1
    d_mlp, d_vocab, n_ctx = draw.sizes("d_mlp", "d_vocab", "n_ctx", among=range(301, 400)).values()
    d_mlp = d_mlp // 2
    config = asdict(ModelConfig(n_heads * d_head, n_heads, d_head, d_mlp, n_layers, d_vocab, n_ctx, 1e-5))
    names = judges_module("gpt2_shapes")
    inputs = {"config": config, "seed": seed, "shapes": names.parameter_shapes(config), "tied": names.TIED}
    shown = ("n_layers", "d_model", "d_mlp", "d_vocab", "n_ctx")
    return Case(f"seed {seed}, {' · '.join(f'{name} {config[name]}' for name in shown)}", inputs)


def _run_init(init_weights, config, seed, shapes, tied):
    """Returns all weights after three calls on separate models: with the seed, the seed again, and another
    one.
    """
    sizes = ModelConfig(**config)
    models = [BareModel(sizes, shapes, tied, start) for start in (1, 2, 3)]
    returned = [init_weights(model, seed + (model is models[2])) for model in models]
    weights = [{name: each.detach() for name, each in model.named_parameters()} for model in models]
    return {"weights": weights, "what it returns": _kind_of_return(returned[0], models[0])}


def _kind_of_return(returned: Any, model: nn.Module) -> str:
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
    random_state="wrong",  # the seed has to be used in a separate generator
)


# --- Causality ----------------------------------------------------------------------------------------------


def _causal_cases(draw: Draw) -> list[Case]:
    mixes = judges_module("week07_transformer._mixes")
    kinds = [*mixes.CAUSAL_KINDS, *mixes.LEAKY_KINDS]
    ones = {"the last position, read from the first": (1, 2), "all positions so far": (1, 2)}
    cases = [_causal_case(draw, mixes, kind) for kind in kinds]
    return cases + [_causal_case(draw, mixes, kind, *sizes) for kind, sizes in ones.items()]


def _causal_case(draw: Draw, mixes: Any, kind: str, batch: int = 0, seq: int = 0) -> Case:
    sizes = draw.sizes("batch", "seq", "d_model", "d_vocab", among=range(5, 12))
    batch, seq = batch or sizes.batch, seq or sizes.seq
    vocab = max(sizes.d_vocab, seq + 1, batch)
    # Tokens are unique in a prompt, so that exchanging two changes it. All prompts begin differently.
    rows = [draw.normal(vocab).argsort()[:seq] for _ in range(batch)]
    for row, first in zip(rows, draw.normal(vocab).argsort().tolist(), strict=False):
        row[row == first] = row[0].clone()
        row[0] = first
    tokens = torch.stack(rows)
    mixing, ordered = mixes.mixing_of(draw, kind, seq, tokens[:, 0])
    inputs = {
        "mixing": mixing,
        "tokens": tokens,
        "W_E": draw.normal(vocab, sizes.d_model),
        "W_pos": draw.normal(seq, sizes.d_model) * ordered,
    }
    return Case(f"{kind}, batch {batch} · seq {seq}", inputs)


is_causal = Check(
    name="is_causal",
    week=WEEK,
    question="Are the logits at each position independent of later tokens?",
    cases=_causal_cases,
    run=lambda is_causal, mixing, tokens, W_E, W_pos: is_causal(MixingModel(mixing, W_E, W_pos), tokens),
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
        "block_out": "the output of one block",
        "W_O": "one block's W_O, with all heads",
        "stream": "the result of residual_stream",
        "last": "the output of ln_f",
        "logits": "the output of the model",
        "next_logits": "what the next token of each prompt is chosen from",
    },
)


# --- Stretch ------------------------------------------------------------------------------------------------


def _memory_cases(draw: Draw) -> list[Case]:
    cases = []
    for label, config in _any_configs(draw, 2):
        taken = {config.d_model, config.n_heads, config.d_head, config.n_layers, config.d_vocab}
        prompts = draw.choose([size for size in range(31, 40) if size not in taken])
        length = draw.choose(
            [size for size in range(6, min(config.n_ctx, 300) + 1) if size not in {*taken, prompts}]
        )
        for batch, seq, bytes_per_number in _trainings(config, prompts, length):
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


def _trainings(config: ModelConfig, batch: int, seq: int) -> list[tuple[int, int, int]]:
    """Returns triples (batch, seq, bytes per number); for small configs also one prompt, one token and other
    dtypes.
    """
    if config.n_ctx >= 100:
        return [(batch, seq, 4)]
    return [(batch, seq, 4), (batch, seq, 2), (1, seq, 4), (batch, 1, 8), (1, 1, 1)]


def _run_memory(memory_needed, config, batch, seq, bytes_per_number):
    return memory_needed(ModelConfig(**config), batch, seq, bytes_per_number)


memory_needed = Check(
    name="memory_needed",
    week=WEEK,
    question="How many bytes do the parts of a training run take?",
    cases=_memory_cases,
    run=_run_memory,
    random_state="allowed",
)


PostNormBlock = Check(
    name="PostNormBlock",
    week=WEEK,
    question="What is the residual stream after this block, whose norms come after the sums?",
    cases=_block_cases,
    run=_run_block,
    changes_inputs="wrong",
    random_state="allowed",
)

ParallelBlock = Check(
    name="ParallelBlock",
    week=WEEK,
    question="What is the residual stream after this block, whose halves read the same vectors?",
    cases=lambda draw: _block_cases(draw, ("ln_1", "attn", "mlp")),
    run=_run_block,
    changes_inputs="wrong",
    random_state="allowed",
)


# --- Gradients ----------------------------------------------------------------------------------------------


def _gradient_cases(draw: Draw) -> list[Case]:
    """Returns models with gradients of their own left over, or none; prompts of two tokens, and one block."""
    cases = []
    for n_layers, batch, seq, stale in (
        (3, 2, 6, False),
        (5, 3, 4, False),
        (4, 2, 7, True),
        (1, 3, 5, False),
        (2, 1, 4, False),
        (2, 4, 2, False),
        (1, 1, 2, True),
    ):
        d_model, d_vocab = draw.sizes("d_model", "d_vocab", among=(8, 9, 10, 11, 12)).values()
        weights = {
            "W_E": draw.normal(d_vocab, d_model),
            "W_pos": draw.normal(seq + 1, d_model),
            "gain": 1 + draw.normal(d_model, scale=0.5),
            "bias": draw.normal(d_model),
            "W": draw.normal(n_layers, d_model, d_model, scale=d_model**-0.5),
            "b": draw.normal(n_layers, d_model),
        }
        inputs = {"weights": weights, "tokens": draw.integers(0, d_vocab, batch, seq), "stale": stale}
        kept = ", with gradients left over from before" if stale else ""
        sizes = f"batch {batch} · seq {seq} · d_model {d_model}"
        cases.append(Case(f"blocks: {n_layers} · {sizes}{kept}", inputs))
    return cases


def _run_gradient_norms(gradient_norms, weights, tokens, stale):
    model = FakeModel(weights)
    if stale:
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
    return gradient_norms(model, tokens)


gradient_norms = Check(
    name="gradient_norms",
    week=WEEK,
    question="How long is the gradient of the loss with respect to each block's parameters?",
    cases=_gradient_cases,
    run=_run_gradient_norms,
)


# --- Llama --------------------------------------------------------------------------------------------------


def _llama_config(
    draw: Draw,
    heads: tuple[int, int],
    n_layers: int = 1,
    eps: float = 1e-5,
    base: float = 10_000.0,
    d_head: int | None = None,
) -> LlamaConfig:
    """Returns small sizes, for so many query heads and heads of keys and values.

    d_model is a multiple of n_heads, which HF's Llama demands, but not n_heads · d_head.
    """
    n_heads, n_kv_heads = heads
    d_head = d_head or draw.choose([4, 6, 8])
    d_model = n_heads * draw.choose([3, 5, 7])
    taken = {d_model, n_heads * d_head, n_kv_heads * d_head}
    d_mlp, d_vocab = draw.sizes(
        "d_mlp", "d_vocab", among=[size for size in range(9, 40) if size not in taken]
    ).values()
    return LlamaConfig(d_model, n_heads, n_kv_heads, d_head, d_mlp, n_layers, d_vocab, eps, base)


def _shown_llama(config: LlamaConfig, *names: str) -> str:
    return " · ".join(f"{name} {getattr(config, name):g}" for name in names)


def _random_llama_attention(draw: Draw, config: LlamaConfig) -> dict[str, Tensor]:
    width, queries = config.d_model, config.n_heads * config.d_head
    keys = config.n_kv_heads * config.d_head
    return {
        "W_Q": draw.normal(width, queries, scale=1.5 * width**-0.5),
        "W_K": draw.normal(width, keys, scale=1.5 * width**-0.5),
        "W_V": draw.normal(width, keys, scale=width**-0.5),
        "W_O": draw.normal(queries, width, scale=queries**-0.5),
    }


def _random_llama(draw: Draw, config: LlamaConfig) -> dict[str, Any]:
    """Returns weights of order 1, so that both halves of a block matter."""
    width, d_mlp, d_vocab = config.d_model, config.d_mlp, config.d_vocab

    def block() -> dict[str, dict[str, Tensor]]:
        mlp = {name: draw.normal(width, d_mlp, scale=1.5 * width**-0.5) for name in ("W_gate", "W_in")}
        mlp["W_out"] = draw.normal(d_mlp, width, scale=2 * d_mlp**-0.5)
        return {"ln_1": norm(), "attn": _random_llama_attention(draw, config), "ln_2": norm(), "mlp": mlp}

    def norm() -> dict[str, Tensor]:
        return {"gain": 1 + draw.normal(width, scale=0.5)}

    return {
        "embed": {"W_E": draw.normal(d_vocab, width)},
        "blocks": [block() for _ in range(config.n_layers)],
        "ln_f": norm(),
        "W_U": draw.normal(width, d_vocab, scale=width**-0.5),
    }


_HEADS = "n_heads", "n_kv_heads", "d_head"


def _llama_attention_cases(draw: Draw) -> list[Case]:
    cases = []
    for heads, training, base in (
        ((6, 2), True, 10_000.0),
        ((6, 3), False, 10_000.0),
        ((4, 4), False, 10_000.0),
        ((4, 1), False, 50.0),
    ):
        config = _llama_config(draw, heads, base=base)
        batch, seq = draw.sizes("batch", "seq", among=[2, 3, 5, 7, 9, 10, 11]).values()
        cases.append(_llama_attention_case(draw, config, batch, seq, training))
    for batch, seq, heads in ((1, 5, (6, 2)), (3, 1, (4, 2)), (1, 1, (1, 1)), (2, 4, (2, 1))):
        config = _llama_config(draw, heads, d_head=2 if heads == (1, 1) else None)
        cases.append(_llama_attention_case(draw, config, batch, seq, training=False))
    return [*cases, _real_llama_attention(draw)]


def _llama_attention_case(draw: Draw, config: LlamaConfig, batch: int, seq: int, training: bool) -> Case:
    sizes = f"batch {batch} · seq {seq} · {_shown_llama(config, *_HEADS, 'd_model', 'rotary_base')}"
    inputs = {
        "config": asdict(config),
        "weights": _random_llama_attention(draw, config),
        "x": draw.normal(batch, seq, config.d_model),
        "training": training,
    }
    return Case(f"{'train' if training else 'eval'} mode, {sizes}", inputs)


def _real_llama_attention(draw: Draw) -> Case:
    """Returns a case with the reference's own weights in its first block, and every second head's W_K and
    W_V.
    """
    reference = draw.reference
    sizes, weights = reference.config, attention_weights(reference, 0)
    heads = {"Q": weights["W_Q"], "K": weights["W_K"][::2], "V": weights["W_V"][::2]}
    flat = {f"W_{letter}": W.movedim(0, 1).flatten(1) for letter, W in heads.items()}
    flat["W_O"] = weights["W_O"].flatten(0, 1)
    config = LlamaConfig(
        d_model=sizes.d_model,
        n_heads=sizes.n_heads,
        n_kv_heads=len(heads["K"]),
        d_head=sizes.d_head,
        d_mlp=sizes.d_mlp,
        n_layers=1,
        d_vocab=sizes.d_vocab,
        norm_eps=1e-5,
        rotary_base=10_000.0,
    )
    x = attention_input(reference, 0)
    inputs = {"config": asdict(config), "weights": flat, "x": x, "training": False}
    return Case(f"the first block of {reference.name} with half of its key heads, two prompts", inputs)


def _run_llama_attention(LlamaAttention, config, weights, x, training):
    attention = fill_llama_attention(LlamaAttention(LlamaConfig(**config)), weights, config["d_head"])
    learned = count_learned(attention)
    return {"number of learned parameters": learned, "attn_out": attention.train(training)(x)}


LlamaAttention = Check(
    name="LlamaAttention",
    week=WEEK,
    question="What does this attention layer, with these weights, write at each position?",
    cases=_llama_attention_cases,
    run=_run_llama_attention,
    changes_inputs="wrong",
    random_state="allowed",
)


def _llama_cases(draw: Draw) -> list[Case]:
    cases = []
    for heads, n_layers, eps, base, training in (
        ((4, 2), 2, 1e-5, 10_000.0, True),
        ((6, 2), 3, 1e-5, 500.0, False),
        ((3, 1), 2, 0.1, 10_000.0, False),
        ((2, 2), 4, 1e-6, 10_000.0, False),
    ):
        config = _llama_config(draw, heads, n_layers, eps, base)
        batch, seq = draw.sizes("batch", "seq", among=[2, 3, 5, 7, 8]).values()
        cases.append(_llama_case(draw, config, batch, seq, training))
    for n_layers, batch, seq, heads in ((1, 1, 1, (1, 1)), (9, 1, 3, (2, 1)), (2, 4, 1, (4, 2))):
        cases.append(_llama_case(draw, _llama_config(draw, heads, n_layers), batch, seq, training=False))
    return [*cases, _every_llama_id(draw)]


def _llama_case(draw: Draw, config: LlamaConfig, batch: int, seq: int, training: bool) -> Case:
    tokens = draw.integers(0, config.d_vocab, batch, seq)
    if tokens.numel() == 1:
        tokens.zero_()  # id 0, alone
    sizes = f"batch {batch} · seq {seq} · {_shown_llama(config, 'n_layers', *_HEADS, 'd_model', 'norm_eps')}"
    inputs = {"config": asdict(config), "weights": _random_llama(draw, config), "tokens": tokens}
    return Case(f"{'train' if training else 'eval'} mode, {sizes}", inputs | {"training": training})


def _every_llama_id(draw: Draw) -> Case:
    """Returns a case with one prompt of all ids, each once: longer than any model size in it."""
    config = _llama_config(draw, (4, 2), n_layers=2)
    tokens = draw.normal(1, config.d_vocab).argsort()
    inputs = {"config": asdict(config), "weights": _random_llama(draw, config), "tokens": tokens}
    label = f"every id from 0 to {config.d_vocab - 1} in one prompt, {_shown_llama(config, *_HEADS)}"
    return Case(label, inputs | {"training": False})


def _run_llama(Llama, config, weights, tokens, training):
    """Returns the logits; none if the model has learned numbers beside its weights, which would be random."""
    model = fill_llama(Llama(LlamaConfig(**config)), weights, config["d_head"])
    learned = count_learned(model)
    if learned > sum(each.numel() for each in tensors(weights)):
        return {"number of learned parameters": learned, "logits": None}
    return {"number of learned parameters": learned, "logits": model.train(training)(tokens)}


Llama = Check(
    name="Llama",
    week=WEEK,
    question="What are the logits of this Llama, with these weights, at every position?",
    cases=_llama_cases,
    run=_run_llama,
    changes_inputs="wrong",
    random_state="allowed",
)
