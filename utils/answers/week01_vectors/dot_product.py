"""The answer key of `dot_product`: torch's fused batch product."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week01_vectors as checks


def _expected_dot_product(a, b):
    rows, columns = a.reshape(-1, 1, a.shape[-1]), b.reshape(-1, b.shape[-1], 1)
    return torch.bmm(rows, columns).reshape(a.shape[:-1])


ANSWER_KEY = AnswerKey(
    check=checks.dot_product,
    expected=_expected_dot_product,
    reference="torch",
    mistakes=(
        Mistake(
            "not summed",
            "the products are there, but they are not added up",
            "a dot product is one number for each pair of vectors: which axis goes away?",
            lambda a, b: a * b,
        ),
        Mistake(
            "added instead of multiplied",
            "the two vectors are added, which gives a third vector",
            "multiply entry by entry; what is added up are the products",
            lambda a, b: a + b,
        ),
        Mistake(
            "sum of everything",
            "all pairs of vectors have been added into one number",
            "only the last axis is summed; the axes in front stay",
            lambda a, b: a.mul(b).sum(),
        ),
        Mistake(
            "summed over the first axis",
            "the sum runs over the first axis, which counts the vectors",
            "the numbers of one vector lie along the last axis",
            lambda a, b: a.mul(b).sum(0),
        ),
        Mistake(
            "axis kept",
            "the summed axis is still there, with size 1",
            "keepdim=True keeps it: is it wanted here?",
            lambda a, b: a.mul(b).sum(-1, keepdim=True),
        ),
        Mistake(
            "mean",
            "the products are averaged, not added",
            "mean divides by the number of entries",
            lambda a, b: a.mul(b).mean(-1),
        ),
        Mistake(
            "cosine similarity",
            "the result is divided by the vectors' lengths, which makes a cosine similarity",
            "that is the next exercise; here nothing is divided",
            lambda a, b: a.mul(b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)),
        ),
        Mistake(
            "sums multiplied",
            "each vector is summed first, and the two sums are multiplied",
            "first the products, entry by entry; then the sum",
            lambda a, b: a.sum(-1) * b.sum(-1),
        ),
        Mistake(
            "signs lost",
            "the products have lost their signs",
            "a negative product counts against: no abs, no square",
            lambda a, b: a.mul(b).abs().sum(-1),
        ),
        Mistake(
            "distance",
            "this is the distance between the two vectors",
            "a dot product multiplies; a distance subtracts",
            lambda a, b: a.sub(b).norm(dim=-1),
        ),
        Mistake(
            "a with itself",
            "a is multiplied by itself, and b is never used",
            "both arguments have to appear",
            lambda a, b: a.mul(a).sum(-1),
        ),
        Mistake(
            "matrix product",
            "`@` is a dot product only for two single vectors; of tables it makes a matrix product",
            "multiply entry by entry, then sum over the last axis",
            lambda a, b: a @ b,
        ),
        Mistake(
            "first pair only",
            "only the first pair of vectors has been computed, and all pairs get its result",
            "a sum over dim=-1 treats all pairs at once; no index 0",
            lambda a, b: a.mul(b).sum(-1).reshape(-1)[0].expand(a.shape[:-1]),
        ),
    ),
)
