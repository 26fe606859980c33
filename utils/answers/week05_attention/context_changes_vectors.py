"""The answer key of `context_changes_vectors`: torch's cosine similarity."""

from types import SimpleNamespace

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week05_attention as checks


def _word_vectors(W_E, W_V, token, tokens_a, tokens_b):
    """Each sentence's vectors before and after the head, and the word's position."""

    def sentence(tokens):
        x = F.embedding(tokens, W_E)
        values = F.linear(x, W_V.T)
        running = torch.stack([values[: i + 1].mean(0) for i in range(len(values))])
        return SimpleNamespace(before=x, after=running, at=(tokens == token).nonzero()[0].item())

    return sentence(tokens_a), sentence(tokens_b)


def _alike(one, other):
    return F.cosine_similarity(one, other, dim=0).item()


def _expected_context(W_E, W_V, token, tokens_a, tokens_b):
    a, b = _word_vectors(W_E, W_V, token, tokens_a, tokens_b)
    return _alike(a.before[a.at], b.before[b.at]), _alike(a.after[a.at], b.after[b.at])


def _context(result):
    """A mistake of context_changes_vectors: `result` takes the two sentences with their positions."""

    def wrong(W_E, head, tokens_a, tokens_b, token):
        def sentence(tokens):
            x = F.embedding(tokens, W_E)[None]
            return SimpleNamespace(before=x[0], after=head(x)[0], at=tokens.tolist().index(token))

        return result(sentence(tokens_a), sentence(tokens_b))

    return wrong


def _at(a, b, position):
    other = min(position, len(b.before) - 1)
    return _alike(a.before[position], b.before[other]), _alike(a.after[position], b.after[other])


ANSWER_KEY = AnswerKey(
    check=checks.context_changes_vectors,
    expected=_expected_context,
    reference="torch's cosine similarity",
    outputs=("before the head", "after it"),
    mistakes=(
        Mistake(
            "order swapped",
            "the two similarities come back in the wrong order",
            "which of the two should be 1, and where does it stand in your return line?",
            _context(
                lambda a, b: (_alike(a.after[a.at], b.after[b.at]), _alike(a.before[a.at], b.before[b.at]))
            ),
        ),
        Mistake(
            "first position",
            "the vectors at position 0 are compared, not those of the word",
            "where does the word stand in each sentence?",
            _context(lambda a, b: (_alike(a.before[0], b.before[0]), _alike(a.after[0], b.after[0]))),
        ),
        Mistake(
            "last position",
            "the vectors of the last token are compared, not those of the word",
            "where does the word stand in each sentence?",
            _context(lambda a, b: (_alike(a.before[-1], b.before[-1]), _alike(a.after[-1], b.after[-1]))),
        ),
        Mistake(
            "one position for both",
            "the word's position in the first sentence is used in the second one too",
            "the word may stand elsewhere in the other sentence",
            _context(lambda a, b: _at(a, b, a.at)),
        ),
        Mistake(
            "mean over the sentence",
            "the sentences' mean vectors are compared, not those of the word",
            "pick one position out of each sentence",
            _context(
                lambda a, b: (
                    _alike(a.before.mean(0), b.before.mean(0)),
                    _alike(a.after.mean(0), b.after.mean(0)),
                )
            ),
        ),
        Mistake(
            "dot product",
            "these are dot products, which also measure how long the vectors are",
            "cosine similarity divides by both lengths",
            _context(
                lambda a, b: (
                    (a.before[a.at] @ b.before[b.at]).item(),
                    (a.after[a.at] @ b.after[b.at]).item(),
                )
            ),
        ),
        Mistake(
            "distances",
            "these are distances: 0 means equal",
            "cosine similarity is 1 for vectors that point the same way",
            _context(
                lambda a, b: (
                    (a.before[a.at] - b.before[b.at]).norm().item(),
                    (a.after[a.at] - b.after[b.at]).norm().item(),
                )
            ),
        ),
        Mistake(
            "one minus similarity",
            "these are 1 minus the similarity",
            "cosine similarity is 1 for vectors that point the same way",
            _context(
                lambda a, b: (
                    1 - _alike(a.before[a.at], b.before[b.at]),
                    1 - _alike(a.after[a.at], b.after[b.at]),
                )
            ),
        ),
        Mistake(
            "before twice",
            "both numbers compare what is equal: the vectors before the head, or a sentence with itself",
            "which vectors have been through the head, and which sentence is which?",
            _context(lambda a, b: (_alike(a.before[a.at], b.before[b.at]),) * 2),
        ),
    ),
)
