"""The answer key of `adjust_logits`: HF's penalties, then HF's warpers one after the other."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_generation import processed, temperature, top_k, top_p
from utils.answers.week09_sampling._pieces import (
    EXACT_LOGITS,
    normalise_hidden,
)
from utils.checks import week09_sampling as checks


def _expected(*, logits, tokens, how):
    penalties = [checks.PENALTIES[name] for name in how.get("penalties", [])]
    by_name = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    cold = how.get("temperature") == 0
    chosen = [] if cold else [make(how[name]) for name, make in by_name.items() if how.get(name) is not None]
    for penalise in penalties:
        logits = penalise(logits, tokens)
    if not cold:
        return processed(logits, *chosen, tokens=tokens)
    best = torch.from_numpy(logits.numpy().argmax(axis=-1, keepdims=True))
    return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)


ANSWER_KEY = AnswerKey(
    check=checks.adjust_logits,
    expected=_expected,
    reference="HF's processors in HF's order",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
)
