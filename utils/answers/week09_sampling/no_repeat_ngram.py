"""The answer key of `no_repeat_ngram`: HF's NoRepeatNGramLogitsProcessor."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_generation import no_ngram_twice, processed
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, normalise_hidden
from utils.checks import week09_sampling as checks


def _expected(logits, tokens, n):
    return processed(logits, no_ngram_twice(n), tokens=tokens)


def _banning(
    size=lambda n: n,
    rows=lambda tokens: tokens,
    begin=0,
    value=-torch.inf,
    stop_early=0,
    compare=lambda run: run,
):
    """Return a filter that forbids in each row the tokens that followed its last n − 1 tokens before."""

    def wrong(logits, tokens, n):
        filtered, length = logits.clone(), size(n)
        for row, ids in enumerate(rows(tokens).tolist()):
            end = compare(ids[len(ids) - length + 1 :])
            for at in range(begin, len(ids) - length + 1 - stop_early):
                if len(ids) >= length and compare(ids[at : at + length - 1]) == end:
                    filtered[row, ids[at + length - 1]] = value
        return filtered

    return wrong


def _across_rows(logits, tokens, n):
    """Return a mistake in which a token that one row forbids is forbidden in all rows."""
    banned = torch.isneginf(_banning()(torch.zeros_like(logits), tokens, n))
    return logits.masked_fill(banned.any(0), -torch.inf)


def _every_last_token(logits, tokens, n):
    """The last token of every n-gram is forbidden, whatever came before it."""
    filtered = logits.clone()
    for row, ids in enumerate(tokens.tolist()):
        filtered[row, ids[n - 1 :]] = -torch.inf
    return filtered


def _first_match_only(logits, tokens, n):
    filtered = logits.clone()
    for row, ids in enumerate(tokens.tolist()):
        end = ids[len(ids) - n + 1 :]
        follow = [ids[at + n - 1] for at in range(len(ids) - n + 1) if ids[at : at + n - 1] == end]
        filtered[row, follow[:1]] = -torch.inf
    return filtered


ANSWER_KEY = AnswerKey(
    check=checks.no_repeat_ngram,
    expected=_expected,
    reference="HF's NoRepeatNGramLogitsProcessor",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
    mistakes=(
        Mistake(
            "n too small",
            "runs of n − 1 tokens are forbidden",
            "how many tokens stand before the one that would complete the run?",
            _banning(size=lambda n: max(1, n - 1)),
        ),
        Mistake(
            "n too large",
            "runs of n tokens still come twice: only longer ones are forbidden",
            "how many tokens stand before the one that would complete the run?",
            _banning(size=lambda n: n + 1),
        ),
        Mistake(
            "ban crosses rows",
            "what one row has written is forbidden in the others as well",
            "each row of logits goes with its own row of tokens",
            _across_rows,
        ),
        Mistake(
            "first row for all",
            "all rows are compared with the first row's tokens",
            "each row of logits goes with its own row of tokens",
            _banning(rows=lambda tokens: tokens[:1].expand(len(tokens), -1)),
        ),
        Mistake(
            "beginning ignored",
            "the run at the very beginning of the text may come again",
            "at which position does the first run begin?",
            _banning(begin=1),
        ),
        Mistake(
            "newest run ignored",
            "the run that ends with the last token may come again",
            "where does the last complete run begin? Count on paper, with 5 tokens and n = 2",
            _banning(stop_early=1),
        ),
        Mistake(
            "first match only",
            "when the last tokens have come several times, only their first continuation is forbidden",
            "how many earlier places can there be?",
            _first_match_only,
        ),
        Mistake(
            "order ignored",
            "runs with the same tokens in another order count as equal",
            "a run is a sequence, not a set",
            _banning(compare=sorted),
        ),
        Mistake(
            "every seen token",
            "nearly every token that has come is forbidden, whatever stands before it",
            "a token is forbidden only behind the same n − 1 tokens",
            _every_last_token,
        ),
        Mistake(
            "0 for the forbidden",
            "the forbidden tokens get logit 0, and softmax gives them a share: e⁰ = 1",
            "which logit does softmax turn into exactly 0?",
            _banning(value=0.0),
        ),
        Mistake(
            "nothing forbidden",
            "the logits come back as they were",
            "with n = 2: what came after the last token, the other times?",
            lambda logits, tokens, n: logits.clone(),
        ),
    ),
)
