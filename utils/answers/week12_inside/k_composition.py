"""The answer key of `k_composition`: torch's matrix norms (Elhage et al. 2021, section "Two-layer")."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week12_inside as checks


def _expected_composition(W_V, W_O, W_Q, W_K):
    asks, writes = torch.linalg.multi_dot([W_Q, W_K.T]), torch.linalg.multi_dot([W_V, W_O])
    together = torch.nn.functional.linear(asks, writes)
    return _ratio(together, asks, writes)


def _ratio(joined, one, other, norm=torch.linalg.matrix_norm):
    return (norm(joined) / norm(one) / norm(other)).item()


def _composition(joined, norm=torch.linalg.matrix_norm):
    """Return a mistake in how the two circuits are joined: `joined(asks, writes)`."""

    def wrong(W_V, W_O, W_Q, W_K):
        asks, writes = W_Q @ W_K.T, W_V @ W_O
        return _ratio(joined(asks, writes), asks, writes, norm)

    return wrong


ANSWER_KEY = AnswerKey(
    check=checks.k_composition,
    expected=_expected_composition,
    reference="torch's matrix norms",
    mistakes=(
        Mistake(
            "keys read from the wrong side",
            "W_V · W_O is not transposed: what the earlier head writes goes to the later head's keys",
            "with k = (x · W_V · W_O) · W_K, what stands to the right of W_Q in q · kᵀ?",
            _composition(lambda asks, writes: asks @ writes),
        ),
        Mistake(
            "Q-composition",
            "this asks how strongly the later head's queries read the earlier head",
            "the queries come from the stream as it is; which side is the keys'?",
            _composition(lambda asks, writes: writes @ asks),
        ),
        Mistake(
            "Q-composition, transposed",
            "the earlier head's matrix stands on the side of the queries, and transposed",
            "W_Q · W_Kᵀ: to which end belong the keys?",
            _composition(lambda asks, writes: writes.T @ asks),
        ),
        Mistake(
            "largest singular value",
            "the norm is the largest singular value, not Frobenius's",
            "the root of the sum of all squared entries",
            _composition(
                lambda asks, writes: asks @ writes.T, lambda matrix: torch.linalg.matrix_norm(matrix, 2)
            ),
        ),
        Mistake(
            "sum of sizes",
            "the norm adds up the sizes of the entries, not their squares",
            "the root of the sum of all squared entries",
            _composition(lambda asks, writes: asks @ writes.T, lambda matrix: matrix.abs().sum()),
        ),
        Mistake(
            "squared norm",
            "the norms are squared: the root is missing",
            "the root of the sum of all squared entries",
            _composition(lambda asks, writes: asks @ writes.T, lambda matrix: matrix.square().sum()),
        ),
        Mistake(
            "not divided",
            "the norm of the product is not divided by those of its two factors",
            "heads with large weights would seem to compose with everybody",
            lambda W_V, W_O, W_Q, W_K: torch.linalg.matrix_norm(W_Q @ W_K.T @ (W_V @ W_O).T).item(),
        ),
        Mistake(
            "divided by one norm",
            "the norm of the product is divided by only one of the two",
            "there are two factors",
            lambda W_V, W_O, W_Q, W_K: (
                torch.linalg.matrix_norm(W_Q @ W_K.T @ (W_V @ W_O).T) / torch.linalg.matrix_norm(W_Q @ W_K.T)
            ).item(),
        ),
        Mistake(
            "four norms",
            "the norm is divided by those of all four matrices, not by those of the two products",
            "W_Q · W_Kᵀ is one matrix, and W_V · W_O another",
            lambda W_V, W_O, W_Q, W_K: (
                torch.linalg.matrix_norm(W_Q @ W_K.T @ (W_V @ W_O).T)
                / torch.stack([W.norm() for W in (W_V, W_O, W_Q, W_K)]).prod()
            ).item(),
        ),
    ),
)
