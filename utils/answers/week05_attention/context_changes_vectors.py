"""The answer key of `context_changes_vectors`: torch's pairwise distances in float64."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week05_attention as checks


def _expected_distances(*, parts, senses):
    so_far = torch.ones(len(parts), len(parts), dtype=torch.float64).tril()
    stream = torch.einsum("ij,jsd->isd", so_far, parts.double())
    distances = torch.stack([F.pdist(vectors) for vectors in stream])  # [part, pair]
    first, second = torch.triu_indices(len(senses), len(senses), offset=1)
    same = torch.tensor([senses[i] == senses[j] for i, j in zip(first, second, strict=True)])
    return tuple(distances[:, pairs].mean(dim=1).to(parts.dtype) for pairs in (same, ~same))


_CANCELLED = Tolerance(
    1e-3,
    4e-3,
    "as |a|² + |b|² − 2 a·b, float32 keeps a squared distance to 1e-7 of the squared lengths",
)

ANSWER_KEY = AnswerKey(
    check=checks.context_changes_vectors,
    expected=_expected_distances,
    reference="torch's pairwise distances",
    tolerance=_CANCELLED,
    outputs=("within one sense", "between two senses"),
)
