"""The answer key of `cloze_accuracy`: the model's greedy continuation, token by token."""

from functools import partial

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week08_weights as checks
from utils.checks.fakes.trainable_model import SmallModel


@torch.no_grad()
def _expected(weights, prompts, answers):
    model = SmallModel(weights)
    return _mean(_goes_on(model, *question) for question in zip(prompts, answers, strict=True))


@torch.no_grad()
def _goes_on(model, prompt, answer):
    """True if the model's greedy continuation of the prompt is the answer."""
    text = list(prompt)
    for _ in answer:
        text.append(model(torch.tensor([text]))[0, -1].argmax().item())
    return text == prompt + answer


@torch.no_grad()
def _hits(model, prompt, answer, back=1):
    """Return, for each token of the answer, True if it is the model's first choice there."""
    choices = model(torch.tensor([prompt + answer])).argmax(dim=-1)[0]
    start = len(prompt) - back
    return [choices[start + place].item() == token for place, token in enumerate(answer)]


def _judged(judge):
    """Return a mistake that judges each question's hits by `judge`."""
    return lambda model, prompts, answers: _mean(
        judge(_hits(model, *each)) for each in zip(prompts, answers, strict=True)
    )


def _mean(values):
    values = [float(value) for value in values]
    return sum(values) / len(values)


def _all_tokens(model, prompts, answers):
    hits = [hit for each in zip(prompts, answers, strict=True) for hit in _hits(model, *each)]
    return _mean(hits)


def _counted(model, prompts, answers):
    return float(sum(all(_hits(model, *each)) for each in zip(prompts, answers, strict=True)))


def _one_late(model, prompts, answers):
    return _mean(all(_hits(model, *each, back=0)) for each in zip(prompts, answers, strict=True))


@torch.no_grad()
def _among(model, prompts, answers, k):
    right = []
    for question in zip(prompts, answers, strict=True):
        prompt, answer = question
        best = model(torch.tensor([prompt + answer]))[0, len(prompt) - 1 : -1].topk(k).indices
        right.append((best == torch.tensor(answer)[:, None]).any(-1).all())
    return _mean(right)


@torch.no_grad()
def _likely(model, prompts, answers):
    right = []
    for question in zip(prompts, answers, strict=True):
        prompt, answer = question
        shares = model(torch.tensor([prompt + answer]))[0, len(prompt) - 1 : -1].softmax(-1)
        right.append((shares.gather(1, torch.tensor(answer)[:, None]) > 0.5).all())
    return _mean(right)


@torch.no_grad()
def _first_choice_throughout(model, prompts, answers):
    right = []
    for question in zip(prompts, answers, strict=True):
        prompt, answer = question
        choice = model(torch.tensor([prompt]))[0, -1].argmax().item()
        right.append(all(token == choice for token in answer))
    return _mean(right)


ANSWER_KEY = AnswerKey(
    check=checks.cloze_accuracy,
    expected=_expected,
    reference="what the model itself says",
    mistakes=(
        Mistake(
            "first token only",
            "an answer counts as right as soon as its first token is",
            "an answer may have several tokens",
            _judged(lambda hits: hits[0]),
        ),
        Mistake(
            "last token only",
            "only the answer's last token is looked at",
            "an answer may have several tokens",
            _judged(lambda hits: hits[-1]),
        ),
        Mistake(
            "any token",
            "an answer counts as right if one of its tokens is",
            "all of them",
            _judged(any),
        ),
        Mistake(
            "a share of each answer",
            "an answer that is half right counts half",
            "an answer is right or wrong",
            _judged(_mean),
        ),
        Mistake(
            "tokens counted",
            "the share of right tokens comes back, so that long answers count more",
            "the share of the questions",
            _all_tokens,
        ),
        Mistake(
            "number instead of share",
            "the number of right answers comes back",
            "over how many questions?",
            _counted,
        ),
        Mistake(
            "share of wrong answers",
            "the share of wrong answers comes back",
            "what is counted?",
            _judged(lambda hits: not all(hits)),
        ),
        Mistake(
            "one position late",
            "each token is compared with the guess of its own position, which has read it already",
            "which position guesses the first token of the answer?",
            _one_late,
        ),
        Mistake(
            "among the first two",
            "it is enough if the answer's tokens are among the model's first two choices",
            "the first choice",
            partial(_among, k=2),
        ),
        Mistake(
            "more than half",
            "a token has to have more than half of the probability; the likeliest may have less",
            "the first choice, however sure the model is of it",
            _likely,
        ),
        Mistake(
            "one guess for all tokens",
            "every token of the answer is compared with the guess after the prompt",
            "the second token is guessed after the first",
            _first_choice_throughout,
        ),
        Mistake(
            "first question only",
            "only the first question is answered",
            "does `return` stand inside the loop?",
            lambda model, prompts, answers: float(all(_hits(model, prompts[0], answers[0]))),
        ),
        Mistake(
            "last question only",
            "only the last question is counted",
            "does each question replace the one before it?",
            lambda model, prompts, answers: float(all(_hits(model, prompts[-1], answers[-1]))),
        ),
        Mistake(
            "prompt left out",
            "the model sees the answer without its prompt",
            "what stands before the answer?",
            lambda model, prompts, answers: _judged(lambda hits: all(hits))(
                model, [prompt[-1:] for prompt in prompts], answers
            ),
        ),
    ),
)
