"""The answer key of `greedy`: numpy's argmax, which takes the first of several equal ones."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week09_sampling as checks


def _expected(logits):
    return torch.from_numpy(logits[:, -1].numpy().argmax(axis=-1))


def _drawn(logits):
    dice = torch.Generator().manual_seed(1)
    return logits[:, -1].softmax(-1).multinomial(1, generator=dice).squeeze(1)


ANSWER_KEY = AnswerKey(
    check=checks.greedy,
    expected=_expected,
    reference="numpy's argmax",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "first position",
            "the logits after the first token are used: they guess the second token",
            "at which position does the model guess what comes after the whole prompt?",
            lambda logits: logits[:, 0].max(-1).indices,
        ),
        Mistake(
            "every position",
            "there is a guess for every position; only the one after the last token is asked for",
            "which axis has to be indexed away?",
            lambda logits: logits.max(-1).indices,
        ),
        Mistake(
            "over the positions",
            "the largest is looked for along the positions, not along the vocabulary",
            "which dim is d_vocab, counted from the end?",
            lambda logits: logits.max(1).indices,
        ),
        Mistake(
            "over the batch",
            "the largest is looked for along the batch: prompts compete with each other",
            "which dim is d_vocab, counted from the end?",
            lambda logits: logits[:, -1].max(0).indices,
        ),
        Mistake(
            "over everything",
            "one index for the whole batch: the largest is looked for in all rows at once",
            "without a dim, argmax runs through the whole tensor as if it had one axis",
            lambda logits: logits[:, -1].flatten().max(0).indices,
        ),
        Mistake(
            "over all positions of a prompt",
            "the largest logit of all positions together wins",
            "only the last position knows the whole prompt",
            lambda logits: logits.amax(1).max(-1).indices,
        ),
        Mistake(
            "the last prompt for all",
            "only the last prompt of the batch is looked at",
            "logits[-1] is the last prompt; which axis holds the positions?",
            lambda logits: logits[-1].max(-1).indices,
        ),
        Mistake(
            "the logit instead of the token",
            "the largest logit itself is returned, where its id is asked for",
            "max gives two things: the values and the indices",
            lambda logits: logits[:, -1].amax(-1),
        ),
        Mistake(
            "an axis too many",
            "the result keeps an axis of size 1: shape (batch, 1)",
            "keepdim keeps the axis; one number for each prompt is asked for",
            lambda logits: logits[:, -1].max(-1, keepdim=True).indices,
        ),
        Mistake(
            "last of equals",
            "of several equal logits the last id wins, and torch.argmax takes the first",
            "a stable order: which of two equal ones does argmax name?",
            lambda logits: logits.shape[-1] - 1 - logits[:, -1].flip(-1).max(-1).indices,
        ),
        Mistake(
            "least probable",
            "the smallest logit wins",
            "argmin or argmax?",
            lambda logits: logits[:, -1].min(-1).indices,
        ),
        Mistake(
            "drawn",
            "the token is drawn at random: greedy has nothing random about it",
            "which token is the most probable one?",
            _drawn,
        ),
    ),
)
