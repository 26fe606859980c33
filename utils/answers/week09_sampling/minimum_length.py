"""The answer key of `minimum_length`: HF's MinNewTokensLengthLogitsProcessor."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_generation import minimum as hf_minimum
from utils.answers.oracles.hf_generation import processed
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, normalise_hidden, without
from utils.checks import week09_sampling as checks


def _expected(logits, tokens, prompt_length, minimum, stop_token):
    return processed(logits, hf_minimum(prompt_length, minimum, stop_token), tokens=tokens)


def _hide(logits, which, value=-torch.inf):
    """The logits with one column hidden."""
    return without(logits, torch.arange(logits.shape[-1], device=logits.device) == which, value)


def _if(too_short, hide=_hide):
    """Return a mistake that hides the stop token if `too_short(new, minimum, all)`."""

    def wrong(logits, tokens, prompt_length, minimum, stop_token):
        total = tokens.shape[1]
        return (
            hide(logits, stop_token) if too_short(total - prompt_length, minimum, total) else logits.clone()
        )

    return wrong


def _right(new, minimum, total):
    return new < minimum


ANSWER_KEY = AnswerKey(
    check=checks.minimum_length,
    expected=_expected,
    reference="HF's MinNewTokensLengthLogitsProcessor",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
    mistakes=(
        Mistake(
            "the prompt counts",
            "the prompt's tokens count as if the model had written them",
            "how many tokens are new?",
            _if(lambda new, minimum, total: total < minimum),
        ),
        Mistake(
            "one more than the minimum",
            "with exactly `minimum` new tokens the text may not end yet",
            "how many new tokens are enough?",
            _if(lambda new, minimum, total: new <= minimum),
        ),
        Mistake(
            "one fewer than the minimum",
            "the text may end one token too early",
            "how many new tokens are there before the stop token?",
            _if(lambda new, minimum, total: new + 1 < minimum),
        ),
        Mistake(
            "never an end",
            "the text may never end",
            "when is the minimum reached?",
            _if(lambda new, minimum, total: True),
        ),
        Mistake(
            "no minimum",
            "the text may end at once",
            "what has to be hidden while the text is too short?",
            _if(lambda new, minimum, total: False),
        ),
        Mistake(
            "the wrong way round",
            "the stop token is hidden once the minimum is reached, and not before",
            "in which of the two cases must the text go on?",
            _if(lambda new, minimum, total: new >= minimum),
        ),
        Mistake(
            "0 for the stop token",
            "the stop token gets logit 0, which softmax gives a share: e⁰ = 1",
            "which logit does softmax turn into exactly 0?",
            _if(_right, lambda logits, which: _hide(logits, which, 0.0)),
        ),
        Mistake(
            "first prompt only",
            "only the first prompt is kept from ending",
            "what holds for all rows is an index to the last axis",
            _if(_right, lambda logits, which: torch.cat([_hide(logits[:1], which), logits[1:]])),
        ),
        Mistake(
            "last token of the vocabulary",
            "the last token of the vocabulary is hidden, whatever the stop token is",
            "which column belongs to stop_token?",
            _if(_right, lambda logits, which: _hide(logits, logits.shape[-1] - 1)),
        ),
        Mistake(
            "everything else hidden",
            "all tokens but the stop token are hidden",
            "which token must not come?",
            _if(_right, lambda logits, which: without(logits, torch.arange(logits.shape[-1]) != which)),
        ),
    ),
)
