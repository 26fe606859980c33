"""The answer key of `logit_difference`: torch's gather, twice."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week12_inside as checks


def _expected(logits, right, wrong):
    pairs = torch.stack([right, wrong], dim=1)
    chosen = torch.gather(logits[:, -1], 1, pairs)
    return torch.sub(chosen[:, 0], chosen[:, 1])


def _of(logits, tokens):
    return torch.stack([row[token] for row, token in zip(logits, tokens, strict=True)])


ANSWER_KEY = AnswerKey(
    check=checks.logit_difference,
    expected=_expected,
    reference="torch's gather",
    mistakes=(
        Mistake(
            "sign swapped",
            "the sign is the wrong way round: positive should mean that the right answer is ahead",
            "what is subtracted from what?",
            lambda logits, right, wrong: _of(logits[:, -1], wrong) - _of(logits[:, -1], right),
        ),
        Mistake(
            "first position",
            "the first position's logits are compared",
            "which position guesses the token after the prompt?",
            lambda logits, right, wrong: _of(logits[:, 0], right) - _of(logits[:, 0], wrong),
        ),
        Mistake(
            "every position",
            "there is a difference for every position; one for each prompt is asked for",
            "which position guesses the token after the prompt?",
            lambda logits, right, wrong: _of(logits.movedim(2, 1), right) - _of(logits.movedim(2, 1), wrong),
        ),
        Mistake(
            "mean over the batch",
            "the prompts are averaged; one number for each of them is asked for",
            "the caller may average; this function keeps the batch axis",
            lambda logits, right, wrong: (_of(logits[:, -1], right) - _of(logits[:, -1], wrong)).mean(),
        ),
        Mistake(
            "one answer for all",
            "the first prompt's two answers are used for every prompt",
            "each prompt has its own two answers: row b goes with right[b] and wrong[b]",
            lambda logits, right, wrong: logits[:, -1, right[0]] - logits[:, -1, wrong[0]],
        ),
        Mistake(
            "probabilities",
            "these are differences of probabilities, not of logits",
            "no softmax here",
            lambda logits, right, wrong: (
                _of(logits[:, -1].softmax(-1), right) - _of(logits[:, -1].softmax(-1), wrong)
            ),
        ),
        Mistake(
            "distance",
            "the sign is lost: a prompt on which the wrong answer is ahead looks like a success",
            "no absolute value",
            lambda logits, right, wrong: (_of(logits[:, -1], right) - _of(logits[:, -1], wrong)).abs(),
        ),
        Mistake(
            "every pair of prompts",
            "every prompt meets every other prompt's answers: the result is a square",
            "row b goes with right[b]: gather, or two index tensors side by side",
            lambda logits, right, wrong: logits[:, -1][:, right] - logits[:, -1][:, wrong],
        ),
    ),
)
