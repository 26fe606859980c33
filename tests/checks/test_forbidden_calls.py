"""Forbidden functions, which would do an exercise's work, are named however they were imported."""

import functools

import pytest
import torch
import torch.nn.functional
import torch.nn.functional as F
from torch import nn
from torch.nn.functional import scaled_dot_product_attention as imported

from .toy import DOUBLE, report_on, text_of

SDPA = "torch.nn.functional.scaled_dot_product_attention"


class OwnWrapper(nn.MultiheadAttention):
    """A student's class that inherits the work."""


def by_multihead(x):
    return OwnWrapper(x.shape[1], 1)(x, x, x)[0]


def by_encoder_layer(x):
    return nn.TransformerEncoderLayer(x.shape[1], 1, 8)(x)


def by_transformers(x):
    from transformers import GPT2Config
    from transformers.models.gpt2.modeling_gpt2 import GPT2Attention

    attention = GPT2Attention(
        GPT2Config(n_embd=x.shape[1], n_head=1, attn_implementation="eager"), layer_idx=0
    )
    return attention(x[None])[0][0]


def by_an_optimizer(x):
    torch.optim.SGD([nn.Parameter(x)], lr=0.1).step()


WAYS = {
    "F.": (lambda x: F.scaled_dot_product_attention(x, x, x), SDPA),
    "in full": (lambda x: torch.nn.functional.scaled_dot_product_attention(x, x, x), SDPA),
    "torch._": (lambda x: torch._scaled_dot_product_attention_math(*[x[None, None]] * 3), SDPA),
    "torch.ops": (lambda x: torch.ops.aten.scaled_dot_product_attention(x, x, x), SDPA),
    "torch.ops, one of several": (lambda x: torch.ops.aten.softmax.int(x, 0), "torch.nn.functional.softmax"),
    "torch._softmax": (lambda x: torch._softmax(x, 0, False), "torch.nn.functional.softmax"),
    "a derivative below": (lambda x: torch.ops.aten.gelu_backward(x, x), "torch.Tensor.backward"),
    "torch.autograd": (lambda x: torch.autograd.backward(nn.Parameter(x).sum()), "torch.autograd.backward"),
    "torch.func": (torch.func.grad(lambda x: x.sum()), "torch.autograd.grad"),
    "imported": (lambda x: imported(x, x, x), SDPA),
    "partial": (functools.partial(lambda f, x: f(x, x, x), imported), SDPA),
    "F.softmax": (lambda x: F.softmax(x, 0), "torch.nn.functional.softmax"),
    "torch.softmax": (lambda x: torch.softmax(x, 0), "torch.softmax"),
    "x.softmax": (lambda x: x.softmax(0), "torch.Tensor.softmax"),
    "nn.Softmax": (lambda x: nn.Softmax(0)(x), "torch.nn.functional.softmax"),
    "@": (lambda x: x @ x.T, "torch.Tensor.matmul (@)"),
    "einsum": (lambda x: torch.einsum("ij,ij->ij", x, x), "torch.einsum"),
    "nn.MultiheadAttention": (by_multihead, "torch.nn.MultiheadAttention"),
    "nn.TransformerEncoderLayer": (by_encoder_layer, "torch.nn.TransformerEncoderLayer"),
    "torch.optim": (by_an_optimizer, "torch.optim.sgd.SGD"),
    "transformers": (by_transformers, "transformers.models.gpt2.modeling_gpt2.GPT2Attention"),
}
FORBIDDEN = (
    SDPA,
    "torch.nn.functional.softmax",
    "torch.softmax",
    "torch.Tensor.softmax",
    "torch.Tensor.matmul",
    "torch.einsum",
    "torch.optim",
    "torch.Tensor.backward",
    "torch.autograd.backward",
    "torch.autograd.grad",
)


@pytest.mark.parametrize(("way", "name"), WAYS.values(), ids=WAYS)
def test_a_forbidden_function_is_named(way, name):
    report = report_on(way, forbidden=FORBIDDEN)
    assert not report.passed
    assert name in report.headline
    assert report.mistake == f"uses {report.headline.removeprefix('calls ')}"
    assert f"to write what {report.headline.removeprefix('calls ')} does" in text_of(report, "next")


def leaves_inference_mode(x):
    with torch.inference_mode(False), torch.enable_grad():
        leaf = x.clone().requires_grad_()
        return leaf, (leaf * leaf).exp().sum()


def by_a_node_called_by_hand(x):
    _leaf, loss = leaves_inference_mode(x)
    return loss.grad_fn.next_functions[0][0](torch.ones(()).expand(x.shape))


def by_what_a_node_keeps(x):
    _, loss = leaves_inference_mode(x)
    return loss.grad_fn.next_functions[0][0]._saved_result


@pytest.mark.parametrize("way", [by_a_node_called_by_hand, by_what_a_node_keeps])
def test_a_derivative_is_seen_however_it_is_taken(way):
    assert "torch.autograd.grad" in report_on(way, forbidden=FORBIDDEN).headline


def test_where_autograd_is_forbidden_torch_records_nothing():
    recorded = []

    def double(x):
        with torch.enable_grad():
            result = 2 * x.clone().requires_grad_()
        recorded.append(result.grad_fn)
        return result

    assert report_on(double, forbidden=FORBIDDEN).passed
    assert set(recorded) == {None}
    report_on(double)
    assert recorded[-1] is not None


TEXT = """
def soft(x):
    return torch.softmax(x, 0)
def attend(x):
    return torch._scaled_dot_product_attention_math(x, x, x)[0]
def by_hand(x):
    e = x.exp()
    return e / e.sum(0, keepdim=True)
"""


def test_compiled_from_text_a_function_is_seen_all_the_same():
    unit = torch.jit.CompilationUnit(TEXT)
    assert "softmax" in report_on(unit.soft, forbidden=FORBIDDEN).headline
    assert SDPA in report_on(lambda x: unit.attend(x[None, None]), forbidden=FORBIDDEN).headline
    observation = DOUBLE.check.observe(unit.by_hand, {"x": torch.eye(2)})
    assert (observation.ready_made, observation.error) == ((), None)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_honest_code_may_be_compiled():
    @torch.jit.script
    def double(x):
        return x.exp().log() * 2

    assert report_on(double, forbidden=FORBIDDEN).passed


def test_what_a_function_does_below_itself_is_its_own_business():
    def double(x):
        F.cross_entropy(x, torch.zeros(len(x), dtype=torch.long))  # a log_softmax below
        return 2 * x

    assert report_on(double, forbidden=("torch.nn.functional.log_softmax",)).passed


@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad, torch.inference_mode])
def test_a_mode_of_autograd_is_no_derivative(mode):
    def double(x):
        with mode():
            return 2 * x

    assert report_on(double, forbidden=FORBIDDEN).passed
    assert report_on(mode()(lambda x: 2 * x), forbidden=FORBIDDEN).passed


def test_right_values_do_not_excuse_it():
    report = report_on(lambda x: 2 * x + 0 * x.softmax(0), forbidden=FORBIDDEN)
    assert (report.passed, report.failed) == (False, 0)


@pytest.mark.parametrize("way", [way for way, name in WAYS.values() if name in FORBIDDEN])
def test_what_is_not_forbidden_is_not_named(way):
    def double(x):
        way(x)
        return 2 * x

    assert report_on(double).passed


def test_module_of_whole_weeks_are_always_watched():
    for way in (by_multihead, by_encoder_layer, by_transformers):
        assert report_on(way).headline.startswith("calls ")


def test_hugging_faces_conv1d_is_a_linear_layer_like_any_other():
    from transformers.pytorch_utils import Conv1D

    def double(x):
        layer = Conv1D(x.shape[1], x.shape[1])
        layer.weight.data = 2 * torch.eye(x.shape[1])
        return layer(x)

    assert report_on(double, forbidden=FORBIDDEN, random_state="allowed").passed


def test_the_watch_ends_with_the_call():
    report_on(lambda x: 2 * x, forbidden=FORBIDDEN)
    observation = DOUBLE.check.observe(lambda x: 2 * x, {"x": torch.eye(2).softmax(0)})
    nn.MultiheadAttention(2, 1)(*[torch.zeros(1, 2)] * 3)
    assert observation.ready_made == ()
