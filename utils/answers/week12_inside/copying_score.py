"""The answer key of `copying_score`: torch's own maximum of each row."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week12_inside as checks


def _expected_copying(circuit):
    hits = torch.eq(circuit.max(dim=1).indices, torch.arange(len(circuit)))
    return hits.sum().item() / len(hits)


def _diagonal_above(circuit, level):
    return (circuit.diagonal() > level(circuit)).float().mean().item()


ANSWER_KEY = AnswerKey(
    check=checks.copying_score,
    expected=_expected_copying,
    reference="torch's max",
    mistakes=(
        Mistake(
            "columns",
            "the largest of each column is asked for: by which word a logit is raised most",
            "row = the word that is read: which logit of the row is the largest?",
            lambda circuit: _expected_copying(circuit.T),
        ),
        Mistake(
            "above 0",
            "a word counts as copied as soon as its own logit is raised at all",
            "the largest of its row, not only positive",
            lambda circuit: _diagonal_above(circuit, lambda circuit: 0.0),
        ),
        Mistake(
            "above the mean",
            "a word counts as copied if its own logit is above the row's mean",
            "the largest of its row, not only above the mean",
            lambda circuit: _diagonal_above(circuit, lambda circuit: circuit.mean(dim=1)),
        ),
        Mistake(
            "a count",
            "this is the number of copied words, not their share",
            "out of how many?",
            lambda circuit: _expected_copying(circuit) * len(circuit),
        ),
        Mistake(
            "mean of the diagonal",
            "this is the mean of the words' own logits",
            "how often is a word's own logit the largest of its row?",
            lambda circuit: circuit.diagonal().mean().item(),
        ),
        Mistake(
            "smallest",
            "a word counts as copied if its own logit is the smallest",
            "the largest, not the smallest",
            lambda circuit: _expected_copying(-circuit),
        ),
        Mistake(
            "by size alone",
            "a word counts as copied if its own number is the furthest from 0, on either side",
            "a logit that is pushed far down is the opposite of copied",
            lambda circuit: _expected_copying(circuit.abs()),
        ),
        Mistake(
            "share not copied",
            "this is the share of words that are not copied",
            "the other ones",
            lambda circuit: 1 - _expected_copying(circuit),
        ),
    ),
)
