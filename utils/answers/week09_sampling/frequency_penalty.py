"""The answer key of `frequency_penalty`: each row's tokens counted one by one in Python."""

from collections import Counter

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, counts, seen
from utils.checks import week09_sampling as checks


def _expected(logits, tokens, penalty):
    less = torch.zeros_like(logits)
    for row, ids in zip(less, tokens.tolist(), strict=True):
        for token, times in Counter(ids).items():
            row[token] = penalty * times
    return logits - less


def _less(amount):
    """Return a mistake that subtracts `amount(tokens, d_vocab, penalty)` from the logits."""
    return lambda logits, tokens, penalty: logits - amount(tokens, logits.shape[-1], penalty)


def _shorter_table(logits, tokens, penalty):
    """bincount without minlength: a row's table ends at its largest id."""
    tables = torch.stack([torch.bincount(row) for row in tokens])
    return logits - penalty * tables


ANSWER_KEY = AnswerKey(
    check=checks.frequency_penalty,
    expected=_expected,
    reference="counting one by one",
    tolerance=EXACT_LOGITS,
    mistakes=(
        Mistake(
            "once for each token",
            "a token that came three times loses no more than one that came once: a presence penalty",
            "how often has each token come? Count, do not only look",
            _less(lambda tokens, d_vocab, penalty: penalty * seen(tokens, d_vocab)),
        ),
        Mistake(
            "added",
            "the penalty is added: what came often comes even more often",
            "in which direction should the logit go?",
            lambda logits, tokens, penalty: logits + penalty * counts(tokens, logits.shape[-1]),
        ),
        Mistake(
            "penalty ignored",
            "the counts themselves are subtracted",
            "how much does a token lose for each time?",
            _less(lambda tokens, d_vocab, penalty: counts(tokens, d_vocab)),
        ),
        Mistake(
            "multiplied",
            "the logits are divided by a factor: that was the penalty of the last exercise",
            "this penalty is subtracted",
            lambda logits, tokens, penalty: logits / (1 + penalty * counts(tokens, logits.shape[-1])),
        ),
        Mistake(
            "share instead of count",
            "what is subtracted depends on the share of the tokens, not on their number",
            "how often has it come? No division is needed",
            _less(lambda tokens, d_vocab, penalty: penalty * counts(tokens, d_vocab) / tokens.shape[1]),
        ),
        Mistake(
            "table too short",
            "the table of counts ends at the largest id that came, and does not fit the vocabulary",
            "the table has d_vocab entries: does your counting know d_vocab?",
            _shorter_table,
        ),
        Mistake(
            "the whole batch's tokens",
            "the tokens of all prompts are counted together",
            "each row of logits goes with its own row of tokens",
            _less(lambda tokens, d_vocab, penalty: penalty * counts(tokens.reshape(1, -1), d_vocab)),
        ),
        Mistake(
            "the first prompt's tokens",
            "the tokens of the first prompt are counted for every row",
            "each row of logits goes with its own row of tokens",
            _less(lambda tokens, d_vocab, penalty: penalty * counts(tokens[:1], d_vocab)),
        ),
        Mistake(
            "last token left out",
            "the last token is not counted",
            "which tokens have come? All of the row, the last one too",
            _less(lambda tokens, d_vocab, penalty: penalty * counts(tokens[:, :-1], d_vocab)),
        ),
        Mistake(
            "first time free",
            "the first time a token comes costs nothing",
            "the count is how often it has come, not how often it was repeated",
            _less(lambda tokens, d_vocab, penalty: penalty * (counts(tokens, d_vocab) - 1).clamp(min=0)),
        ),
        Mistake(
            "to the power",
            "the penalty is raised to the power of the count",
            "so much for each time: a product",
            _less(lambda tokens, d_vocab, penalty: penalty ** counts(tokens, d_vocab)),
        ),
        Mistake(
            "positions counted",
            "the positions 0, 1, 2 … are punished, not the tokens that stand there",
            "which tensor holds the ids?",
            _less(
                lambda tokens, d_vocab, penalty: (
                    penalty * (torch.arange(d_vocab) < tokens.shape[1]).to(tokens)
                )
            ),
        ),
    ),
)
