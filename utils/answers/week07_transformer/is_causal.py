"""The answer key of `is_causal`: the derivative of each model's outputs by its positions' vectors."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week07_transformer as checks
from utils.checks.fakes.leaky_models import mixed

_CLOSE = 1e-4


def _expected_causal(mixing, tokens, W_E, W_pos):
    """True if the derivative of every position by every later one is 0, in every prompt.

    One derivative for each position, of its numbers in a random direction: it is 0 only if all of them are.
    """
    x = F.embedding(tokens, W_E.double()) + W_pos[: tokens.shape[1]].double()
    y = mixed(mixing, tokens, x.requires_grad_())
    direction = torch.randn(x.shape[-1], generator=torch.Generator().manual_seed(0), dtype=x.dtype)
    for position in range(x.shape[1] - 1):
        (along,) = torch.autograd.grad((y[:, position] @ direction).sum(), x, retain_graph=True)
        if along[:, position + 1 :].any():
            return False
    return True


def _moves(model, tokens, close=_CLOSE, look=lambda logits: logits):
    """Return [seq, seq]: True where another token at the row changes the logits at the column."""
    before, rows = look(model(tokens)), []
    for place in range(tokens.shape[1]):
        other = tokens.clone()
        other[:, place] = tokens[:, (place + 1) % tokens.shape[1]]
        rows.append((look(model(other)) - before).abs().amax(dim=(0, 2)) > close)
    return torch.stack(rows)


def _by(judge, **how):
    """Return a mistake: `judge` takes the matrix of `_moves`."""
    return lambda model, tokens: bool(judge(_moves(model, tokens, **how)))


def _likeliest(logits):
    return logits.argmax(dim=-1, keepdim=True).float()


def _exactly(model, tokens):
    together = model(tokens)
    return all(torch.equal(model(tokens[:, :n]), together[:, :n]) for n in range(1, tokens.shape[1]))


def _end_first(model, tokens):
    return torch.allclose(model(tokens.flip(1)), model(tokens).flip(1), atol=_CLOSE)


def _ends(model, tokens):
    """The end of the prompt alone, compared with the end inside the whole."""
    together = model(tokens)
    return all(
        torch.allclose(model(tokens[:, n:]), together[:, n:], atol=_CLOSE) for n in range(1, tokens.shape[1])
    )


ANSWER_KEY = AnswerKey(
    check=checks.is_causal,
    expected=_expected_causal,
    reference="the models' derivatives",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "the wrong way round",
            "the answer is True where it should be False, and the other way round",
            "what does True stand for?",
            _by(lambda moves: moves.tril(-1).any()),
        ),
        Mistake(
            "own position compared too",
            "the position that was changed is compared as well, and it may of course differ",
            "which positions come before the change?",
            _by(lambda moves: not moves.tril().any()),
        ),
        Mistake(
            "later positions compared",
            "the positions after the change are compared: those are allowed to differ",
            "which positions must not know of it?",
            _by(lambda moves: not moves.triu(1).any()),
        ),
        Mistake(
            "all other positions compared",
            "positions on both sides of the change are compared, so that reading backwards is called a leak",
            "which of them are allowed to differ?",
            _by(lambda moves: not (moves & ~torch.eye(len(moves)).bool()).any()),
        ),
        Mistake(
            "only the last token changed",
            "only the last token is ever changed or left out; a look at an earlier one is not found out",
            "where else could a position look ahead?",
            _by(lambda moves: not moves[-1, :-1].any()),
        ),
        Mistake(
            "only the first position watched",
            "only the first position's logits are compared",
            "every position has a future, but for the last",
            _by(lambda moves: not moves[1:, 0].any()),
        ),
        Mistake(
            "only the neighbour watched",
            "only the position right before the change is compared; one may look ahead from farther away",
            "which positions come before the change?",
            _by(lambda moves: not moves.diagonal(-1).any()),
        ),
        Mistake(
            "only the second token changed",
            "only the second token is ever changed",
            "try every place",
            _by(lambda moves: not moves[1, 0]),
        ),
        Mistake(
            "one good place is enough",
            "it says True as soon as one token can be changed without harm",
            "all places, or any of them?",
            _by(lambda moves: (~moves.tril(-1).any(dim=1))[1:].any()),
        ),
        Mistake(
            "only the likeliest token compared",
            "only the likeliest next tokens are compared; a small leak leaves them as they are",
            "compare the logits themselves",
            _by(lambda moves: not moves.tril(-1).any(), look=_likeliest),
        ),
        Mistake(
            "blunt comparison",
            "the tolerance is so large that a small leak passes",
            "the tolerance that the text names",
            _by(lambda moves: not moves.tril(-1).any(), close=1.0),
        ),
        Mistake(
            "exact comparison",
            "two results that differ only by rounding count as different",
            "torch.allclose with the tolerance that the text names",
            _exactly,
        ),
        Mistake(
            "first prompt only",
            "only the first prompt of the batch is looked at",
            "an index 0 where the batch axis should stay",
            lambda model, tokens: not _moves(lambda ids: model(ids)[:1], tokens).tril(-1).any().item(),
        ),
        Mistake(
            "order instead of causality",
            "it asks whether reversed tokens give reversed logits, which is another property",
            "leave the beginning of the prompt as it is, and do something to the rest",
            _end_first,
        ),
        Mistake(
            "the beginning cut off",
            "the end of the prompt is run alone: every causal model may say something else to that",
            "which side of the prompt is the future?",
            _ends,
        ),
        # Last, because one of the two explains any single case.
        Mistake(
            "True for every model",
            "the answer is True whatever the model does",
            "are the two inputs different, and is the result of the comparison used?",
            lambda model, tokens: True,
        ),
        Mistake(
            "False for every model",
            "the answer is False whatever the model does",
            "which positions do you compare?",
            lambda model, tokens: False,
        ),
    ),
)
