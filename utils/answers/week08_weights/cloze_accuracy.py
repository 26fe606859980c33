"""The answer key of `cloze_accuracy`: the model's greedy continuation, token by token."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week08_weights as checks
from utils.checks.fakes.trainable_model import SmallModel


@torch.no_grad()
def _expected(*, weights, prompts, answers):
    model = SmallModel(weights)
    return _mean(_goes_on(model, *question) for question in zip(prompts, answers, strict=True))


@torch.no_grad()
def _goes_on(model, prompt, answer):
    """True if the model's greedy continuation of the prompt is the answer."""
    text = list(prompt)
    for _ in answer:
        text.append(model(torch.tensor([text]))[0, -1].argmax().item())
    return text == prompt + answer


def _mean(values):
    values = [float(value) for value in values]
    return sum(values) / len(values)


ANSWER_KEY = AnswerKey(
    check=checks.cloze_accuracy,
    expected=_expected,
    reference="the model's own greedy continuation",
)
