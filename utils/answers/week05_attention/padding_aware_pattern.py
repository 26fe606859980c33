"""The answer key of `padding_aware_pattern`: HF's mask with padding."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_attention import visible
from utils.answers.week05_attention._pieces import hidden, pattern_of, put
from utils.checks import week05_attention as checks


def _expected_padding(scores, is_token):
    query, key = scores.shape[-2:]
    mask = visible(query, key, is_token)
    pattern = scores.double().masked_fill(~mask, -torch.inf).softmax(-1).nan_to_num(0.0)
    return pattern.float()


def _padding(hide, finish=lambda pattern: pattern.nan_to_num(0.0), value=-torch.inf):
    """A mistake of padding_aware_pattern: `hide(scores, is_token)` is True where it puts `value`."""
    return lambda scores, is_token: finish(put(scores, hide(scores, is_token), value).softmax(-1))


def _right_hide(scores, is_token):
    return hidden(scores) | ~is_token[:, None, None, :]


ANSWER_KEY = AnswerKey(
    check=checks.padding_aware_pattern,
    expected=_expected_padding,
    reference="HF's mask",
    mistakes=(
        Mistake(
            "padding seen",
            "the positions without a token get attention too",
            "where does is_token come in?",
            _padding(lambda scores, is_token: hidden(scores)),
        ),
        Mistake(
            "future seen",
            "only the padding is hidden, not the future",
            "a key is visible if it holds a token and is not in the future",
            _padding(lambda scores, is_token: ~is_token[:, None, None, :] | torch.zeros_like(scores).bool()),
        ),
        Mistake(
            "padding queries hidden",
            "the rows of the padding are hidden; its columns are not",
            "is_token speaks of keys here: which axis must it lie along?",
            _padding(lambda scores, is_token: hidden(scores) | ~is_token[:, None, :, None]),
        ),
        Mistake(
            "is_token inverted",
            "the tokens are hidden and the padding is shown",
            "is_token is True where there is a token",
            _padding(lambda scores, is_token: hidden(scores) | is_token[:, None, None, :]),
        ),
        Mistake(
            "NaN rows",
            "a query that may see nothing has a row of −inf, and its softmax is NaN",
            "what should such a row be? All shares 0",
            _padding(_right_hide, finish=lambda pattern: pattern),
        ),
        Mistake(
            "attention to nothing",
            "a query that may see nothing spreads its attention over everything",
            "what should such a row be? All shares 0",
            _padding(_right_hide, value=torch.finfo(torch.float32).min),
        ),
        Mistake(
            "padding queries emptied",
            "the rows of the padding are 0 throughout, also where there are tokens to see",
            "only a query that can see no key at all has a row of zeros",
            lambda scores, is_token: _expected_padding(scores, is_token) * is_token[:, None, :, None],
        ),
        Mistake(
            "shares set to 0 afterwards",
            "the padding's shares are set to 0 after the softmax, so that the rows do not add up to 1",
            "what the padding would have got must go to the tokens: mask first",
            lambda scores, is_token: pattern_of(scores) * is_token[:, None, None, :],
        ),
        Mistake(
            "mask on the CPU",
            "the mask is made on the CPU whatever the scores' device: on a GPU this line would fail",
            "torch.ones and its like take device=scores.device",
            lambda scores, is_token: (
                scores.masked_fill(
                    torch.ones(scores.shape[-2:]).triu(1).bool() | ~is_token[:, None, None, :], -torch.inf
                )
                .softmax(-1)
                .nan_to_num(0.0)
            ),
        ),
    ),
)
