"""The answer key of `adjust_logits`: HF's penalties, then HF's warpers one after the other."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_generation import processed, temperature, top_k, top_p
from utils.answers.week09_sampling._pieces import (
    EXACT_LOGITS,
    before,
    kth,
    normalise_hidden,
    ranks,
    without,
)
from utils.checks import week09_sampling as checks


def _expected(logits, tokens, how):
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


def _penalties(logits, tokens, asked):
    for penalise in asked["penalties"]:
        logits = penalise(logits, tokens)
    return logits


def _temperature(logits, tokens, asked):
    value = asked["temperature"]
    return logits / value if value else without(torch.zeros_like(logits), ranks(logits) > 0)


def _top_k(logits, tokens, asked):
    k = asked["top_k"]
    return logits if k is None else without(logits, logits < kth(logits, min(k, logits.shape[-1])))


def _top_p(logits, tokens, asked):
    return without(logits, before(logits) >= asked["top_p"]) if asked["top_p"] < 1 else logits


STEPS = (_penalties, _temperature, _top_k, _top_p)


def adjusting(*steps, **always):
    """Return a function with the steps in this order; `always` overrides its arguments."""

    def adjust(logits, tokens, temperature=1.0, top_k=None, top_p=1.0, penalties=()):
        asked = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "penalties": penalties, **always}
        for step in steps:
            logits = step(logits, tokens, asked)
        return logits

    return adjust


def _last_penalty_only(logits, tokens, asked):
    for penalise in asked["penalties"]:
        changed = penalise(logits, tokens)
    return changed if asked["penalties"] else logits


def _backwards(logits, tokens, asked):
    return _penalties(logits, tokens, {"penalties": list(asked["penalties"])[::-1]})


ANSWER_KEY = AnswerKey(
    check=checks.adjust_logits,
    expected=_expected,
    reference="HF's processors in HF's order",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
    mistakes=(
        Mistake(
            "temperature before the penalties",
            "the temperature comes first, so that a penalty weighs more when it is cold",
            "the order in the text: penalties, temperature, top-k, top-p",
            adjusting(_temperature, _penalties, _top_k, _top_p),
        ),
        Mistake(
            "temperature last",
            "top-p looks at the probabilities at temperature 1, not at those that are drawn from",
            "the order in the text: penalties, temperature, top-k, top-p",
            adjusting(_penalties, _top_k, _top_p, _temperature),
        ),
        Mistake(
            "top-p before top-k",
            "top-p looks at all the logits, not at what top-k has left",
            "the order in the text, and each step takes what the step before it gives",
            adjusting(_penalties, _temperature, _top_p, _top_k),
        ),
        Mistake(
            "penalties last",
            "the penalties come last: the filters have decided without them",
            "the order in the text: penalties, temperature, top-k, top-p",
            adjusting(_temperature, _top_k, _top_p, _penalties),
        ),
        Mistake(
            "penalties ignored",
            "the penalties are not called",
            "each of them is a function: what does it take, and what does it give?",
            adjusting(*STEPS, penalties=()),
        ),
        Mistake(
            "last penalty only",
            "each penalty starts from the logits of the beginning: only the last one counts",
            "is the result of one penalty what the next one is given?",
            adjusting(_last_penalty_only, *STEPS[1:]),
        ),
        Mistake(
            "penalties backwards",
            "the last penalty is called first",
            "in the order in which they are given",
            adjusting(_backwards, *STEPS[1:]),
        ),
        Mistake(
            "top_k ignored",
            "top_k makes no difference",
            "which of your functions cuts off all but k tokens?",
            adjusting(*STEPS, top_k=None),
        ),
        Mistake(
            "top_p ignored",
            "top_p makes no difference",
            "which of your functions keeps the smallest set that reaches p?",
            adjusting(*STEPS, top_p=1.0),
        ),
        Mistake(
            "temperature ignored",
            "the temperature makes no difference",
            "which of your functions divides by it?",
            adjusting(*STEPS, temperature=1.0),
        ),
        Mistake(
            "probabilities returned",
            "softmax is taken here already; logits are asked for",
            "sample_token takes the softmax: done twice it would flatten everything",
            adjusting(*STEPS, lambda logits, tokens, asked: logits.softmax(-1)),
        ),
    ),
)
