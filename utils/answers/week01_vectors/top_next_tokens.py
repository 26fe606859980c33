"""The answer key of `top_next_tokens`: torch's softmax and a sort."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.answers.week01_vectors._pieces import log_shares, shares
from utils.checks import week01_vectors as checks


def _expected_top(logits, k):
    last = logits[:, -1]
    ordered = F.softmax(last.double(), dim=-1).to(last.dtype).sort(dim=-1, descending=True, stable=True)
    return ordered.values[:, :k], ordered.indices[:, :k]


def _best(values, k, largest=True):
    found = values.topk(k, dim=-1, largest=largest)
    return found.values, found.indices


def _ids_and_shares(logits, k):
    values, ids = _best(shares(logits[:, -1]), k)
    return ids, values


def _by_id(logits, k):
    values, ids = _best(shares(logits[:, -1]), k)
    order = ids.argsort(-1)
    return values.gather(-1, order), ids.gather(-1, order)


def _rising(logits, k):
    values, ids = _best(shares(logits[:, -1]), k)
    return values.flip(-1), ids.flip(-1)


def _among_themselves(logits, k):
    values, ids = _best(logits[:, -1], k)
    return shares(values), ids


_SHARES = Tolerance(
    2e-3, 1e-6, "of 50,257 shares added up in float32, many are lost beside a large one: up to a thousandth"
)

ANSWER_KEY = AnswerKey(
    check=checks.top_next_tokens,
    expected=_expected_top,
    tolerance=_SHARES,
    reference="torch",
    mistakes=(
        Mistake(
            "first position",
            "these are the guesses after the first token",
            "the next token comes after the last position",
            lambda logits, k: _best(shares(logits[:, 0]), k),
        ),
        Mistake(
            "every position",
            "there are guesses for every position; only the last one's are asked for",
            "which axis should be gone?",
            lambda logits, k: _best(shares(logits), k),
        ),
        Mistake(
            "last prompt",
            "the last prompt was taken where the last position was meant",
            "axis 0 is batch, axis 1 is seq",
            lambda logits, k: _best(shares(logits[-1]), k),
        ),
        Mistake(
            "logits",
            "the ids are right, but the first result holds logits, not probabilities",
            "which function turns scores into shares?",
            lambda logits, k: _best(logits[:, -1], k),
        ),
        Mistake(
            "log-probabilities",
            "the ids are right, but the first result holds logarithms of probabilities",
            "softmax, not log_softmax",
            lambda logits, k: _best(log_shares(logits[:, -1]), k),
        ),
        Mistake(
            "shares among the k",
            "the k shares add up to 1, as if there were no other tokens",
            "softmax first, over the whole vocabulary; then choose",
            _among_themselves,
        ),
        Mistake(
            "least likely",
            "these are the k unlikeliest tokens",
            "is the order rising or falling?",
            lambda logits, k: _best(shares(logits[:, -1]), k, largest=False),
        ),
        Mistake(
            "unlikeliest first",
            "the right tokens come in the wrong order: the likeliest should be first",
            "a sort rises unless told otherwise",
            _rising,
        ),
        Mistake(
            "sorted by id",
            "the right tokens come in the order of their ids: the likeliest should be first",
            "the order in which topk returns them",
            _by_id,
        ),
        Mistake(
            "order swapped",
            "the ids come first and the probabilities second",
            "the order in the return line: probabilities, ids",
            _ids_and_shares,
        ),
        Mistake(
            "ids only",
            "only the ids come back",
            "two results, separated by a comma: probabilities, ids",
            lambda logits, k: _ids_and_shares(logits, k)[0],
        ),
        Mistake(
            "only one",
            "only the likeliest token comes back, whatever k says",
            "argmax gives one; topk gives k",
            lambda logits, k: _best(shares(logits[:, -1]), 1),
        ),
        Mistake(
            "shares over the prompts",
            "the shares add up to 1 over the prompts of the batch",
            "the vocabulary is the last axis",
            lambda logits, k: _best(shares(logits[:, -1], 0), k),
        ),
        Mistake(
            "shares over the positions",
            "the shares add up to 1 over the positions of a prompt",
            "the vocabulary is the last axis",
            lambda logits, k: _best(shares(logits, 1)[:, -1], k),
        ),
        Mistake(
            "best anywhere",
            "each token counts with its highest logit at any position",
            "only the last position speaks of the next token",
            lambda logits, k: _best(shares(logits.amax(1)), k),
        ),
        Mistake(
            "mean over the positions",
            "the logits of all positions are averaged",
            "only the last position speaks of the next token",
            lambda logits, k: _best(shares(logits.mean(1)), k),
        ),
        Mistake(
            "softmax twice",
            "the probabilities have been through a second softmax, which makes them nearly equal",
            "one softmax turns logits into probabilities",
            lambda logits, k: _best(shares(shares(logits[:, -1])), k),
        ),
        Mistake(
            "each logit by itself",
            "each logit is squeezed between 0 and 1 by itself",
            "that is a sigmoid; probabilities of all tokens together add up to 1",
            lambda logits, k: _best(logits[:, -1].sigmoid(), k),
        ),
        Mistake(
            "first prompt only",
            "only the first prompt has guesses",
            "an index 0 where the batch axis should stay",
            lambda logits, k: _best(shares(logits[:1, -1]), k),
        ),
    ),
)
