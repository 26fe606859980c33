"""The answer key of `each_position_alone`: derivatives by other positions' numbers, which must be 0."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week04_mlp as checks
from utils.checks.fakes.mixing_layers import mixing_layer

_CLOSE = 1e-4


def _expected_alone(mixing, x, W):
    layer = mixing_layer(mixing, W.double())
    jacobian = torch.autograd.functional.jacobian(layer, x[:1].double())
    reached = jacobian.abs().sum(dim=(0, 2, 3, 5))  # [position out, position in]
    return bool(torch.equal(reached, reached.diag().diag()))


def _other_numbers(vector):
    return 3.0 - 2.0 * vector.flip(-1) * vector.abs()


def _moves(layer, x, change=_other_numbers):
    """[seq, seq]: True where a changed vector at the row's position changes the output at the column's."""
    before, rows = layer(x), []
    for place in range(x.shape[1]):
        other = x.clone()
        other[:, place] = change(x[:, place])
        rows.append((layer(other) - before).abs().amax(dim=(0, 2)) > _CLOSE)
    return torch.stack(rows)


def _others(moves):
    return moves & ~torch.eye(len(moves), dtype=torch.bool)


def _by(judge, change=_other_numbers):
    """A mistake: `judge` takes that matrix."""
    return lambda layer, x: bool(judge(_moves(layer, x, change)))


def _same_in_another_order(layer, x):
    return torch.allclose(layer(x.flip(1)), layer(x).flip(1), atol=_CLOSE)


def _exactly_the_same(layer, x):
    pieces = [layer(piece) for piece in x.split(1, dim=1)]
    return torch.equal(torch.cat(pieces, dim=1), layer(x))


ANSWER_KEY = AnswerKey(
    check=checks.each_position_alone,
    expected=_expected_alone,
    reference="the layers' derivatives",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "the wrong way round",
            "the answer is True where it should be False, and the other way round",
            "what does True stand for?",
            _by(lambda moves: _others(moves).any()),
        ),
        Mistake(
            "changed position compared too",
            "the position that was changed is compared as well, and of course it differs",
            "which positions should have stayed as they were?",
            _by(lambda moves: not moves.any()),
        ),
        Mistake(
            "own position must move",
            "a layer is turned down because its output does not move, though nothing came from elsewhere",
            "ask only whether the other positions stay as they were",
            _by(lambda moves: not _others(moves).any() and moves.diagonal().all()),
        ),
        Mistake(
            "only the first position changed",
            "only the first position is ever changed, so a layer that reads later ones is not found out",
            "which positions have you tried?",
            _by(lambda moves: not moves[0, 1:].any()),
        ),
        Mistake(
            "only the last position changed",
            "only the last position is ever changed, and in a causal layer nobody reads that one",
            "which positions have you tried?",
            _by(lambda moves: not moves[-1, :-1].any()),
        ),
        Mistake(
            "only later positions compared",
            "a layer that reads later positions is not found out",
            "compare the positions before the changed one, too",
            _by(lambda moves: not moves.triu(1).any()),
        ),
        Mistake(
            "only earlier positions compared",
            "a layer that reads earlier positions is not found out",
            "compare the positions after the changed one, too",
            _by(lambda moves: not moves.tril(-1).any()),
        ),
        Mistake(
            "only the next position compared",
            "only the position right after the changed one is looked at",
            "a layer may read from far away, and from the right",
            _by(lambda moves: not moves.diagonal(1).any()),
        ),
        Mistake(
            "only neighbours compared",
            "only the positions beside the changed one are looked at",
            "a layer may read from far away",
            _by(lambda moves: not (moves.diagonal(1).any() or moves.diagonal(-1).any())),
        ),
        Mistake(
            "one harmless position is enough",
            "it says True as soon as one position can be changed without harm",
            "all positions, or any of them?",
            _by(lambda moves: (~_others(moves).any(dim=1)).any()),
        ),
        Mistake(
            "one untouched position is enough",
            "it says True as soon as one position stays as it was",
            "all positions, or any of them?",
            _by(lambda moves: (~_others(moves).any(dim=0)).any()),
        ),
        Mistake(
            "scaled only",
            "the vector is only made longer or shorter; a layer that reads directions does not notice",
            "put other numbers there, not the same ones times something",
            _by(lambda moves: not _others(moves).any(), lambda vector: 3 * vector),
        ),
        Mistake(
            "shifted only",
            "the same number is added to all of the vector; a layer that subtracts the mean does not notice",
            "put other numbers there, not the same ones plus something",
            _by(lambda moves: not _others(moves).any(), lambda vector: vector + 1),
        ),
        Mistake(
            "order instead of independence",
            "it asks whether another order in gives that order out; a mean of all positions passes that, too",
            "change one vector, and leave the order alone",
            _same_in_another_order,
        ),
        Mistake(
            "exact comparison",
            "two results that differ only by rounding count as different",
            "torch.allclose with the tolerance that the text names",
            _exactly_the_same,
        ),
        # Last, because one of the two explains any single case.
        Mistake(
            "True for every layer",
            "the answer is True whatever the layer does",
            "are your two inputs different, and do you compare the positions that were not changed?",
            lambda layer, x: True,
        ),
        Mistake(
            "False for every layer",
            "the answer is False whatever the layer does",
            "which positions do you compare, and is one vector changed at a time, all others as they were?",
            lambda layer, x: False,
        ),
    ),
)
