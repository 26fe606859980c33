"""The answer key of week 11's shape table: HF's GPT-2 small and torch's AdamW, on tensors without numbers."""

import functools

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_config import eager_config
from utils.answers.oracles.shapes import gradient_of, table_maker
from utils.checks import week11_training as checks


@functools.cache
def _shapes(batch: int, seq: int) -> dict[str, tuple[int, ...]]:
    from transformers import GPT2LMHeadModel

    with torch.device("meta"):
        model = GPT2LMHeadModel(eager_config())
        tokens = torch.zeros(batch, seq, dtype=torch.long)
    logits = model(tokens, attention_mask=torch.ones_like(tokens), use_cache=False).logits
    judged, targets = logits[:, :-1], tokens[:, 1:]
    losses = torch.nn.functional.cross_entropy(judged.mT, targets, reduction="none")
    loss = losses.mean()
    loss.backward(retain_graph=True)
    table, places = model.transformer.wte.weight, model.transformer.wpe.weight
    once = tuple(gradient_of(table).shape)
    for _ in range(3):
        loss.backward(retain_graph=True)
    table_grad, places_grad = gradient_of(table), gradient_of(places)
    return {
        "tokens": tuple(tokens.shape),
        "logits": tuple(logits.shape),
        "judged_logits": tuple(judged.shape),
        "targets": tuple(targets.shape),
        "token_losses": tuple(losses.shape),
        "loss": tuple(loss.shape),
        "W_E_grad": once,
        "W_E_grad_accumulated": tuple(table_grad.shape),
        "W_pos_grad": tuple(places_grad.shape),
        "W_E_moment": tuple(torch.empty_like(table).shape),
        "grad_norm": tuple(torch.nn.utils.get_total_norm([table_grad, places_grad]).shape),
    }


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
            _table(judged_logits=(2, 6, 50257), targets=(2, 6), token_losses=(2, 6)),
        ),
        Mistake(
            "targets as one-hot rows",
            "a target is one id, not a row of the vocabulary's size",
            "which numbers judge the logits?",
            _table(targets=(2, 5, 50257)),
        ),
        Mistake(
            "a loss for each row",
            "backward() starts from a single number",
            "the mean over which axes?",
            _table(loss=(2,)),
        ),
        Mistake(
            "loss with one entry",
            "a single number has no axis at all",
            "what is the shape of torch.tensor(3.0)?",
            _table(loss=(1,), grad_norm=(1,)),
        ),
        Mistake(
            "losses for each entry of the vocabulary",
            "each target has one −log p; the other logits only share the normaliser",
            "how many numbers does gather pick for each position?",
            _table(token_losses=(2, 5, 50257)),
        ),
        Mistake(
            "gradient for this batch's rows only",
            "the gradient has the shape of its parameter, with zeros or not",
            "parameter.grad is as large as parameter",
            _table(W_E_grad=(2, 6, 768), W_E_grad_accumulated=(2, 6, 768), W_E_moment=(2, 6, 768)),
        ),
        Mistake(
            "gradient with a batch axis",
            "the examples' gradients are added up: the batch axis is gone",
            "parameter.grad is as large as parameter",
            _table(W_E_grad=(2, 50257, 768), W_E_grad_accumulated=(2, 50257, 768), W_pos_grad=(2, 1024, 768)),
        ),
        Mistake(
            "four gradients side by side",
            "backward() adds to the gradient that is there; it makes no second one",
            "does accumulating take four times the memory?",
            _table(W_E_grad_accumulated=(4, 50257, 768)),
        ),
        Mistake(
            "gradient of six places",
            "W_pos has n_ctx rows, and so has its gradient; most of its rows are 0 here",
            "parameter.grad is as large as parameter",
            _table(W_pos_grad=(6, 768)),
        ),
        Mistake(
            "one moment for the whole matrix",
            "AdamW keeps a mean for every single weight",
            "how large does AdamW make a model's memory?",
            _table(W_E_moment=()),
        ),
        Mistake(
            "a norm for each parameter",
            "clip_grad_norm has one norm for all gradients together",
            "how many numbers does it return?",
            _table(grad_norm=(148,)),
        ),
        Mistake(
            "last position's logits only",
            "in training every position predicts its next token",
            "which axis of the logits is seq?",
            _table(logits=(2, 50257), judged_logits=(2, 50257)),
        ),
    ),
)
