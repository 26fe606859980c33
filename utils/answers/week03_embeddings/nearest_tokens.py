"""The answer key of `nearest_tokens`: torch's cosine similarity in float64, sorted."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week03_embeddings._ranks import cosines, ranked, without
from utils.checks import week03_embeddings as checks


def _expected_nearest(W_E, vector, k, exclude):
    return ranked(without(cosines(W_E, vector), exclude or ()), k)


def _by(measure, leave_out=without):
    """A mistake in the measure, or in how tokens are left out."""

    def wrong(W_E, vector, k, exclude=()):
        return ranked(leave_out(measure(W_E, vector), exclude), k)

    return wrong


def _smallest_first(measure):
    """A mistake in the order of the tokens."""

    def wrong(W_E, vector, k, exclude=()):
        ids, negated = ranked(without(-measure(W_E, vector), exclude), k)
        return ids, -negated

    return wrong


def _then(change):
    """A mistake in the result: `change` takes the ids, the similarities, W_E and the vector."""

    def wrong(W_E, vector, k, exclude=()):
        ids, similarities = ranked(without(cosines(W_E, vector), exclude), k)
        return change(ids, similarities, W_E, vector)

    return wrong


def _one_more(W_E, vector, k, exclude=()):
    return ranked(without(cosines(W_E, vector), exclude), min(k + 1, len(W_E)))


def _first_hit_dropped(W_E, vector, k, exclude=()):
    ids, similarities = ranked(without(cosines(W_E, vector), exclude), min(k + 1, len(W_E)))
    return ids[1:], similarities[1:]


def _rows_taken_out(W_E, vector, k, exclude=()):
    kept = [row for row in range(len(W_E)) if row not in exclude]
    return ranked(cosines(W_E[kept], vector), k)


def _excluded_afterwards(W_E, vector, k, exclude=()):
    ids, similarities = ranked(cosines(W_E, vector), k)
    stays = ~torch.isin(ids, torch.tensor(list(exclude), dtype=torch.long))
    return ids[stays], similarities[stays]


def _centred(W_E, vector):
    return cosines(W_E - W_E.mean(dim=1, keepdim=True), vector - vector.mean())


ANSWER_KEY = AnswerKey(
    check=checks.nearest_tokens,
    expected=_expected_nearest,
    reference="torch's cosine similarity",
    outputs=("ids", "similarities"),
    mistakes=(
        Mistake(
            "dot products",
            "these are dot products, so that long vectors win whichever way they point",
            "cosine similarity divides by both lengths",
            _by(lambda W_E, vector: W_E.mv(vector)),
        ),
        Mistake(
            "only the rows' lengths divided out",
            "the dot products are divided by the lengths of the rows, but not by that of the vector",
            "cosine similarity divides by both lengths",
            _by(lambda W_E, vector: F.normalize(W_E, dim=1).mv(vector)),
        ),
        Mistake(
            "only the vector's length divided out",
            "the dot products are divided by the length of the vector, but not by those of the rows",
            "cosine similarity divides by both lengths",
            _by(lambda W_E, vector: W_E.mv(F.normalize(vector, dim=0))),
        ),
        Mistake(
            "divided by the squared lengths",
            "the lengths are squared: their root is missing",
            "a vector's length is the root of the sum of its squares",
            _by(lambda W_E, vector: W_E.mv(vector) / (W_E.square().sum(1) * vector.square().sum())),
        ),
        Mistake(
            "columns normalised",
            "each column of W_E was brought to length 1, not each row",
            "a token's vector is a row: along which axis do its numbers lie?",
            _by(lambda W_E, vector: F.normalize(W_E, dim=0).mv(F.normalize(vector, dim=0))),
        ),
        Mistake(
            "one length for the whole matrix",
            "every row is divided by the length of the whole matrix",
            "norm needs to be told along which axis",
            _by(lambda W_E, vector: W_E.mv(vector) / (W_E.norm() * vector.norm())),
        ),
        Mistake(
            "distances, smallest first",
            "these are the tokens at the smallest distance, with their distances",
            "cosine similarity asks for the direction alone: 1 is the same, 0 a right angle",
            _smallest_first(lambda W_E, vector: (W_E - vector).norm(dim=1)),
        ),
        Mistake(
            "distances, largest first",
            "these are distances, and the largest come first",
            "cosine similarity is large for what is near",
            _by(lambda W_E, vector: (W_E - vector).norm(dim=1)),
        ),
        Mistake(
            "minus distances",
            "these are distances with a minus in front",
            "cosine similarity asks for the direction alone: 1 is the same, 0 a right angle",
            _by(lambda W_E, vector: -(W_E - vector).norm(dim=1)),
        ),
        Mistake(
            "one minus similarity",
            "these are 1 minus the similarity, so that the farthest come first",
            "cosine similarity is 1 for vectors that point the same way",
            _by(lambda W_E, vector: 1 - cosines(W_E, vector)),
        ),
        Mistake(
            "farthest first",
            "the tokens that are least alike come first",
            "in which order does your sort go?",
            _smallest_first(cosines),
        ),
        Mistake(
            "sign lost",
            "a vector that points the opposite way counts as near",
            "where does an absolute value or a square come in?",
            _by(lambda W_E, vector: cosines(W_E, vector).abs()),
        ),
        Mistake(
            "numbers centred first",
            "each vector's own mean was subtracted first: that is a correlation",
            "cosine similarity takes the vectors as they are",
            _by(_centred),
        ),
        Mistake(
            "softmax over the similarities",
            "the similarities went through a softmax",
            "a similarity is no share: they need not add up to 1",
            _then(lambda ids, similarities, W_E, vector: (ids, cosines(W_E, vector).softmax(0)[ids])),
        ),
        Mistake(
            "exclude ignored",
            "tokens that were to be left out are among the nearest",
            "what is exclude for?",
            _by(cosines, leave_out=lambda similarities, exclude: similarities),
        ),
        Mistake(
            "nothing to leave out, everything left out",
            "with an empty exclude every token is left out, and all similarities are −inf",
            "an index of () means the whole row; an empty list means no entry",
            _by(cosines, leave_out=lambda row, exclude: without(row, exclude or range(len(row)))),
        ),
        Mistake(
            "excluded set to 0",
            "the excluded tokens get similarity 0, which beats every token that points away",
            "which number is below any similarity?",
            _by(cosines, leave_out=lambda similarities, exclude: without(similarities, exclude, 0.0)),
        ),
        Mistake(
            "one too many",
            "k + 1 tokens come back",
            "k is how many there should be; who is the extra one?",
            _one_more,
        ),
        Mistake(
            "excluded rows taken out",
            "the excluded rows were taken out of W_E, so that every id after them is too small",
            "an id is the row's number in the whole of W_E",
            _rows_taken_out,
        ),
        Mistake(
            "excluded after the choice",
            "the excluded tokens were dropped from the k nearest, so that fewer than k are left",
            "leave them out first, then choose",
            _excluded_afterwards,
        ),
        Mistake(
            "nearest one dropped",
            "the nearest token is dropped, as if it had to be the vector's own",
            "only the tokens in exclude are left out",
            _first_hit_dropped,
        ),
        Mistake(
            "ids and similarities swapped",
            "the similarities come first and the ids second",
            "the order in the return line: ids, then similarities",
            _then(lambda ids, similarities, W_E, vector: (similarities, ids)),
        ),
        Mistake(
            "ids only",
            "the ids come back without their similarities",
            "two tensors: ids, similarities",
            _then(lambda ids, similarities, W_E, vector: ids),
        ),
        Mistake(
            "vectors instead of ids",
            "the rows of W_E come back, not their numbers",
            "two tensors: ids, similarities",
            _then(lambda ids, similarities, W_E, vector: (W_E[ids], similarities)),
        ),
        Mistake(
            "in order of their ids",
            "the right tokens, but in the order of their ids and not of their nearness",
            "nearest first",
            _then(lambda ids, similarities, W_E, vector: (ids.sort()[0], similarities[ids.argsort()])),
        ),
    ),
)
