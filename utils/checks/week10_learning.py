"""Week 10's checks: loss, gradients, optimisers."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from utils.checks.engine.cases import Case, Draw
from utils.checks.engine.check import Check
from utils.checks.engine.shape_table import shape_table_check
from utils.checks.measure.named_parameters import module_with, names_of
from utils.errors import CheckMisuse
from utils.reference.inputs.mlp import (
    before_gelu,
    mlp_input,
    mlp_weights,
    norm_names,
    norm_weights,
    stream_start,
)
from utils.reference.inputs.tokens import first_block_input, head_weights, token_ids

WEEK = "week10_learning"
_AUTOGRAD = (
    "torch.Tensor.backward",
    "torch.autograd.backward",
    "torch.autograd.grad",  # torch.func and torch.autograd.functional call it
    "torch.autograd.forward_ad",
)

# --- next_token_loss ----------------------------------------------------------------------------------------


def _loss_cases(draw: Draw) -> list[Case]:
    cases = []
    for scale, kind in ((1.0, "random logits"), (3.0, "logits further apart"), (400.0, "logits of hundreds")):
        sizes = draw.sizes("batch", "seq", "d_vocab", among=range(3, 10))
        inputs = {
            "logits": draw.normal(*sizes.values(), scale=scale),
            "tokens": draw.integers(0, sizes.d_vocab, sizes.batch, sizes.seq),
        }
        cases.append(Case(f"{kind}, {sizes}", inputs))
    shortest = {"logits": draw.normal(3, 2, 5), "tokens": draw.integers(0, 5, 3, 2)}
    single = {"logits": draw.normal(1, 2, 6), "tokens": draw.integers(0, 6, 1, 2)}
    ends = {"logits": draw.normal(2, 4, 6), "tokens": torch.tensor([[0, 5, 0, 0], [5, 0, 5, 5]])}
    return [
        *cases,
        Case("two tokens, so that only one is predicted, batch 3", shortest),
        Case("one prompt of two tokens, d_vocab 6", single),
        Case("the first id and the last alone, batch 2 · seq 4 · d_vocab 6", ends),
        Case("id 0 alone, batch 1 · seq 2 · d_vocab 6", single | {"tokens": torch.zeros(1, 2).long()}),
        _real_loss_case(draw),
    ]


def _real_logits(reference: Any) -> tuple[Tensor, Tensor]:
    """Returns the reference's logits for two prompts, and the prompts."""
    ids = token_ids(reference)
    with torch.no_grad():
        return reference.model(ids).logits.float(), ids


def _real_loss_case(draw: Draw) -> Case:
    logits, tokens = _real_logits(draw.reference)
    return Case(f"{draw.reference.name}'s logits for two prompts", {"logits": logits, "tokens": tokens})


def _run_loss(next_token_loss, logits, tokens):
    loss = next_token_loss(logits.requires_grad_() * 1.0, tokens)
    can_start = isinstance(loss, Tensor) and loss.requires_grad
    if can_start:
        loss.sum().backward()
    # The gradient is what `can_start` claims: 6 ids of it, since a real vocabulary has 50,257.
    gradient = None if logits.grad is None else logits.grad[..., :6]
    return {"loss": loss, "backward() can start from it": can_start, "gradient of the logits": gradient}


next_token_loss = Check(
    name="next_token_loss",
    week=WEEK,
    question="What is the mean loss of the next tokens?",
    cases=_loss_cases,
    run=_run_loss,
    forbidden=("transformers.loss",),
    changes_inputs="wrong",
)

# --- gradient_check -----------------------------------------------------------------------------------------


def _neighbours(x: Tensor, W: Tensor) -> Tensor:
    flat = (x * W).flatten()
    return (flat[1:] * flat[:-1]).sum() + (flat**4).sum() / 4


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "a sum of cubes": lambda x, W: (W * x**3).sum(),
    "products of neighbours and fourth powers": _neighbours,
    "the log of a sum of exponentials": lambda x, W: (W * x).flatten().logsumexp(0),
    "a constant": lambda x, W: (W + 0 * x).sum(),
    "nats of one token": lambda x, W: -(x @ W).log_softmax(dim=-1)[..., 0].sum(),
}
"""Losses of a tensor x and a fixed W."""


def _with_fault(draw: Draw, gradient: Tensor, fault: str) -> Tensor:
    """Returns the gradient with the named fault."""
    if fault in ("wrong in the first entry", "wrong in the last entry"):
        wrong = gradient.clone()
        wrong.view(-1)[0 if "first" in fault else -1] += 2 * gradient.abs().max()
        return wrong
    if fault == "a little off":
        return gradient + draw.normal(*gradient.shape, scale=0.1).to(gradient) * gradient.abs().mean()
    factors = {"right": 1.0, "0": 0.0, "of the opposite sign": -1.0}
    factor = factors[fault] if fault in factors else draw.choose(range(2, 9)) / draw.choose([1.5, 11.0])
    return factor * gradient


def _gradient_case(draw: Draw, kind: str, x: Tensor, W: Tensor, fault: str, step: float) -> Case:
    at = x.double().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(LOSSES[kind](at, W.double()), at)
    given = _with_fault(draw, gradient.to(x.dtype), fault)
    dtype = str(x.dtype).removeprefix("torch.")
    label = f"{kind}, x {tuple(x.shape)} in {dtype}, step {step:g}; the gradient is {fault}"
    return Case(label, {"kind": kind, "x": x, "W": W, "gradient": given, "step": step})


def _gradient_cases(draw: Draw) -> list[Case]:
    cubes, neighbours, exponentials, constant, nats = LOSSES
    cases = []
    for kind, axes, fault, step in (
        (cubes, 2, "right", 1e-5),
        (neighbours, 2, "a little off", 0.5),
        (exponentials, 3, "scaled", 1e-4),
        (cubes, 2, "wrong in the last entry", 0.3),
        (neighbours, 2, "of the opposite sign", 0.2),
        (constant, 1, "right", 1e-3),
        (exponentials, 2, "0", 1e-3),
        (cubes, 2, "wrong in the first entry", 0.1),
    ):
        shape = draw.sizes(*"abc"[:axes], among=range(2, 6)).values()
        x, W = draw.normal(*shape).double(), draw.normal(*shape).double()
        cases.append(_gradient_case(draw, kind, x, W, fault, step))
    for small_shape in ((), (1,), (1, 1, 3), (4, 1)):
        x, W = draw.normal(*small_shape).double(), draw.normal(*small_shape).double()
        cases.append(_gradient_case(draw, cubes, x, W, "scaled", draw.choose([0.1, 0.2])))
    n, m = draw.sizes("n", "m", among=range(3, 7)).values()
    single = _gradient_case(draw, cubes, draw.normal(n, m), draw.normal(n, m, scale=50.0), "right", 1e-5)
    return [*cases, single, _real_gradient_case(draw, nats)]


def _real_gradient_case(draw: Draw, kind: str) -> Case:
    """Returns a case with ln_f's bias as the final vector, and thirty rows of W_E."""
    reference = draw.reference
    vector = norm_weights(reference, "ln_f")["bias"][:40].double()
    rows = reference.state_dict["transformer.wte.weight"][:30, :40].double().T.contiguous()
    case = _gradient_case(draw, kind, vector, rows, "wrong in the last entry", 1e-4)
    return Case(f"{reference.name}'s W_E: {case.label}", case.inputs)


def _run_gradient_check(gradient_check, kind, x, W, gradient, step):
    def loss_of(at: Tensor) -> Tensor:
        if not isinstance(at, Tensor) or at.shape != x.shape:
            given = tuple(at.shape) if isinstance(at, Tensor) else type(at).__name__
            wanted = f"loss_of takes a tensor of the shape of x, {tuple(x.shape)}"
            raise CheckMisuse(f"{wanted}; it was given {given}.")
        return LOSSES[kind](at, W.to(at.dtype))

    return gradient_check(loss_of, x, gradient, step)


gradient_check = Check(
    name="gradient_check",
    week=WEEK,
    question="How far is this gradient from what finite differences measure?",
    cases=_gradient_cases,
    run=_run_gradient_check,
    forbidden=_AUTOGRAD,
    changes_inputs="wrong",
)

# --- Backward passes by hand --------------------------------------------------------------------------------


def _softmax_cases(draw: Draw) -> list[Case]:
    cases = []
    for scale, kind in (
        (1.0, "random logits"),
        (2.0, "logits further apart"),
        (900.0, "logits of thousands"),
    ):
        sizes = draw.sizes("batch", "seq", "d_vocab", among=range(2, 9))
        inputs = {
            "logits": draw.normal(*sizes.values(), scale=scale).double(),
            "targets": draw.integers(0, sizes.d_vocab, sizes.batch, sizes.seq),
        }
        cases.append(Case(f"{kind} in float64, {sizes}", inputs))
    square = {"logits": draw.normal(2, 5, 5), "targets": draw.integers(0, 5, 2, 5)}
    cases.append(Case("in float32, as many positions as logits, batch 2 · seq 5 · d_vocab 5", square))
    for batch, seq, d_vocab in ((1, 1, 4), (1, 3, 5), (3, 1, 5), (2, 2, 1)):
        inputs = {
            "logits": draw.normal(batch, seq, d_vocab).double(),
            "targets": draw.integers(0, d_vocab, batch, seq),
        }
        cases.append(Case(f"in float64, batch {batch} · seq {seq} · d_vocab {d_vocab}", inputs))
    ends = {"logits": draw.normal(2, 3, 6), "targets": torch.tensor([[0, 5, 0], [5, 5, 0]])}
    cases.append(Case("in float32, the first id and the last alone, batch 2 · seq 3 · d_vocab 6", ends))
    logits, tokens = _real_logits(draw.reference)
    real = {"logits": logits[:, :-1].clone(), "targets": tokens[:, 1:].clone()}
    return [*cases, Case(f"{draw.reference.name}'s logits for two prompts", real)]


softmax_cross_entropy_backward = Check(
    name="softmax_cross_entropy_backward",
    week=WEEK,
    question="How does the loss change with each logit?",
    cases=_softmax_cases,
    run=lambda softmax_cross_entropy_backward, logits, targets: softmax_cross_entropy_backward(
        logits, targets
    ),
    forbidden=_AUTOGRAD,
    changes_inputs="wrong",
)


def _linear_cases(draw: Draw) -> list[Case]:
    cases = []
    for _ in range(2):
        sizes = draw.sizes("batch", "seq", "d_in", "d_out")
        cases.append(Case(f"in float64, {sizes}", _linear_inputs(draw, *sizes.values())))
    square, alone = draw.sizes("batch", "seq", "d"), draw.sizes("batch", "d_in", "d_out")
    inputs = _linear_inputs(draw, square.batch, square.seq, square.d, square.d)
    cases.append(Case(f"as many outputs as inputs, {square}", inputs))
    one_token = _linear_inputs(draw, alone.batch, 1, alone.d_in, alone.d_out)
    cases.append(Case(f"one token alone, {alone}", one_token))
    for batch, seq, d_in, d_out in ((1, 1, 3, 4), (1, 5, 2, 3), (2, 3, 1, 4), (2, 3, 4, 1), (1, 1, 1, 1)):
        label = f"in float64, batch {batch} · seq {seq} · d_in {d_in} · d_out {d_out}"
        cases.append(Case(label, _linear_inputs(draw, batch, seq, d_in, d_out)))
    reference = draw.reference
    layer = draw.choose(range(reference.config.n_layers))
    x, W = mlp_input(reference, layer), mlp_weights(reference, layer)["W_in"]
    real = {"grad_out": draw.normal(*x.shape[:2], W.shape[1]), "x": x, "W": W}
    return [*cases, Case(f"W_in of {reference.name}'s MLP {layer}, in float32", real)]


def _linear_inputs(draw: Draw, batch: int, seq: int, d_in: int, d_out: int) -> dict[str, Tensor]:
    return {
        "grad_out": draw.normal(batch, seq, d_out).double(),
        "x": draw.normal(batch, seq, d_in).double() + 0.5,
        "W": draw.normal(d_in, d_out).double(),
    }


linear_backward = Check(
    name="linear_backward",
    week=WEEK,
    question="How does the loss change with the layer's inputs, with its weight and with its bias?",
    cases=_linear_cases,
    run=lambda linear_backward, grad_out, x, W: linear_backward(grad_out, x, W),
    forbidden=_AUTOGRAD,
    changes_inputs="wrong",
)


def _gelu_cases(draw: Draw) -> list[Case]:
    x = torch.linspace(-5, 5, 81).double()
    cases = [Case("81 numbers from −5 to 5", {"grad_out": 1 + draw.normal(81).double() ** 2, "x": x})]
    for dtype in (torch.float64, torch.float32):
        sizes = draw.sizes("batch", "seq", "d_mlp")
        inputs = {"grad_out": draw.normal(*sizes.values()), "x": draw.normal(*sizes.values(), scale=1.5)}
        label = f"random numbers in {str(dtype).removeprefix('torch.')}, {sizes}"
        cases.append(Case(label, {name: value.to(dtype) for name, value in inputs.items()}))
    large = torch.tensor([[-100.0, -40.0, -12.0], [12.0, 40.0, 100.0]])
    cases.append(Case("large numbers, up to 100", {"grad_out": 2 + draw.normal(2, 3), "x": large}))
    for shape in ((), (1,), (1, 1, 4), (3, 1)):
        numbers = {"grad_out": 1 + draw.normal(*shape) ** 2, "x": draw.normal(*shape)}
        cases.append(Case(f"random numbers in float32, shape {shape}", numbers))
    zeros = {"grad_out": draw.normal(2, 3), "x": torch.zeros(2, 3)}
    cases.append(Case("zeros, shape (2, 3)", zeros))
    reference = draw.reference
    layer = draw.choose(range(reference.config.n_layers))
    pre = before_gelu(reference, layer)
    label = f"neurons of {reference.name}'s MLP {layer}"
    return [*cases, Case(label, {"grad_out": draw.normal(*pre.shape), "x": pre})]


gelu_backward = Check(
    name="gelu_backward",
    week=WEEK,
    question="How does the loss change with each number that went into the GELU?",
    cases=_gelu_cases,
    run=lambda gelu_backward, grad_out, x: gelu_backward(grad_out, x),
    forbidden=_AUTOGRAD,
    changes_inputs="wrong",
)

# --- Optimisers ---------------------------------------------------------------------------------------------


def _problem(draw: Draw, n_steps: int, scale: float = 1.0) -> dict[str, list]:
    """Returns three parameters and their gradients at every step; the last parameter never has one."""
    a, b, c = draw.sizes(*"abc").values()
    shapes = ((a, b), (c,), (b,))
    gradients: list[list[Tensor | None]] = []
    for step in range(n_steps):
        first, second = (draw.normal(*shape, scale=scale) for shape in shapes[:2])
        if step == 0:
            first[0, 0] = 0.0  # 0/0 if eps is not added to the root of its square
        gradients.append([first, second, None])
    return {"weights": [draw.normal(*shape) for shape in shapes], "gradients": gradients}


def _parameters(weights: Sequence[Tensor]) -> list[nn.Parameter]:
    return [nn.Parameter(weight.clone()) for weight in weights]


def _set_gradients(parameters: Sequence[nn.Parameter], gradients: Sequence[Tensor | None]) -> None:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = None if gradient is None else gradient.clone()


def gradients_of(parameters: Sequence[nn.Parameter]) -> list[Tensor | str]:
    """Returns copies of the parameters' gradients, "none" for a parameter without one."""
    return ["none" if parameter.grad is None else parameter.grad.clone() for parameter in parameters]


def _values(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in parameters]


def _sgd_cases(draw: Draw) -> list[Case]:
    cases = []
    for momentum, lrs, kind in (
        (0.9, [0.1] * 4, "the same learning rate at each step"),
        (0.6, [0.3, 0.1, 0.2, 0.05], "another learning rate at each step"),
        (0.0, [0.2] * 3, "plain gradient descent"),
    ):
        inputs = {**_problem(draw, len(lrs)), "lrs": lrs, "momentum": momentum}
        cases.append(Case(f"momentum {momentum}, {len(lrs)} steps, {kind}", inputs))
    late = _problem(draw, 4)
    late["gradients"][2][0] = None
    label = "momentum 0.8, 4 steps; one parameter has no gradient in the third"
    cases.append(Case(label, {**late, "lrs": [0.1] * 4, "momentum": 0.8}))
    first_late = _late_problem(draw, 5, {0: (0, 1, 2), 1: (3,)})
    label = "momentum 0.7, 5 steps; the first gradient of one parameter comes in the fourth"
    cases.append(Case(label, {**first_late, "lrs": [0.1] * 5, "momentum": 0.7}))
    one = {"weights": [draw.normal(1)], "gradients": [[draw.normal(1)] for _ in range(3)]}
    label = "one parameter of one number, momentum 1, 3 steps, the first with a learning rate of 0"
    cases.append(Case(label, {**one, "lrs": [0.0, 0.2, 0.1], "momentum": 1.0}))
    return [*cases, _real_sgd_case(draw)]


def _late_problem(draw: Draw, n_steps: int, without: Mapping[int, Sequence[int]]) -> dict[str, list]:
    """Returns a problem in which some parameters have no gradient in the steps that `without` gives for
    them.
    """
    problem = _problem(draw, n_steps)
    for parameter, steps in without.items():
        for step in steps:
            problem["gradients"][step][parameter] = None
    return problem


def _real_sgd_case(draw: Draw) -> Case:
    reference = draw.reference
    weights = list(norm_weights(reference, "ln_f").values())
    gradients = [[draw.normal(len(weight)) for weight in weights] for _ in range(3)]
    inputs = {"weights": weights, "gradients": gradients, "lrs": [0.1, 0.1, 0.2], "momentum": 0.9}
    return Case(f"gain and bias of {reference.name}'s ln_f, momentum 0.9, 3 steps", inputs)


def _run_sgd(sgd_momentum, weights, gradients, lrs, momentum):
    parameters, velocities = _parameters(weights), [torch.zeros_like(weight) for weight in weights]
    stages: dict[str, Any] = {}
    for number, (lr, given) in enumerate(zip(lrs, gradients, strict=True), start=1):
        _set_gradients(parameters, given)
        sgd_momentum(parameters, velocities, lr, momentum)
        stages[f"parameters after step {number}"] = _values(parameters)
        stages[f"gradients after step {number}"] = gradients_of(parameters)
    return stages


sgd_momentum = Check(
    name="sgd_momentum",
    week=WEEK,
    question="What are the parameters after each step?",
    cases=_sgd_cases,
    run=_run_sgd,
    forbidden=("torch.optim",),
)

_SPREAD = [{"members": [0], "weight_decay": 0.4}, {"members": [1, 2], "weight_decay": 0.0}]
_TWO_DECAYS = [{"members": [1], "weight_decay": 0.05}, {"members": [0, 2], "weight_decay": 0.7}]
_NO_DECAY = [{"members": [0, 1, 2], "weight_decay": 0.0}]
_TOGETHER = [{"members": [0, 1], "weight_decay": 0.2}, {"members": [2], "weight_decay": 0.0}]


def _adamw_cases(draw: Draw) -> list[Case]:
    cases = []
    rising = [0.02 * (number + 1) for number in range(10)]
    changing = [*rising, *rising[:1:-1], 0.04, 0.02]
    short, long = {"betas": (0.8, 0.95), "eps": 1e-8}, {"betas": (0.9, 0.99), "eps": 1e-8}
    large_eps = {"betas": (0.7, 0.9), "eps": 0.3}
    for groups, lrs, settings, scale, kind in (
        (_SPREAD, [0.1] * 6, large_eps, 1.0, "one of two groups decays, an eps of 0.3"),
        (_NO_DECAY, [0.1] * 6, short, 1.0, "no decay"),
        (_TWO_DECAYS, changing, long, 1.0, "two decays, lr changes; saved and loaded half way"),
        (_SPREAD, [0.05] * 20, {}, 1e-3, "small gradients; betas and eps left out"),
    ):
        inputs = {**_problem(draw, len(lrs), scale), "groups": groups, "lrs": lrs, "settings": settings}
        cases.append(Case(f"{len(lrs)} steps, {kind}", {**inputs, "reload": lrs is changing}))
    late = {0: (0, 1, 2)}
    for reload, groups, without, shown in (
        (False, _SPREAD, late, "the first gradient of one parameter comes late"),
        (False, _TOGETHER, late, "the same in a group with one that has gradients all along"),
        (True, _SPREAD, {1: (0, 4, 5), 0: (2, 3)}, "gradients missing, reloaded"),
    ):
        inputs = {**_late_problem(draw, 8, without), "groups": groups, "lrs": [0.1] * 8, "settings": short}
        cases.append(Case(f"8 steps, {shown}", {**inputs, "reload": reload}))
    return [*cases, *_small_adamw_cases(draw), _real_adamw_case(draw)]


def _small_adamw_cases(draw: Draw) -> list[Case]:
    """Returns one parameter of one number, betas of 0, a learning rate of 0 and a group without members."""
    one = {"weights": [draw.normal(1)], "gradients": [[draw.normal(1)] for _ in range(4)]}
    one |= {"groups": [{"members": [0], "weight_decay": 0.3}], "lrs": [0.0, 0.1, 0.1, 0.0]}
    one |= {"settings": {"betas": (0.0, 0.9), "eps": 1e-8}, "reload": False}
    none = {**_problem(draw, 4), "lrs": [0.1] * 4, "settings": {"betas": (0.9, 0.0)}, "reload": True}
    none |= {"groups": [{"members": [], "weight_decay": 0.4}, {"members": [0, 1, 2], "weight_decay": 0.0}]}
    return [
        Case("4 steps, one parameter of one number, the learning rate 0 at first and at last", one),
        Case("4 steps, one of two groups is empty; saved and loaded half way", none),
    ]


def _real_adamw_case(draw: Draw) -> Case:
    reference = draw.reference
    weights = [norm_weights(reference, "ln_f")["gain"], mlp_weights(reference, 0)["b_in"]]
    inputs = {
        "weights": weights,
        "gradients": [[draw.normal(len(weight), scale=0.01) for weight in weights] for _ in range(20)],
        "groups": [{"members": [0], "weight_decay": 0.1}, {"members": [1], "weight_decay": 0.0}],
        "lrs": [0.01] * 20,
        "settings": {"betas": (0.9, 0.999), "eps": 1e-8},
        "reload": True,
    }
    return Case(f"20 steps, weights of {reference.name}; saved and loaded half way", inputs)


def _grouped(parameters: Sequence[nn.Parameter], groups: Sequence[dict]) -> list[dict]:
    return [
        {"params": [parameters[i] for i in group["members"]], "weight_decay": group["weight_decay"]}
        for group in groups
    ]


def _run_adamw(AdamW, weights, gradients, groups, lrs, settings, reload):
    parameters = _parameters(weights)
    optimizer = AdamW(_grouped(parameters, groups), lr=lrs[0], **settings)
    stages: dict[str, Any] = {}
    for number, (lr, before, given) in enumerate(zip(lrs, [lrs[0], *lrs], gradients, strict=False), start=1):
        if reload and number == 1 + len(gradients) // 2:
            parameters = _parameters(_values(parameters))
            optimizer = _reload(AdamW, optimizer, _grouped(parameters, groups), settings)
        if lr != before:
            optimizer.lr = lr
        _set_gradients(parameters, given)
        optimizer.step()
        if number in (1, 2, len(gradients) // 2, len(gradients)):
            stages[f"parameters after step {number}"] = _values(parameters)
            stages[f"gradients after step {number}"] = gradients_of(parameters)
    optimizer.zero_grad()
    # Gradients add up: these are the weights themselves only if none were left.
    pairs = zip(parameters, weights, strict=True)
    torch.stack([(parameter * weight).sum() for parameter, weight in pairs]).sum().backward()
    return {**stages, "gradients of a backward() after zero_grad": gradients_of(parameters)}


def _reload(AdamW: Any, optimizer: Any, groups: list[dict], settings: dict) -> Any:
    """Returns a new optimizer with the first one's state, saved to a file and loaded."""
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    fresh = AdamW(groups, lr=3.0, **settings)
    fresh.load_state_dict(torch.load(file, weights_only=True))
    return fresh


AdamW = Check(
    name="AdamW",
    week=WEEK,
    question="What are the parameters after each step, also after its state was saved and loaded?",
    cases=_adamw_cases,
    run=_run_adamw,
    forbidden=("torch.optim",),
)


def _clip_cases(draw: Draw) -> list[Case]:
    cases = []
    for scale, max_norm, kind in (
        (3.0, 1.0, "a norm above max_norm"),
        (3.0, 0.01, "a norm far above max_norm"),
        (0.02, 5.0, "a norm below max_norm"),
        (1e-9, 1.0, "a norm of almost 0"),
        (0.0, 1.0, "gradients of 0"),
    ):
        drawn = _problem(draw, 1, scale)
        gradients = drawn["gradients"][0]
        gradients[1] *= 10  # so that the largest gradients are not those of the first parameter
        inputs = {"weights": drawn["weights"], "gradients": gradients, "max_norm": max_norm, "listed": False}
        cases.append(Case(f"{kind}, max_norm {max_norm:g}; one parameter has no gradient", inputs))
    n = draw.choose(range(3, 9))
    single = {"weights": [draw.normal(n)], "gradients": [draw.normal(n, scale=4.0)], "max_norm": 2.0}
    cases.append(Case(f"a list of one parameter of {n} numbers, max_norm 2", {**single, "listed": True}))
    for gradient, max_norm, kind in (
        ([3.0, -4.0], 5.0, "a norm of just max_norm"),
        ([3.0, -4.0], 0.0, "max_norm 0"),
        ([-7.0], 2.0, "one parameter of one number"),
        ([0.0, 0.0], 0.0, "gradients of 0, max_norm 0"),
    ):
        inputs = {"weights": [draw.normal(len(gradient))], "gradients": [torch.tensor(gradient)]}
        cases.append(
            Case(f"{kind}, max_norm {max_norm:g}", {**inputs, "max_norm": max_norm, "listed": False})
        )
    return cases


def _run_clip(clip_grad_norm, weights, gradients, max_norm, listed):
    parameters = _parameters(weights)
    _set_gradients(parameters, gradients)
    # Like model.parameters(), a generator can be iterated over only once.
    norm = clip_grad_norm(parameters if listed else (each for each in parameters), max_norm)
    clipped = gradients_of(parameters)
    return {"norm before": norm, "gradients": clipped, "parameters afterwards": _values(parameters)}


clip_grad_norm = Check(
    name="clip_grad_norm",
    week=WEEK,
    question="What norm did all gradients have together, and what are they after clipping?",
    cases=_clip_cases,
    run=_run_clip,
    forbidden=("torch.nn.utils.clip_grad",),
)

# --- lr_schedule, decay_groups ------------------------------------------------------------------------------


def _schedule_cases(draw: Draw) -> list[Case]:
    cases = []
    for warmup, max_lr, min_lr in (
        (None, 0.5, 0.1),
        (None, 6e-4, 6e-5),
        (None, 2.0, 0.0),
        (1, 0.8, 0.2),
        (0, 0.3, 0.1),
    ):
        drawn = draw.sizes("warmup_steps", "rest", among=range(3, 12))
        warmup_steps = drawn.warmup_steps if warmup is None else warmup
        total_steps = warmup_steps + drawn.rest
        inputs = {
            "warmup_steps": warmup_steps,
            "total_steps": total_steps,
            "max_lr": max_lr,
            "min_lr": min_lr,
        }
        rates = f"max_lr {max_lr:g}, min_lr {min_lr:g}"
        label = f"warm-up {warmup_steps} of {total_steps} steps, {rates}; and 3 steps more"
        cases.append(Case(label, inputs))
    return cases


def _run_schedule(lr_schedule, warmup_steps, total_steps, max_lr, min_lr):
    steps = range(total_steps + 3)
    return {f"step {step}": lr_schedule(step, warmup_steps, total_steps, max_lr, min_lr) for step in steps}


lr_schedule = Check(
    name="lr_schedule",
    week=WEEK,
    question="What is the learning rate of each step?",
    cases=_schedule_cases,
    run=_run_schedule,
    forbidden=("torch.optim.lr_scheduler",),
)

_BLOCK = {
    "ln_1.gain": 1, "ln_1.bias": 1, "attn.W_Q": 3, "attn.b_Q": 2, "attn.W_O": 3, "attn.b_O": 1,
    "ln_2.gain": 1, "ln_2.bias": 1, "mlp.W_in": 2, "mlp.b_in": 1, "mlp.W_out": 2, "mlp.b_out": 1,
}  # fmt: skip
_MODULES = ("Window", "W_gate", "bias_table", "weights", "norm", "b", "gains", "WW")
_OWN_NAMES = ("W", "W_{}", "W{}", "w_{}", "w", "b", "b_{}", "bias", "bias_W", "gain", "{}_W", "_W", "weight")


def _gpt2_names(blocks: Sequence[int]) -> dict[str, int]:
    """Returns the names of a GPT-2's parameters with their numbers of axes, for blocks with these numbers."""
    in_blocks = {f"blocks.{n}.{name}": axes for n in blocks for name, axes in _BLOCK.items()}
    return {"embed.W_E": 2, "pos_embed.W_pos": 2, **in_blocks, "ln_f.gain": 1, "ln_f.bias": 1}


def _unusual_names(draw: Draw) -> dict[str, int]:
    """Returns every kind of parameter name, in a module or in none, with any number of axes."""
    names = {}
    for own_name in _OWN_NAMES:
        own_name = own_name.format("".join(draw.choose("aeknpqvW") for _ in range(3)))
        module = draw.choose(_MODULES)
        names[f"{module}.{own_name}"] = draw.choose((1, 2, 3))
    return {"W": 1, "gain": 2, f"Wide.{draw.choose(range(10, 20))}.b": 1, **names}


def _group_cases(draw: Draw) -> list[Case]:
    cases = []
    for axes, tied, kind, decay in (
        (_gpt2_names(range(2)), {}, "GPT-2 with two blocks", draw.choose([0.05, 0.1, 0.2])),
        (_gpt2_names((0, 2, 10)), {"unembed.W_E": "embed.W_E"}, "GPT-2 with its embedding tied", 0.1),
        (_unusual_names(draw), {}, "names like Window, W_gate and weights", draw.choose([0.3, 0.4])),
        (_gpt2_names((0,)), {}, "GPT-2 with one block", 0.0),
        ({"W": 2}, {}, "a single weight", 0.2),
        ({"b": 1}, {}, "a single bias", 0.2),
    ):
        shapes = {name: draw.integers(2, 5, n).tolist() for name, n in axes.items()}
        cases.append(
            Case(f"{kind}, weight_decay {decay}", {"shapes": shapes, "tied": tied, "weight_decay": decay})
        )
    return cases


def _run_groups(decay_groups, shapes, tied, weight_decay):
    model = module_with(shapes, tied)
    groups = decay_groups(model, weight_decay)
    if not isinstance(groups, Sequence) or not all(isinstance(group, dict) for group in groups):
        raise CheckMisuse("decay_groups returns a list of dicts, each with params and weight_decay.")
    described = []
    for group in groups:
        # Twice, as an optimiser iterates over the parameters at every step: a generator would then be empty.
        _, again = list(group["params"]), list(group["params"])
        described.append({"weight_decay": group["weight_decay"], "params": names_of(model, again)})
    return described


decay_groups = Check(
    name="decay_groups",
    week=WEEK,
    question="Which parameters decay, and which do not?",
    cases=_group_cases,
    run=_run_groups,
)

# --- shape_table --------------------------------------------------------------------------------------------

shape_table = shape_table_check(
    WEEK,
    {
        "logits": "the model's output",
        "judged_logits": "the logits that have a target",
        "loss": "the mean of −log p",
        "grad_logits": "how the loss changes with the logits",
        "x": "what the MLP reads",
        "W_in": "its first weight",
        "pre": "its neurons before GELU",
        "grad_pre": "how the loss changes with pre",
        "grad_W_in": "how the loss changes with W_in",
        "grad_b_in": "how the loss changes with b_in",
        "grad_x": "how the loss changes with x",
        "square_b_in": "AdamW's mean of the squared gradients of b_in",
        "grad_norm": "the norm of all gradients together",
    },
)

# --- stretch ------------------------------------------------------------------------------------------------


def _norm_cases(draw: Draw) -> list[Case]:
    cases = []
    for eps in (1e-5, 0.1):
        sizes = draw.sizes("batch", "seq", "d_model", among=range(4, 10))
        inputs = _norm_inputs(draw, sizes.batch, sizes.seq, sizes.d_model, eps)
        cases.append(Case(f"in float64, eps {eps:g}, {sizes}", inputs))
    batch, square = draw.sizes("batch", "d_model", among=range(3, 8)).values()
    label = f"as many tokens as numbers in a vector, batch {batch} · seq {square} · d_model {square}"
    cases.append(Case(label, _norm_inputs(draw, batch, square, square, 0.05)))
    for batch, seq, d_model in ((1, 1, 5), (1, 3, 4), (3, 1, 4)):
        label = f"in float64, eps 0.01, batch {batch} · seq {seq} · d_model {d_model}"
        cases.append(Case(label, _norm_inputs(draw, batch, seq, d_model, 0.01)))
    reference = draw.reference
    name, x = draw.choose(norm_names(reference)), stream_start(reference)
    gain, eps = norm_weights(reference, name)["gain"], reference.config.layer_norm_eps
    real = {"grad_out": draw.normal(*x.shape), "x": x, "gain": gain, "eps": eps}
    return [*cases, Case(f"{reference.name}'s {name}, two prompts", real)]


def _norm_inputs(draw: Draw, batch: int, seq: int, d_model: int, eps: float) -> dict[str, Any]:
    return {
        "grad_out": draw.normal(batch, seq, d_model).double() + 0.3,
        "x": 0.7 * draw.normal(batch, seq, d_model).double() + 1,
        "gain": 1 + draw.normal(d_model).double(),
        "eps": eps,
    }


layer_norm_backward = Check(
    name="layer_norm_backward",
    week=WEEK,
    question="How does the loss change with what went into the LayerNorm, with its gain and with its bias?",
    cases=_norm_cases,
    run=lambda layer_norm_backward, grad_out, x, gain, eps: layer_norm_backward(grad_out, x, gain, eps),
    forbidden=_AUTOGRAD,
    changes_inputs="wrong",
)


def _attention_cases(draw: Draw) -> list[Case]:
    cases = []
    for names in (("batch", "seq", "d_head"), ("batch", "heads", "seq", "d_head")):
        sizes = draw.sizes(*names)
        inputs = {name: draw.normal(*sizes.values()).double() for name in ("grad_z", "q", "k", "v")}
        cases.append(Case(f"in float64, {sizes}", inputs))
    square = {name: draw.normal(2, 5, 5).double() for name in ("grad_z", "q", "k", "v")}
    cases.append(Case("as many tokens as numbers in a head, batch 2 · seq 5 · d_head 5", square))
    for shape in ((4, 3), (1, 4, 3), (2, 1, 3), (2, 4, 1), (1, 1, 1, 2), (1, 1)):
        inputs = {name: draw.normal(*shape).double() for name in ("grad_z", "q", "k", "v")}
        cases.append(Case(f"in float64, shape {shape}", inputs))
    reference = draw.reference
    x = first_block_input(reference, token_ids(reference))
    weights = head_weights(reference, 0, draw.choose(range(reference.config.n_heads)))
    real = {
        letter.lower(): torch.tensordot(x, weights[f"W_{letter}"], 1) + weights[f"b_{letter}"]
        for letter in "QKV"
    }
    label = f"a head of {reference.name}'s first block, two prompts"
    return [*cases, Case(label, {"grad_z": draw.normal(*real["q"].shape), **real})]


attention_backward = Check(
    name="attention_backward",
    week=WEEK,
    question="How does the loss change with the head's queries, keys and values?",
    cases=_attention_cases,
    run=lambda attention_backward, grad_z, q, k, v: attention_backward(grad_z, q, k, v),
    forbidden=_AUTOGRAD,
    changes_inputs="wrong",
)


def _chain(a: Any, b: Any, c: Any) -> Any:
    for _ in range(20):
        a = (a * b + c).tanh()
    return a


def _shared(a: Any, b: Any, c: Any) -> Any:
    d = a * b
    e = d + c
    return d * e + e * e


def _doubled(a: Any, b: Any, c: Any) -> Any:
    d = a + b
    for _ in range(8):
        d = d + d
    return d * c


EXPRESSIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "a·b + c": lambda a, b, c: a * b + c,
    "tanh(a·b + c)": lambda a, b, c: (a * b + c).tanh(),
    "a·a + a": lambda a, b, c: a * a + a,
    "d·e + e·e, where d = a·b and e = d + c": _shared,
    "2·a + b·3 + 1 + c": lambda a, b, c: 2 * a + b * 3 + 1 + c,
    "a + b, doubled 8 times, times c": _doubled,
    "a chain of 20 neurons": _chain,
}
"""Computations with three numbers, using +, · and the method tanh."""


def _scalar_cases(draw: Draw) -> list[Case]:
    def number() -> float:
        return draw.choose([-1, 1]) * (0.3 + draw.choose(range(100)) / 100)

    cases = []
    for expression in EXPRESSIONS:
        numbers = [number() for _ in "abc"]
        label = f"{expression}; a, b, c = {', '.join(f'{each:.2f}' for each in numbers)}"
        cases.append(Case(label, {"expression": expression, "numbers": numbers}))
    return cases


def _run_scalar(Scalar, expression, numbers):
    inputs = [Scalar(number) for number in numbers]
    result = EXPRESSIONS[expression](*inputs)
    result.backward()
    return {"value": result.value, "gradients": [float(each.grad) for each in inputs]}


Scalar = Check(
    name="Scalar",
    week=WEEK,
    question="What is the value, and how does it change with each of the three numbers?",
    cases=_scalar_cases,
    run=_run_scalar,
    forbidden=_AUTOGRAD,
)
