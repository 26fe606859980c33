"""The answer key of week 10's shape table: HF's GPT-2 small and autograd, on tensors without numbers."""

import functools
from typing import TYPE_CHECKING, cast

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_config import eager_config
from utils.answers.oracles.shapes import gradient_of, table_maker
from utils.checks import week10_learning as checks

if TYPE_CHECKING:
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block


@functools.cache
def _shapes(batch: int, seq: int) -> dict[str, tuple[int, ...]]:
    from transformers import GPT2LMHeadModel

    with torch.device("meta"):
        model = GPT2LMHeadModel(eager_config())
        tokens = torch.zeros(batch, seq, dtype=torch.long)
    first = cast("GPT2Block", model.transformer.h[0]).mlp.c_fc
    seen: dict[str, torch.Tensor] = {}

    def note(module, given, output):
        seen.update(x=given[0], pre=output)

    handle = first.register_forward_hook(note)
    logits = model(tokens, attention_mask=torch.ones_like(tokens), use_cache=False).logits
    handle.remove()
    for kept in (logits, *seen.values()):
        kept.retain_grad()
    judged = logits[:, :-1]
    loss = torch.nn.functional.cross_entropy(judged.mT, tokens[:, 1:])
    loss.backward()
    square = torch.optim.AdamW([first.bias]).param_groups[0]["params"][0].grad.square()
    grad_W_in, grad_b_in = gradient_of(first.weight), gradient_of(first.bias)
    norm = torch.nn.utils.get_total_norm([grad_W_in, grad_b_in])
    tensors = {
        "logits": logits, "judged_logits": judged, "loss": loss, "grad_logits": logits.grad, "x": seen["x"],
        "W_in": first.weight, "pre": seen["pre"], "grad_pre": gradient_of(seen["pre"]),
        "grad_W_in": grad_W_in, "grad_b_in": grad_b_in, "grad_x": gradient_of(seen["x"]),
        "square_b_in": square, "grad_norm": norm,
    }  # fmt: skip
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _expected(row):
    return _shapes(batch=2, seq=6)[row]


_table = table_maker(checks.shape_table, _expected)


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
    mistakes=(
        Mistake(
            "every position judged",
            "the last position has no next token in the batch: nothing judges it",
            "six tokens: how many of them have a token after them?",
            _table(judged_logits=(2, 6, 50257)),
        ),
        Mistake(
            "gradient of the judged logits only",
            "the gradient has the shape of what it is the gradient of, zeros and all",
            "what is the gradient of a logit that nothing judges?",
            _table(grad_logits=(2, 5, 50257)),
        ),
        Mistake(
            "one gradient for each target",
            "all logits of a position have a gradient, not only that of the right token",
            "what happens to the loss when the logit of a wrong token grows?",
            _table(grad_logits=(2, 6)),
        ),
        Mistake(
            "loss with one entry",
            "a single number has no axis at all",
            "what is the shape of torch.tensor(3.0)?",
            _table(loss=(1,), grad_norm=(1,)),
        ),
        Mistake(
            "a loss for each prediction",
            "the losses are averaged before backward() starts",
            "the mean of some numbers is how many numbers?",
            _table(loss=(2, 5)),
        ),
        Mistake(
            "W_in transposed",
            "W_in leads from d_model to d_mlp, in this order",
            "x @ W_in: which axis of W_in meets the last one of x?",
            _table(W_in=(3072, 768), grad_W_in=(3072, 768)),
        ),
        Mistake(
            "grad_W_in with a batch axis",
            "the prompts' shares of a weight's gradient are added up: the batch axis is gone",
            "the gradient has the shape of its weight",
            _table(grad_W_in=(2, 768, 3072)),
        ),
        Mistake(
            "grad_b_in like pre",
            "a bias has one gradient for each of its numbers, summed over all tokens",
            "the gradient has the shape of its bias",
            _table(grad_b_in=(2, 6, 3072)),
        ),
        Mistake(
            "b_in of d_model",
            "b_in is added to the neurons, before GELU: it has one number for each of them",
            "which of the MLP's two biases is meant?",
            _table(grad_b_in=(768,), square_b_in=(768,)),
        ),
        Mistake(
            "pre of d_model",
            "the neurons are d_mlp in number",
            "what does W_in lead to?",
            _table(pre=(2, 6, 768), grad_pre=(2, 6, 768)),
        ),
        Mistake(
            "grad_x of d_mlp",
            "the way back leads from d_mlp to d_model",
            "the gradient has the shape of x",
            _table(grad_x=(2, 6, 3072)),
        ),
        Mistake(
            "grad_x without the tokens",
            "each token's vector has a gradient of its own; only weights are shared",
            "the gradient has the shape of x",
            _table(grad_x=(768,)),
        ),
        Mistake(
            "one square for the whole bias",
            "AdamW keeps a mean for every single number",
            "how large does AdamW make a model's memory?",
            _table(square_b_in=()),
        ),
        Mistake(
            "both moments together",
            "this is one of AdamW's two moments",
            "the mean of the squares alone",
            _table(square_b_in=(2, 3072)),
        ),
        Mistake(
            "a norm for each parameter",
            "there is one norm over all gradients together",
            "how many numbers does clip_grad_norm return?",
            _table(grad_norm=(148,)),
        ),
        Mistake(
            "last position's logits only",
            "in training every position predicts its next token",
            "which axis of the logits is seq?",
            _table(logits=(2, 50257), judged_logits=(2, 50257), grad_logits=(2, 50257)),
        ),
    ),
)
