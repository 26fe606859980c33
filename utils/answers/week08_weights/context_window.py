"""The answer key of `context_window`: torch's cross-entropy on pieces, averaged position by position."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week08_weights as checks
from utils.checks.fakes.trainable_model import SmallModel


@torch.no_grad()
def _losses(model, pieces):
    """Losses [piece, seq − 1]."""
    logits = torch.cat([model(piece.unsqueeze(0)) for piece in pieces])
    return F.cross_entropy(logits[:, :-1].mT, pieces[:, 1:], reduction="none")


def _expected(weights, tokens, seq):
    return _losses(SmallModel(weights, n_ctx=seq), _cut(tokens, seq)).mean(dim=0)


def _cut(tokens, seq):
    return torch.stack([piece for piece in tokens.split(seq) if len(piece) == seq])


def _averaged(average):
    """Return a mistake with the right pieces and another average."""
    return lambda model, tokens, seq: average(_losses(model, _cut(tokens, seq)))


def _pieces(cut):
    """Return a mistake with other pieces and the right average."""
    return lambda model, tokens, seq: _losses(model, cut(tokens, seq)).mean(dim=0)


def _in_turns(tokens, seq):
    rows = len(tokens) // seq
    return tokens[: rows * seq].reshape(seq, rows).mT


def _whole_text(model, tokens, seq):
    losses = _losses(model, tokens.unsqueeze(0))[0]
    return losses[: seq - 1]


ANSWER_KEY = AnswerKey(
    check=checks.context_window,
    expected=_expected,
    reference="torch's cross-entropy by position",
    mistakes=(
        Mistake(
            "mean over the positions",
            "there is one number for each piece, not for each position",
            "which axis counts the pieces? That one goes",
            _averaged(lambda losses: losses.mean(dim=1)),
        ),
        Mistake(
            "one number",
            "everything is averaged",
            "a loss for each position",
            _averaged(torch.mean),
        ),
        Mistake(
            "summed",
            "the pieces' losses are added up",
            "the mean over the pieces",
            _averaged(lambda losses: losses.sum(dim=0)),
        ),
        Mistake(
            "every piece kept apart",
            "the pieces are not averaged",
            "the mean over the pieces",
            _averaged(lambda losses: losses),
        ),
        Mistake(
            "running mean",
            "each entry is the mean of all positions up to there",
            "each position for itself",
            _averaged(lambda losses: losses.mean(dim=0).cumsum(0) / torch.arange(1, losses.shape[1] + 1)),
        ),
        Mistake(
            "a 0 for the first position",
            "there is an entry for the first token of a piece, which nobody has guessed",
            "a piece of seq tokens has seq − 1 guesses",
            _averaged(lambda losses: F.pad(losses.mean(dim=0), (1, 0))),
        ),
        Mistake(
            "positions in reverse",
            "the entries come in reverse order",
            "entry 0: the guess with one token in sight",
            _averaged(lambda losses: losses.mean(dim=0).flip(0)),
        ),
        Mistake(
            "pieces overlap",
            "a piece begins at every token, not where the last one ends",
            "each token belongs to one piece",
            _pieces(lambda tokens, seq: tokens.unfold(0, seq, 1)),
        ),
        Mistake(
            "pieces share a token",
            "each piece begins with the last token of the one before",
            "each token belongs to one piece",
            _pieces(lambda tokens, seq: tokens.unfold(0, seq, seq - 1)),
        ),
        Mistake(
            "tokens dealt out in turns",
            "neighbouring tokens land in different pieces",
            "a piece is a stretch of the text: which axis of your view is the fast one?",
            _pieces(_in_turns),
        ),
        Mistake(
            "counted from the end",
            "what does not fill a piece is dropped at the beginning",
            "the first piece begins with the first token",
            _pieces(lambda tokens, seq: _cut(tokens[len(tokens) % seq :], seq)),
        ),
        Mistake(
            "first piece only",
            "only the first piece is looked at",
            "the mean over all pieces",
            _pieces(lambda tokens, seq: _cut(tokens, seq)[:1]),
        ),
        Mistake(
            "last piece lost",
            "a whole piece at the end is dropped",
            "how many whole pieces are there?",
            _pieces(lambda tokens, seq: _cut(tokens, seq)[: max(1, len(tokens) // seq - 1)]),
        ),
        Mistake(
            "filled up with token 0",
            "the last piece is filled up with token 0, whose losses count",
            "what does not fill a piece is left out",
            _pieces(lambda tokens, seq: _cut(F.pad(tokens, (0, -len(tokens) % seq)), seq)),
        ),
        Mistake(
            "perplexities",
            "e is raised to the losses",
            "the losses themselves, in nats",
            _averaged(lambda losses: losses.mean(dim=0).exp()),
        ),
        Mistake(
            "the whole text at once",
            "the model is given the whole text; it has room for one piece",
            "cut the text before the model sees it",
            _whole_text,
        ),
    ),
)
