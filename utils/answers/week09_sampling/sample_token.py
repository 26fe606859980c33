"""The answer key of `sample_token`: each token with the frequency of its softmax in float64."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.week09_sampling._pieces import CHANCE
from utils.checks import week09_sampling as checks
from utils.checks.measure.sampling_statistics import DRAWS, checked_ids, token_frequencies
from utils.checks.watch.global_random import untouched_numbers


def _expected(*, logits, seed):
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


ANSWER_KEY = AnswerKey(
    check=checks.sample_token,
    expected=_expected,
    observe=_observed,
    reference="softmax's probabilities",
    tolerance=CHANCE,
)
