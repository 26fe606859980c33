"""The answer key of `beam_search`: HF's beam search, which stops only when no better text is possible."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_generation import continued
from utils.checks import week09_sampling as checks


def _expected(model, tokens, n_new, n_beams, how):
    asked = {
        "num_beams": n_beams,
        "early_stopping": "never",
        "length_penalty": how.get("length_penalty", 1.0),
    }
    greedy = n_beams == 1
    stop_token = how.get("stop_token")
    return continued(model, tokens[None], n_new, stop_token, **({} if greedy else asked))[0]


def _all_candidates(beams, gains):
    """Every beam with every token, and its score, best first."""
    found = [
        (score + gain, [*row, token])
        for (score, row), steps in zip(beams, gains.tolist(), strict=True)
        for token, gain in enumerate(steps)
    ]
    return sorted(found, key=lambda pair: -pair[0])


def _best_of_each(beams, gains):
    """The best continuation of each beam, so that beams never meet."""
    found = []
    for (score, row), steps in zip(beams, gains.tolist(), strict=True):
        best, gain = max(enumerate(steps), key=lambda pair: pair[1])
        found.append((score + gain, [*row, best]))
    return sorted(found, key=lambda pair: -pair[0])


def _first_then_each(beams, gains):
    return _all_candidates(beams, gains) if len(beams) == 1 else _best_of_each(beams, gains)


def _searching(
    gain=lambda logits: logits.log_softmax(-1),
    candidates=_all_candidates,
    start=0.0,
    look=lambda n_beams: 2 * n_beams,
    value=lambda score, new, length, penalty: score / new**penalty,
    ended=lambda row, stop: row[-1] == stop,
    choose=lambda done, running: max(done + running, key=lambda pair: pair[0])[1],
    go_on=False,
    accumulate=True,
    penalty=lambda asked: asked,
    extra=0,
    value_of_running=None,
):
    """A beam search in plain lists, of which each mistake changes one piece."""

    def beam_search(model, tokens, n_new, n_beams, stop_token=None, length_penalty=1.0):
        prompt, strength = tokens.tolist(), penalty(length_penalty)
        beams, done = [(start, prompt)], []
        for new in range(1, n_new + 1 + extra):
            with torch.no_grad():
                logits = model(torch.tensor([row for _, row in beams]))[:, -1]
            base = beams if accumulate else [(start, row) for _, row in beams]
            best = candidates(base, gain(logits))[: look(n_beams)]
            over = [stop_token is not None and ended(row, stop_token) for _, row in best]
            done += [
                (value(score, new, new + len(prompt), strength), row)
                for (score, row), end in list(zip(best, over, strict=True))[:n_beams]
                if end
            ]
            beams = [pair for pair, end in zip(best, over, strict=True) if go_on or not end][:n_beams]
            if not beams:
                break
        value_at_end = value_of_running or value
        running = [(value_at_end(score, new, new + len(prompt), strength), row) for score, row in beams]
        return torch.tensor(choose(done, running))

    return beam_search


ANSWER_KEY = AnswerKey(
    check=checks.beam_search,
    expected=_expected,
    reference="HF's beam search",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "logits summed",
            "logits are summed, and those of different steps cannot be compared",
            "which function turns logits into numbers whose sum is the log-probability of the whole text?",
            _searching(gain=lambda logits: logits),
        ),
        Mistake(
            "probabilities summed",
            "probabilities are summed: the probability of a text is a product",
            "of what do you have to take the sum so that it stands for a product?",
            _searching(gain=lambda logits: logits.softmax(-1)),
        ),
        Mistake(
            "best of each beam",
            "each beam keeps its own best continuation: two children of one beam never both stay",
            "the best of all candidates together, whichever beam they come from",
            _searching(candidates=_first_then_each),
        ),
        Mistake(
            "last step only",
            "a candidate's score is that of its last token alone",
            "what does a text's score add up?",
            _searching(accumulate=False),
        ),
        Mistake(
            "greedy",
            "all beams are one and the same: the greedy text comes back, whatever n_beams says",
            "how many different candidates go on after the first step?",
            lambda model, tokens, n_new, n_beams, stop_token=None, length_penalty=1.0: _searching()(
                model, tokens, n_new, 1, stop_token, length_penalty
            ),
        ),
        Mistake(
            "one token too many",
            "n_new + 1 tokens are added",
            "count the rounds of your loop",
            _searching(extra=1),
        ),
        Mistake(
            "stop token ignored",
            "a text goes on after its stop token",
            "what becomes of a candidate that ends with stop_token?",
            _searching(ended=lambda row, stop: False),
        ),
        Mistake(
            "finished texts go on",
            "a finished text is noted down, and grows on as a beam besides",
            "which candidates are the next beams?",
            _searching(go_on=True),
        ),
        Mistake(
            "beams die out",
            "a finished text takes up the place of a beam: fewer and fewer are left",
            "how many candidates must you look at so that n_beams unfinished ones are among them?",
            _searching(look=lambda n_beams: n_beams),
        ),
        Mistake(
            "not divided by the length",
            "scores of different lengths are compared as they are: short texts win",
            "what does length_penalty do to a score?",
            _searching(penalty=lambda asked: 0.0),
        ),
        Mistake(
            "finished texts not divided",
            "only the texts left after n_new rounds are divided by their length, not the finished ones",
            "when is a finished text's score divided?",
            _searching(
                value=lambda score, new, length, penalty: score,
                value_of_running=lambda score, new, length, penalty: score / new**penalty,
            ),
        ),
        Mistake(
            "always by the length",
            "length_penalty makes no difference: 1 is used whatever it is",
            "length to the power of what?",
            _searching(penalty=lambda asked: 1.0),
        ),
        Mistake(
            "prompt in the length",
            "the prompt's tokens count in the length",
            "how many tokens has the score summed up?",
            _searching(value=lambda score, new, length, penalty: score / length**penalty),
        ),
        Mistake(
            "first finished text",
            "the text that was finished first is returned, not the best one",
            "a better one may come later, or still be running",
            _searching(choose=lambda done, running: (done + running)[0][1]),
        ),
        Mistake(
            "finished texts first",
            "a finished text is returned although a running one has a better score",
            "which texts are compared at the end?",
            _searching(choose=lambda done, running: max(done or running, key=lambda pair: pair[0])[1]),
        ),
        Mistake(
            "running texts only",
            "the finished texts are forgotten",
            "which texts are compared at the end?",
            _searching(choose=lambda done, running: max(running or done, key=lambda pair: pair[0])[1]),
        ),
        Mistake(
            "worst beam",
            "the text with the smallest score is returned",
            "the largest log-probability is the one nearest to 0",
            _searching(choose=lambda done, running: min(done + running, key=lambda pair: pair[0])[1]),
        ),
        Mistake(
            "prompt missing",
            "the prompt is missing from the result",
            "the result begins with the prompt",
            lambda model, tokens, *how, **named: _searching()(model, tokens, *how, **named)[len(tokens) :],
        ),
    ),
)
