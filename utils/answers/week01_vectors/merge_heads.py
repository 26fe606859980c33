"""The answer key of `merge_heads`: torch's cat over the heads."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week01_vectors as checks


def _expected_merged(x):
    return torch.cat(x.unbind(1), dim=-1)


ANSWER_KEY = AnswerKey(
    check=checks.merge_heads,
    expected=_expected_merged,
    reference="torch",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "view alone",
            "the shape is right, but the numbers lie in the wrong places: reshaping never moves a number",
            "the heads of one token must become neighbours before two axes can be merged",
            lambda x: x.reshape(x.shape[0], x.shape[2], x.shape[1] * x.shape[3]),
        ),
        Mistake(
            "heads interleaved",
            "the heads' numbers alternate, where each head's should stay together",
            "the order in the brackets: the name that comes first changes slowest",
            lambda x: x.permute(0, 2, 3, 1).flatten(-2),
        ),
        Mistake(
            "heads summed",
            "the heads are added up, and what each of them said is lost",
            "side by side: d_model is n_heads times d_head",
            lambda x: x.sum(1),
        ),
        Mistake(
            "heads averaged",
            "the heads are averaged, and what each of them said is lost",
            "side by side: d_model is n_heads times d_head",
            lambda x: x.mean(1),
        ),
        Mistake(
            "one head only",
            "only the first head is left",
            "side by side: d_model is n_heads times d_head",
            lambda x: x.select(1, 0),
        ),
        Mistake(
            "heads merged with positions",
            "the head axis is merged with seq, not with d_head",
            "which two names stand in brackets on the right?",
            lambda x: x.permute(0, 2, 1, 3).flatten(1, 2),
        ),
        Mistake(
            "positions last",
            "seq is the last axis",
            "the order of the names on the right: batch, seq, then the merged axis",
            lambda x: _expected_merged(x).transpose(1, 2),
        ),
        Mistake(
            "heads still apart",
            "seq and heads have changed places, but the heads are not merged yet",
            "brackets on the right merge two axes into one",
            lambda x: x.permute(0, 2, 1, 3),
        ),
        Mistake(
            "batch merged too",
            "batch and seq share one axis",
            "three names or brackets on the right: batch, seq and the merged axis",
            lambda x: _expected_merged(x).flatten(0, 1),
        ),
        Mistake(
            "heads in reverse order",
            "the heads come in reverse order",
            "head 0 has the first numbers of each vector",
            lambda x: torch.cat(x.flip(1).unbind(1), dim=-1),
        ),
    ),
)
