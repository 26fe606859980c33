"""The answer key of `sample_token`: each token with the frequency of its softmax in float64."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week09_sampling._pieces import CHANCE
from utils.checks import week09_sampling as checks
from utils.checks.measure.sampling_statistics import DRAWS, checked_ids, token_frequencies
from utils.checks.watch.global_random import untouched_numbers


def _expected(logits, seed):
    rows = len(logits)
    said = {
        "shapes": [[DRAWS * rows], [rows]],
        "how often each token was drawn": logits.double().softmax(dim=-1).float(),
        "the generator's next draws are others": logits.shape[-1] > 1,
    }
    if seed is None:
        return said
    return said | {"the same seed draws the same": True, "torch's own next numbers": untouched_numbers()}


def _observed(output, logits, seed):
    """Return frequencies and comparisons of the drawn tokens."""
    many, once, few, following, again = (output[n] for n in ("many", "once", "few", "next", "few again"))
    checked_ids(once, logits.shape[-1])
    said = {
        "shapes": [list(many.shape), list(once.shape)],
        "how often each token was drawn": token_frequencies(many, logits.shape[-1]),
        "the generator's next draws are others": not torch.equal(few, following),
    }
    if seed is None:
        return said
    own = output["torch's own next numbers"]
    return said | {"the same seed draws the same": torch.equal(few, again), "torch's own next numbers": own}


def _draw(shares, generator=None):
    """Return one index per row by inverse transform sampling from the cumulative probabilities."""
    fall = torch.rand(len(shares), 1, generator=generator, dtype=torch.float64)
    summed = shares.double().cumsum(-1)
    return (fall * summed[:, -1:] >= summed).sum(-1)


def _by(shares):
    return lambda logits, generator=None: _draw(shares(logits), generator)


def _reseeded(logits, generator=None):
    return _draw(logits.softmax(-1), torch.Generator().manual_seed(0))


def _one_for_all(logits, generator=None):
    return _draw(logits[:1].softmax(-1), generator).expand(len(logits))


def _same_luck(logits, generator=None):
    """Draw with one random number for all rows."""
    fall = torch.rand(1, generator=generator)
    return (fall >= logits.softmax(-1).cumsum(-1)).sum(-1).clamp(max=logits.shape[-1] - 1)


ANSWER_KEY = AnswerKey(
    check=checks.sample_token,
    expected=_expected,
    observe=_observed,
    reference="softmax's probabilities",
    tolerance=CHANCE,
    mistakes=(
        Mistake(
            "softmax twice",
            "softmax is taken of probabilities: the draws are nearly even",
            "how many softmaxes lie between the logits and the draw?",
            _by(lambda logits: logits.softmax(-1).softmax(-1)),
        ),
        Mistake(
            "always the largest",
            "the most probable token comes every time: nothing is drawn",
            "greedy was the first exercise; which torch function draws by given weights?",
            lambda logits, generator=None: logits.max(-1).indices,
        ),
        Mistake(
            "all equally often",
            "every token comes equally often, whatever its logit",
            "where do the logits come in?",
            _by(lambda logits: torch.ones_like(logits)),
        ),
        Mistake(
            "only the possible, equally often",
            "every token that is not −inf comes equally often",
            "how much more probable is a logit that is larger by 1?",
            _by(lambda logits: logits.isfinite().float()),
        ),
        Mistake(
            "logits as weights",
            "the logits themselves are the weights, negative ones cut off",
            "which function makes probabilities of logits?",
            _by(lambda logits: logits.clamp(min=1e-9)),
        ),
        Mistake(
            "sigmoid",
            "each logit goes through a sigmoid, which does not look at the other tokens",
            "which function makes logits compete with each other?",
            _by(torch.sigmoid),
        ),
        Mistake(
            "exp without a maximum",
            "e to the power of a large logit is inf, and the draw is spoilt",
            "your softmax of week 1 subtracts the largest logit first",
            lambda logits, generator=None: _draw(logits.exp().nan_to_num(posinf=0.0), generator).clamp(
                max=logits.shape[-1] - 1
            ),
        ),
        Mistake(
            "softmax over the batch",
            "softmax runs over the rows: prompts compete with each other",
            "which dim is d_vocab?",
            _by(lambda logits: logits.softmax(0)),
        ),
        Mistake(
            "one draw for all rows",
            "one token is drawn for the first row and given to all",
            "each row draws for itself",
            _one_for_all,
        ),
        Mistake(
            "one random number for all rows",
            "all rows share one random number, so that equal rows always get equal tokens",
            "each row needs luck of its own",
            _same_luck,
        ),
        Mistake(
            "an axis too many",
            "the result keeps an axis of size 1: shape (batch, 1)",
            "multinomial gives a column for each draw; one token for each row is asked for",
            lambda logits, generator=None: _draw(logits.softmax(-1), generator)[:, None],
        ),
        Mistake(
            "generator ignored",
            "the draws come from torch's own generator: the same seed does not draw the same",
            "to which call must the generator be passed on?",
            lambda logits, generator=None: _draw(logits.softmax(-1)),
        ),
        Mistake(
            "seeded anew",
            "a fresh generator with a fixed seed is made in every call: every call draws the same",
            "use the generator that you are given",
            _reseeded,
        ),
        Mistake(
            "least probable most often",
            "the signs are wrong: the least probable token comes most often",
            "softmax of the logits, not of minus the logits",
            _by(lambda logits: (-logits).masked_fill(logits.isinf(), -1e4).softmax(-1)),
        ),
    ),
)
