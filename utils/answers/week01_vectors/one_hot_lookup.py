"""The answer key of `one_hot_lookup`: torch's one_hot and torch's embedding."""

import math

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week01_vectors as checks


def _expected_lookup(tokens, W_E):
    rows = F.one_hot(tokens, len(W_E)).to(W_E.dtype)
    return {
        "one_hot, vectors": (rows, F.embedding(tokens, W_E)),
        "every row of W_E takes part": True,
    }


def _rows(tokens, W_E):
    return F.one_hot(tokens, W_E.shape[0]).type_as(W_E)


def _lookup(change):
    """A mistake: `change` takes the right one-hot rows and the right vectors and makes the result."""

    def wrong(tokens, W_E):
        rows = _rows(tokens, W_E)
        return change(rows, rows.matmul(W_E))

    return wrong


def _with_rows(change):
    """A mistake that makes other one-hot rows, and multiplies with those."""

    def wrong(tokens, W_E):
        rows = change(tokens, W_E)
        return rows, rows.matmul(W_E)

    return wrong


ANSWER_KEY = AnswerKey(
    check=checks.one_hot_lookup,
    expected=_expected_lookup,
    reference="torch's embedding",
    mistakes=(
        Mistake(
            "rows taken by index",
            "the values are right, but they were fetched by an index, which is what this exercise explains",
            "make the vectors out of your one-hot rows and W_E, by a matrix product",
            lambda tokens, W_E: (_rows(tokens, W_E), W_E[tokens]),
        ),
        Mistake(
            "order swapped",
            "the vectors come first and the one-hot rows second",
            "the order in the return line: one_hot, vectors",
            _lookup(lambda rows, vectors: (vectors, rows)),
        ),
        Mistake(
            "vectors only",
            "only the vectors come back",
            "two results, separated by a comma: one_hot, vectors",
            _lookup(lambda rows, vectors: vectors),
        ),
        Mistake(
            "whole numbers",
            "the one-hot rows are integers",
            "F.one_hot gives integers, a comparison gives booleans: .to(W_E.dtype) makes numbers like W_E's",
            _lookup(lambda rows, vectors: (rows.long(), vectors)),
        ),
        Mistake(
            "booleans",
            "the one-hot rows are True and False",
            "a comparison gives booleans: .to(W_E.dtype) makes numbers like W_E's",
            _lookup(lambda rows, vectors: (rows.bool(), vectors)),
        ),
        Mistake(
            "dtypes that do not mix",
            "a matrix product wants both sides in one dtype, and the one-hot rows are integers",
            "F.one_hot gives integers: .to(W_E.dtype) makes numbers like W_E's",
            lambda tokens, W_E: (F.one_hot(tokens, len(W_E)), F.one_hot(tokens, len(W_E)) @ W_E),
        ),
        Mistake(
            "size of the vocabulary guessed",
            "the rows are only as long as the largest id that occurs",
            "how many tokens are there? W_E has a row for each",
            _with_rows(lambda tokens, W_E: F.one_hot(tokens).type_as(W_E)),
        ),
        Mistake(
            "one place too far",
            "the 1 stands one place too far: ids begin with 0",
            "which row of W_E belongs to id 0?",
            _with_rows(lambda tokens, W_E: _rows(tokens, W_E).roll(1, -1)),
        ),
        Mistake(
            "ids in place of ones",
            "the rows hold the id where they should hold 1",
            "one-hot: a single 1, and 0 everywhere else",
            _with_rows(lambda tokens, W_E: _rows(tokens, W_E) * tokens.unsqueeze(-1)),
        ),
        Mistake(
            "token 0 without a vector",
            "id 0 gets a row of zeros",
            "id 0 is a token like any other, not padding",
            _with_rows(lambda tokens, W_E: _rows(tokens, W_E) * (tokens != 0).unsqueeze(-1)),
        ),
        Mistake(
            "positions behind the vocabulary",
            "the one-hot rows stand upright: d_vocab comes before seq",
            "the order of the axes: batch seq d_vocab",
            _lookup(lambda rows, vectors: (rows.mT, vectors)),
        ),
        Mistake(
            "positions summed",
            "the vectors of one prompt have been added up",
            "every position keeps its own vector",
            _lookup(lambda rows, vectors: (rows, vectors.sum(1))),
        ),
        Mistake(
            "batch and positions merged",
            "batch and seq share one axis",
            "three axes are wanted in both results; `@` keeps the axes in front",
            _lookup(lambda rows, vectors: (rows.flatten(0, 1), vectors.flatten(0, 1))),
        ),
        Mistake(
            "first prompt only",
            "only the first prompt comes back",
            "an index 0 where the batch axis should stay",
            _lookup(lambda rows, vectors: (rows[:1], vectors[:1])),
        ),
        Mistake(
            "multiplied by √d_model",
            "the vectors are multiplied by √d_model, as the first transformer of 2017 did",
            "GPT-2 takes the rows as they are",
            _lookup(lambda rows, vectors: (rows, vectors * math.sqrt(vectors.shape[-1]))),
        ),
        Mistake(
            "W_E transposed",
            "W_E is transposed, and the sizes do not meet",
            "the axis that is summed is d_vocab: the last of the one-hot rows, the first of W_E",
            lambda tokens, W_E: (_rows(tokens, W_E), _rows(tokens, W_E) @ W_E.T),
        ),
        Mistake(
            "ones up to the id",
            "the rows have a 1 at every id up to the token's",
            "one-hot: a single 1, where the id equals the place",
            _with_rows(lambda tokens, W_E: (torch.arange(len(W_E)) <= tokens.unsqueeze(-1)).type_as(W_E)),
        ),
    ),
)
