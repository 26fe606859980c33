"""The answer key of `composition_z_scores`: norms by torch's tensordot, mean and deviation by Python's own
statistics, in float64.
"""

import statistics

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week12_inside as checks


def _expected_z(*, OV, later_QK, later_OV, rotations):
    what_reads = {"Q": later_QK, "K": later_QK.transpose(0, 1), "V": later_OV}
    return {kind: _z(OV.double(), reads.double(), rotations.double()) for kind, reads in what_reads.items()}


def _z(writes, reads, rotations):
    own, *by_chance = (
        torch.tensordot(each, reads, dims=1).pow(2).sum().sqrt().item()
        for each in (writes, *torch.tensordot(writes, rotations, dims=([1], [1])).unbind(dim=1))
    )  # not divided by the two factors' norms, which are the same with and without a rotation
    return (own - statistics.fmean(by_chance)) / statistics.stdev(by_chance)


ANSWER_KEY = AnswerKey(
    check=checks.composition_z_scores,
    expected=_expected_z,
    tolerance=Tolerance(1e-3, 1e-3, "a difference of two scores, divided by a small deviation"),
    reference="Python's statistics module",
)
