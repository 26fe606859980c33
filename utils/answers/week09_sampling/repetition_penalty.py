"""The answer key of `repetition_penalty`: HF's RepetitionPenaltyLogitsProcessor, which is CTRL's."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_generation import processed, repetition
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, counts, seen
from utils.checks import week09_sampling as checks


def _expected(logits, tokens, penalty):
    return processed(logits, repetition(penalty), tokens=tokens)


def _smaller(logits, penalty):
    """Each logit made smaller, whatever its sign: |logit| grows on one side of 0 and shrinks on the other."""
    return logits.clamp(min=0.0) / penalty + logits.clamp(max=0.0) * penalty


def _changed(change=_smaller, which=lambda tokens, d_vocab: seen(tokens, d_vocab)):
    def wrong(logits, tokens, penalty):
        return torch.where(which(tokens, logits.shape[-1]), change(logits, penalty), logits)

    return wrong


def _each_time(logits, tokens, penalty):
    strength = penalty ** counts(tokens, logits.shape[-1]).to(logits.dtype)
    return _smaller(logits, strength)


ANSWER_KEY = AnswerKey(
    check=checks.repetition_penalty,
    expected=_expected,
    reference="HF's RepetitionPenaltyLogitsProcessor",
    tolerance=EXACT_LOGITS,
    mistakes=(
        Mistake(
            "negative ones divided, too",
            "a negative logit is divided: −3 becomes −1.5, and the token more probable than before",
            "in which direction must a negative logit go, and which operation takes it there?",
            _changed(lambda logits, penalty: logits / penalty),
        ),
        Mistake(
            "multiplied",
            "the logits are multiplied: a positive one grows, and the token gets more probable",
            "in which direction must a positive logit go, and which operation takes it there?",
            _changed(lambda logits, penalty: logits * penalty),
        ),
        Mistake(
            "signs swapped",
            "positive logits are multiplied and negative ones divided: repeating is rewarded",
            "in which direction must each of the two kinds go?",
            _changed(lambda logits, penalty: _smaller(logits, 1 / penalty)),
        ),
        Mistake(
            "subtracted",
            "the penalty is subtracted: that is the other penalty, the one of the next exercise",
            "this penalty is a factor",
            _changed(lambda logits, penalty: logits - penalty),
        ),
        Mistake(
            "once for each time",
            "a token that came three times is punished three times",
            "does it matter here how often a token has come?",
            _each_time,
        ),
        Mistake(
            "last token only",
            "only the last token is punished",
            "which tokens have come before? All of the row, the prompt's too",
            _changed(which=lambda tokens, d_vocab: seen(tokens[:, -1:], d_vocab)),
        ),
        Mistake(
            "last token left out",
            "the last token is not punished",
            "which tokens have come before? All of the row, the last one too",
            _changed(which=lambda tokens, d_vocab: seen(tokens[:, :-1], d_vocab)),
        ),
        Mistake(
            "the whole batch's tokens",
            "tokens that came in other prompts are punished as well",
            "each row of logits goes with its own row of tokens",
            _changed(which=lambda tokens, d_vocab: seen(tokens.reshape(1, -1), d_vocab)),
        ),
        Mistake(
            "the first prompt's tokens",
            "the tokens of the first prompt are punished in every row",
            "each row of logits goes with its own row of tokens",
            _changed(which=lambda tokens, d_vocab: seen(tokens[:1], d_vocab)),
        ),
        Mistake(
            "new tokens punished",
            "the tokens that have not come yet are punished",
            "which ones should become less probable?",
            _changed(which=lambda tokens, d_vocab: ~seen(tokens, d_vocab)),
        ),
        Mistake(
            "all tokens punished",
            "every token is punished, whether it has come or not",
            "where do `tokens` come in?",
            _changed(which=lambda tokens, d_vocab: torch.ones((), dtype=torch.bool)),
        ),
        Mistake(
            "forbidden",
            "a token that has come can never come again",
            "less probable, not impossible",
            _changed(lambda logits, penalty: torch.full_like(logits, -torch.inf)),
        ),
        Mistake(
            "nothing punished",
            "the logits come back as they were",
            "an index with a list makes a copy: does your change reach the logits?",
            lambda logits, tokens, penalty: logits.clone(),
        ),
    ),
)
