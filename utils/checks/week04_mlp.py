"""Week 4's checks: the half of a block that treats each token alone."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.adapters.weights import fill
from utils.checks.engine.cases import Case, Draw
from utils.checks.engine.check import Check
from utils.checks.engine.judge_modules import judges_module
from utils.checks.engine.shape_table import shape_table_check
from utils.checks.fakes.mixing_layers import mixing_layer
from utils.checks.fakes.parameters_only import BareModel
from utils.errors import CheckMisuse
from utils.reference import CONFIGS
from utils.reference.inputs.mlp import (
    before_gelu,
    mlp_input,
    mlp_weights,
    norm_names,
    norm_weights,
    stream_start,
)

WEEK = "week04_mlp"
_NORMS = (
    "torch.nn.functional.layer_norm",
    "torch.layer_norm",
    "torch.native_layer_norm",
    "torch.nn.functional.rms_norm",
    "torch.rms_norm",
    "torch.nn.functional.group_norm",
    "torch.group_norm",
    "torch.native_group_norm",
    "torch.nn.functional.instance_norm",
    "torch.instance_norm",
    "torch.nn.functional.batch_norm",
    "torch.batch_norm",
    "torch.native_batch_norm",
)
_SIZES = range(4, 12)
"""Sizes of vectors: short, since the difference between d_model − 1 and d_model shrinks with the length, but
not shorter than 4, since two numbers of mean 0 and variance 1 are always 1 and −1.
"""


# --- Normalising --------------------------------------------------------------------------------------------


def _vectors(draw: Draw) -> tuple[Tensor, str]:
    """Returns vectors of order 1 whose mean is not 0, and their label."""
    sizes = draw.sizes("batch", "seq", "d_model", among=_SIZES)
    return draw.normal(*sizes.values()) + draw.normal(sizes.batch, sizes.seq, 1), str(sizes)


def _nearly_equal_numbers(draw: Draw) -> Tensor:
    """Returns whole numbers near 2,048, a few apart, 8 to a vector: float32 holds their mean exactly, but
    their squares only to the nearest half.
    """
    batch, seq = draw.sizes("batch", "seq", among=range(2, 8)).values()
    return draw.integers(2040, 2057, batch, seq, 8).float()


def _small_and_flat(draw: Draw) -> Tensor:
    """Returns small vectors, for which eps matters; all numbers of the first are equal."""
    x = draw.normal(*draw.sizes("batch", "seq", "d_model", among=_SIZES).values(), scale=3e-3)
    x[0, 0] = 0.25
    return x


def _with_sizes_of_one(draw: Draw) -> list[Tensor]:
    """Returns one prompt and one position, which reveal a wrong squeeze."""
    d_model = draw.choose(_SIZES)
    return [draw.normal(*shape, d_model) + 1 for shape in ((1, 4), (3, 1), (1, 1))]


def _standardise_cases(draw: Draw) -> list[Case]:
    x, label = _vectors(draw)
    cases = [Case(f"eps 0.00001, {label}", {"x": x, "eps": 1e-5})]
    large, label = _vectors(draw)
    cases.append(Case(f"a large eps of 0.1, {label}", {"x": large, "eps": 0.1}))
    cases.append(Case("small vectors, and one of equal numbers", {"x": _small_and_flat(draw), "eps": 1e-5}))
    cases.append(Case("one vector alone, of 9 numbers", {"x": 2 * draw.normal(9) + 1, "eps": 1e-5}))
    cases.append(Case("6 vectors of 6 numbers", {"x": draw.normal(6, 6) + 1, "eps": 1e-5}))
    cases.append(Case("numbers near 2,048, a few apart", {"x": _nearly_equal_numbers(draw), "eps": 1e-5}))
    cases.append(Case("eps 0, small vectors", {"x": draw.normal(2, 3, 7, scale=3e-3), "eps": 0.0}))
    cases += [Case(f"sizes of 1: {list(x.shape)}", {"x": x, "eps": 1e-5}) for x in _with_sizes_of_one(draw)]
    reference = draw.reference
    eps = reference.config.layer_norm_eps
    return [*cases, Case(f"two prompts in {reference.name}", {"x": stream_start(reference), "eps": eps})]


standardise = Check(
    name="standardise",
    week=WEEK,
    question="What is each vector once its mean is 0 and its variance 1?",
    cases=_standardise_cases,
    run=lambda standardise, x, eps: standardise(x, eps),
    forbidden=_NORMS,
    changes_inputs="wrong",  # reading the residual stream must not change it
)


def _layer_norm_cases(draw: Draw) -> list[Case]:
    cases = []
    for training, eps in ((False, 1e-5), (True, 0.1)):
        x, label = _vectors(draw)
        mode = "train" if training else "eval"
        learned = {name: draw.normal(x.shape[-1]) for name in ("gain", "bias")}
        inputs = {"x": x, "eps": eps, "learned": learned, "training": training}
        cases.append(Case(f"{mode} mode, eps {eps:g}, {label}", inputs))
    defaults: dict[str, Any] = {"x": _small_and_flat(draw), "eps": None, "learned": {}, "training": False}
    cases.append(Case("small vectors; eps left out, gain and bias as the module makes them", defaults))
    for x, label in (
        (draw.normal(6, 6) + 1, "6 vectors of 6 numbers"),
        (_nearly_equal_numbers(draw), "numbers near 2,048, a few apart"),
    ):
        learned = {name: draw.normal(x.shape[-1]) for name in ("gain", "bias")}
        cases.append(Case(label, {"x": x, "eps": 1e-5, "learned": learned, "training": False}))
    cases += _more_norm_cases(draw, ("gain", "bias"))
    return [*cases, *_real_norm_cases(draw)]


def _more_norm_cases(draw: Draw, names: tuple[str, ...]) -> list[Case]:
    """Returns cases with sizes of 1, and with an eps of 0."""
    inputs = [(x, 1e-5, f"sizes of 1: {list(x.shape)}") for x in _with_sizes_of_one(draw)]
    inputs.append((draw.normal(2, 3, 7, scale=3e-3), 0.0, "eps 0, small vectors"))
    cases = []
    for x, eps, label in inputs:
        learned = {name: draw.normal(x.shape[-1]) for name in names}
        cases.append(Case(label, {"x": x, "eps": eps, "learned": learned, "training": False}))
    return cases


def _real_norm_cases(draw: Draw) -> list[Case]:
    """Returns one case each for an ln_1, an ln_2 and ln_f of the reference."""
    reference = draw.reference
    names = norm_names(reference)
    common = {"x": stream_start(reference), "eps": reference.config.layer_norm_eps, "training": False}
    chosen = [draw.choose([name for name in names if kind in name]) for kind in ("ln_1", "ln_2", "ln_f")]
    return [
        Case(f"{reference.name}'s {name}", common | {"learned": norm_weights(reference, name)})
        for name in chosen
    ]


def _run_norm(Norm, x, eps, learned, training):
    """Returns the module's output with these weights; without weights as it is initialised, with eps None at
    its default.
    """
    norm = Norm(x.shape[-1]) if eps is None else Norm(x.shape[-1], eps)
    fill(norm, learned)
    return {"normed": norm.train(training)(x), "number of learned parameters": _learned(norm)}


def _learned(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


LayerNorm = Check(
    name="LayerNorm",
    week=WEEK,
    question="What does this LayerNorm, with these gains and biases, give for each vector?",
    cases=_layer_norm_cases,
    run=_run_norm,
    forbidden=_NORMS,
    changes_inputs="wrong",
    random_state="allowed",  # its constructor may draw random numbers
)


# --- The MLP ------------------------------------------------------------------------------------------------


def _gelu_cases(draw: Draw) -> list[Case]:
    cases = [Case("97 numbers from −6 to 6", {"x": torch.linspace(-6, 6, 97)})]
    sizes = draw.sizes("batch", "seq", "d_mlp")
    cases.append(Case(f"random numbers, {sizes}", {"x": draw.normal(*sizes.values(), scale=2.0)}))
    large = torch.tensor([[-100.0, -30.0, -12.0], [12.0, 30.0, 100.0]])
    cases.append(Case("large numbers, up to 100", {"x": large}))
    cases.append(Case("a single number", {"x": draw.normal()}))
    cases.append(Case("sizes of 1", {"x": draw.normal(1, 3, 1)}))
    cases.append(Case("zeros", {"x": torch.zeros(2, 3)}))
    cases.append(Case("in float64", {"x": draw.normal(5, 3).double()}))
    reference = draw.reference
    layer = draw.choose(range(reference.config.n_layers))
    label = f"neurons of {reference.name}'s MLP {layer}"
    return [*cases, Case(label, {"x": before_gelu(reference, layer)})]


gelu = Check(
    name="gelu",
    week=WEEK,
    question="What is GELU of each of these numbers?",
    cases=_gelu_cases,
    run=lambda gelu, x: gelu(x),
    forbidden=("transformers.activations",),
)


def _mlp_cases(draw: Draw) -> list[Case]:
    cases = []
    for training in (False, True):
        sizes = draw.sizes("batch", "seq", "d_model", "d_mlp", among=_SIZES)
        x = draw.normal(sizes.batch, sizes.seq, sizes.d_model)
        inputs = {"x": x, "weights": _random_mlp(draw, sizes.d_model, sizes.d_mlp), "training": training}
        cases.append(Case(f"{'train' if training else 'eval'} mode, {sizes}", inputs))
    for sizes in draw.sizes_with_one("batch", "seq", "d_model", "d_mlp", among=_SIZES):
        x = draw.normal(sizes.batch, sizes.seq, sizes.d_model)
        weights = _random_mlp(draw, sizes.d_model, sizes.d_mlp)
        cases.append(Case(f"eval mode, {sizes}", {"x": x, "weights": weights, "training": False}))
    reference = draw.reference
    layer = draw.choose(range(reference.config.n_layers))
    inputs = {"x": mlp_input(reference, layer), "weights": mlp_weights(reference, layer), "training": False}
    return [*cases, Case(f"{reference.name}'s MLP {layer}, two prompts", inputs)]


def _random_mlp(draw: Draw, d_model: int, d_mlp: int) -> dict[str, Tensor]:
    """Returns weights large enough that the difference between GELU's two forms is visible; biases of order
    1.
    """
    return {
        "W_in": draw.normal(d_model, d_mlp, scale=2 * d_model**-0.5),
        "b_in": draw.normal(d_mlp),
        "W_out": draw.normal(d_mlp, d_model),
        "b_out": draw.normal(d_model),
    }


def _run_mlp(MLP, x, weights, training):
    """Returns the module's output with these weights, or None if its hidden layer has another size than was
    asked for.
    """
    mlp = MLP(*weights["W_in"].shape)
    hidden, d_mlp = _hidden_size(mlp), weights["W_in"].shape[1]
    if hidden not in (None, d_mlp):
        return {"neurons": hidden, "number of learned parameters": None, "mlp_out": None}
    fill(mlp, weights)
    learned = _learned(mlp)
    return {"neurons": d_mlp, "number of learned parameters": learned, "mlp_out": mlp.train(training)(x)}


def _hidden_size(mlp: Any) -> int | None:
    """Returns the size of b_in, as a parameter or as a layer's bias; None if it has neither."""
    bias = getattr(mlp, "b_in", None)
    if not isinstance(bias, Tensor):
        bias = getattr(getattr(mlp, "W_in", None), "bias", None)
    return bias.numel() if isinstance(bias, Tensor) else None


MLP = Check(
    name="MLP",
    week=WEEK,
    question="What does this MLP, with these weights, write for each token?",
    cases=_mlp_cases,
    run=_run_mlp,
    random_state="allowed",  # its constructor may draw the initial weights
)


# --- The residual stream ------------------------------------------------------------------------------------


def _residual_cases(draw: Draw) -> list[Case]:
    cases = []
    names = ("batch", "seq", "d_model")
    drawn = [draw.sizes(*names, among=_SIZES) for _ in range(2)]
    ones = draw.sizes_with_one(*names, among=_SIZES)[:2]
    for mixes, sizes in zip((False, True, True, False), (*drawn, *ones), strict=True):
        inputs = {
            "resid": 2 * draw.normal(*sizes.values()) + 1,
            "gain": draw.normal(sizes.d_model),
            "bias": draw.normal(sizes.d_model),
            "W": draw.normal(sizes.d_model, sizes.d_model, scale=sizes.d_model**-0.5),
            "mixes": mixes,
        }
        kind = "that reads earlier positions too" if mixes else "that takes each position alone"
        cases.append(Case(f"a layer {kind}, {sizes}", inputs))
    reference = draw.reference
    name = draw.choose([name for name in norm_names(reference) if "ln_2" in name])
    width = reference.config.d_model
    real = {"resid": stream_start(reference), **norm_weights(reference, name), "mixes": True}
    real["W"] = draw.normal(width, width, scale=width**-0.5)
    return [*cases, Case(f"two prompts in {reference.name}, through its {name}", real)]


def norm_and_layer(gain: Tensor, bias: Tensor, W: Tensor, mixes: bool) -> tuple[Callable, Callable]:
    """Returns a LayerNorm, and a layer in the place of attention (`mixes`) or of an MLP."""

    def norm(x: Tensor) -> Tensor:
        return F.layer_norm(x, gain.shape, gain, bias)

    def layer(x: Tensor) -> Tensor:
        return torch.tanh((x.cumsum(dim=1) if mixes else x) @ W)

    return norm, layer


residual_add = Check(
    name="residual_add",
    week=WEEK,
    question="What is the residual stream after the layer has read from it and written to it?",
    cases=_residual_cases,
    run=lambda residual_add, resid, **layer: residual_add(resid, *norm_and_layer(**layer)),
    changes_inputs="wrong",
)


def _alone_cases(draw: Draw) -> list[Case]:
    mixes = judges_module("week04_mlp._mixes")
    cases = [_alone_case(draw, mixes, kind) for kind in (*mixes.ALONE, *mixes.MIXED)]
    ones = (
        ("a matrix product and tanh", 1, 1),
        ("LayerNorm", 1, 5),
        ("the vector of the position before", 1, 2),
        ("the next position's vector", 2, 2),
        ("one position reads one other", 1, 6),
    )
    return cases + [_alone_case(draw, mixes, *one) for one in ones]


def _alone_case(draw: Draw, mixes: Any, kind: str, batch: int = 0, seq: int = 0) -> Case:
    sizes = draw.sizes(
        "batch", "seq", "d_model", among=range(5, 10)
    )  # so that the second position is not the last but one
    batch, seq = batch or sizes.batch, seq or sizes.seq
    numbers = draw.normal(batch, seq, sizes.d_model)
    inputs = {
        "mixing": mixes.mixing_of(draw, kind, seq),
        "x": numbers.sign()
        * (numbers.abs() + 0.5),  # no number near 0, where a relative error would be large
        "W": draw.normal(sizes.d_model, sizes.d_model, scale=sizes.d_model**-0.5),
    }
    return Case(f"{kind}, batch {batch} · seq {seq} · d_model {sizes.d_model}", inputs)


each_position_alone = Check(
    name="each_position_alone",
    week=WEEK,
    question="Does this layer treat each position alone?",
    cases=_alone_cases,
    run=lambda each_position_alone, mixing, x, W: each_position_alone(mixing_layer(mixing, W), x),
    random_state="allowed",  # code may change a position by drawing random numbers
)


# --- Counting -----------------------------------------------------------------------------------------------


def _count_cases(draw: Draw) -> list[Case]:
    """Returns models of GPT-2's form and of others, each as the names and shapes of its parameters."""
    cases = []
    names = ("d_model", "d_mlp", "n_layers")
    for sizes in (draw.sizes(*names, among=range(2, 30)), *draw.sizes_with_one(*names, among=range(11, 40))):
        cases.append(_count_case(f"GPT-2's form, {sizes}", _gpt2_parameters(**sizes)))
    d_model, d_mlp, d_vocab = draw.sizes("d_model", "d_mlp", "d_vocab", among=range(3, 30)).values()
    odd = {
        "wte": (d_vocab, d_model),
        "blocks.0.mlp_norm.gain": (d_model,),  # not in the MLP, and neither are the next two
        "blocks.0.pre_mlp.gain": (d_model, 2),
        "blocks.0.attn_scale": (3,),
        "blocks.0.mlp.W_in": (d_model, d_mlp),
        "blocks.0.mlp.experts.0.W_out": (d_mlp, d_model),  # a module in an MLP
        "blocks.0.mlp.experts.1.W_out": (d_mlp + 1, d_model),
        "blocks.0.attn.rotation.angle": (7,),
        "mlp.W": (d_mlp, 5),  # an MLP outside the blocks
    }
    cases.append(_count_case("other modules in MLPs, and names that only begin or end like theirs", odd))
    shared = {"first.mlp.W_in": (d_model, d_mlp), "first.attn.W_O": (d_model, d_model), "wte": (d_vocab,)}
    tied = {"second.mlp": "first.mlp", "second.attn": "first.attn", "third.mlp": "first.mlp"}
    cases.append(_count_case("three blocks that share their MLP and their attention", shared, tied))
    lonely = {"attn.W_Q": (d_model, d_model), "gain": (d_model,)}
    cases.append(_count_case("no MLP at all", lonely))
    for name, config in {**CONFIGS, draw.reference.name: draw.reference.config}.items():
        sizes = {axis: getattr(config, axis) for axis in (*names, "d_vocab", "n_ctx")}  # type: ignore[assignment]
        cases.append(_count_case(name, _gpt2_parameters(**sizes)))
    return cases


def _count_case(
    label: str, shapes: Mapping[str, tuple[int, ...]], tied: Mapping[str, str] | None = None
) -> Case:
    inputs = {"shapes": {name: list(shape) for name, shape in shapes.items()}, "tied": dict(tied or {})}
    return Case(label, inputs)


def _gpt2_parameters(
    d_model: int, d_mlp: int, n_layers: int, d_vocab: int = 11, n_ctx: int = 5
) -> dict[str, tuple[int, ...]]:
    """Returns the names and shapes of the parameters of HF's GPT-2, without the tied lm_head."""
    wide, norm = 3 * d_model, ("ln_1", "ln_2")
    shapes: dict[str, tuple[int, ...]] = {"wte.weight": (d_vocab, d_model), "wpe.weight": (n_ctx, d_model)}
    layers = {"attn.c_attn": (d_model, wide), "attn.c_proj": (d_model, d_model)}
    layers |= {"mlp.c_fc": (d_model, d_mlp), "mlp.c_proj": (d_mlp, d_model)}
    for layer in range(n_layers):
        for name, shape in layers.items():
            shapes |= {f"h.{layer}.{name}.weight": shape, f"h.{layer}.{name}.bias": shape[1:]}
        shapes |= {f"h.{layer}.{name}.{kind}": (d_model,) for name in norm for kind in ("weight", "bias")}
    shapes |= {"ln_f.weight": (d_model,), "ln_f.bias": (d_model,)}
    return {f"transformer.{name}": shape for name, shape in shapes.items()}


def _run_count(count_mlp_parameters: Any, shapes: dict[str, list[int]], tied: dict[str, str]) -> Any:
    return count_mlp_parameters(BareModel(None, shapes, tied, seed=None))


count_mlp_parameters = Check(
    name="count_mlp_parameters",
    week=WEEK,
    question="How many parameters are in the MLPs, in attention and in the whole model?",
    cases=_count_cases,
    run=_run_count,
)

shape_table = shape_table_check(
    WEEK,
    {
        "resid": "the residual stream, as LayerNorm reads it",
        "mean": "the means that LayerNorm subtracts, with keepdim=True",
        "normed": "what the MLP reads",
        "gain": "LayerNorm's gain",
        "W_in": "the MLP's first weight",
        "b_in": "the MLP's first bias",
        "pre": "the neurons before GELU",
        "post": "the neurons after GELU",
        "W_out": "the MLP's second weight",
        "b_out": "the MLP's second bias",
        "mlp_out": "what the MLP writes to the residual stream",
    },
)


# --- Stretch ------------------------------------------------------------------------------------------------


def _rms_norm_cases(draw: Draw) -> list[Case]:
    cases = []
    for training, eps in ((False, 1e-5), (True, 0.1)):
        x, label = _vectors(draw)
        inputs = {"x": x, "eps": eps, "learned": {"gain": draw.normal(x.shape[-1])}, "training": training}
        cases.append(Case(f"{'train' if training else 'eval'} mode, eps {eps:g}, {label}", inputs))
    small = 0.01 * draw.normal(3, 5, 7)
    small[0, 0] = 0.0
    defaults: dict[str, Any] = {"x": small, "eps": None, "learned": {}, "training": False}
    cases.append(Case("small vectors, one of them 0; eps left out, gain as the module makes it", defaults))
    square = {"x": draw.normal(6, 6) + 1, "eps": 1e-5, "learned": {"gain": draw.normal(6)}, "training": False}
    cases.append(Case("6 vectors of 6 numbers", square))
    cases += _more_norm_cases(draw, ("gain",))
    reference = draw.reference
    gain = norm_weights(reference, "ln_f")["gain"]
    real = {"x": stream_start(reference), "eps": 1e-5, "learned": {"gain": gain}, "training": False}
    return [*cases, Case(f"two prompts in {reference.name}, with the gain of its ln_f", real)]


RMSNorm = Check(
    name="RMSNorm",
    week=WEEK,
    question="What does this RMSNorm, with these gains, give for each vector?",
    cases=_rms_norm_cases,
    run=_run_norm,
    forbidden=_NORMS,
    changes_inputs="wrong",
    random_state="allowed",
)


def _swiglu_cases(draw: Draw) -> list[Case]:
    cases = []
    names = ("batch", "seq", "d_model", "d_mlp")
    drawn = [(mode, draw.sizes(*names, among=_SIZES)) for mode in (False, True)]
    drawn += [(False, sizes) for sizes in draw.sizes_with_one(*names, among=_SIZES)]
    for training, sizes in drawn:
        weights = {
            "W_gate": draw.normal(sizes.d_model, sizes.d_mlp, scale=2 * sizes.d_model**-0.5),
            "W_in": draw.normal(sizes.d_model, sizes.d_mlp, scale=sizes.d_model**-0.5),
            "W_out": draw.normal(sizes.d_mlp, sizes.d_model),
        }
        x = draw.normal(sizes.batch, sizes.seq, sizes.d_model)
        label = f"{'train' if training else 'eval'} mode, {sizes}"
        cases.append(Case(label, {"x": x, "weights": weights, "training": training}))
    return cases


def _run_swiglu(SwiGLU, x, weights, training):
    swiglu = SwiGLU(*weights["W_in"].shape)
    fill(swiglu, weights)
    return {"number of learned parameters": _learned(swiglu), "mlp_out": swiglu.train(training)(x)}


SwiGLU = Check(
    name="SwiGLU",
    week=WEEK,
    question="What does this gated MLP, with these weights, write for each token?",
    cases=_swiglu_cases,
    run=_run_swiglu,
    random_state="allowed",
)


def _dropout_cases(draw: Draw) -> list[Case]:
    """Returns inputs of at least 40,000 numbers, enough that a share of them is within 0.01 of its
    probability.
    """
    cases = []
    modes = ((0.1, True), (0.3, True), (0.3, False), (0.0, True), (0.0, False), (0.9, True))
    for p, training, *one in (*modes, (0.4, True, 1), (0.4, False, 1)):
        batch, seq = draw.sizes("batch", "seq", among=range(10, 20)).values()
        width = draw.choose(range(400, 440))
        numbers = draw.normal(*one, seq * batch, width) if one else draw.normal(batch, seq, width)
        x = numbers.sign() * (numbers.abs() + 0.5)
        label = f"{'train' if training else 'eval'} mode, p = {p:g}, {x.numel():,} numbers"
        cases.append(Case(label, {"x": x, "p": p, "training": training}))
    return cases


def _run_dropout(dropout: Any, x: Tensor, p: float, training: bool) -> list[Tensor]:
    """Returns the results of two calls, to be compared with x and with each other."""
    calls = [dropout(x, p, training), dropout(x, p, training)]
    for output in calls:
        if not isinstance(output, Tensor) or output.shape != x.shape:
            what = f"shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__
            raise CheckMisuse(f"dropout returns a tensor of x's shape, {tuple(x.shape)}; this is {what}.")
    return calls


dropout = Check(
    name="dropout",
    week=WEEK,
    question="Which numbers are dropped, and by what are the others multiplied?",
    cases=_dropout_cases,
    run=_run_dropout,
    forbidden=(
        "torch.nn.functional.dropout",
        "torch.nn.functional.alpha_dropout",
        "torch.nn.functional.feature_alpha_dropout",
        "torch.nn.functional.dropout1d",
        "torch.nn.functional.dropout2d",
        "torch.dropout",
        "torch.dropout_",
        "torch.native_dropout",
        "torch.alpha_dropout",
        "torch.feature_dropout",
    ),
    random_state="allowed",
)
