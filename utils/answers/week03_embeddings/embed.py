"""The answer key of `Embed`: HF's `wte`."""

import torch
from torch import nn
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_embeddings import token_vectors
from utils.checks import week03_embeddings as checks
from utils.checks.measure.learned_parameters import SMALL_RANDOM


def _expected_embed(tokens, W_E):
    return {
        "vectors": token_vectors(tokens, W_E),
        "number of learned parameters": W_E.numel(),
        "rows of W_E that learn": tokens.unique().tolist(),
        "an id beyond the vocabulary": "an error",
        "first numbers": SMALL_RANDOM,
    }


class _Embed(nn.Module):
    """An embedding in pieces, of which each mistake replaces one."""

    def __init__(self, d_vocab: int, d_model: int):
        super().__init__()
        self.W_E = self.make(self.first(d_vocab, d_model))

    make = staticmethod(nn.Parameter)

    @staticmethod
    def first(d_vocab, d_model):
        return torch.empty(d_vocab, d_model).normal_(std=0.02)

    def rows(self, tokens):
        return self.W_E.index_select(0, tokens.reshape(-1)).reshape(*tokens.shape, -1)

    def forward(self, tokens):
        return self.rows(tokens)


def _with(**pieces):
    return type("Embed", (_Embed,), pieces)


def _looks(forward):
    """A mistake in `forward`: a function of the module and the tokens."""
    return _with(forward=forward)


def _without_first_id(self, tokens):
    return self.rows(tokens) * (tokens != 0).unsqueeze(-1)


ANSWER_KEY = AnswerKey(
    check=checks.Embed,
    expected=_expected_embed,
    reference="GPT-2's wte",
    mistakes=(
        Mistake(
            "columns instead of rows",
            "the ids choose columns of W_E, not rows",
            "which axis of W_E counts the tokens, the first or the second?",
            _looks(lambda self, tokens: self.W_E[:, tokens]),
        ),
        Mistake(
            "matrix transposed first",
            "W_E is turned over before the ids look anything up, so that they choose its columns",
            "W_E has a row for each token already",
            _looks(lambda self, tokens: self.W_E.T[tokens]),
        ),
        Mistake(
            "ids clamped",
            "an id that does not exist gets the last token's vector, and nobody will notice",
            "what should happen to an id beyond the vocabulary? An error is a kindness",
            _looks(lambda self, tokens: self.rows(tokens.clamp(max=len(self.W_E) - 1))),
        ),
        Mistake(
            "ids wrapped round",
            "an id that does not exist begins again at 0, and nobody will notice",
            "what should happen to an id beyond the vocabulary? An error is a kindness",
            _looks(lambda self, tokens: self.rows(tokens % len(self.W_E))),
        ),
        Mistake(
            "token 0 zeroed",
            "token 0 gets a vector of zeros, as if it were padding",
            "GPT-2 has no padding token: id 0 is an exclamation mark",
            _looks(_without_first_id),
        ),
        Mistake(
            "times √d_model",
            "the vectors are multiplied by √d_model, as the Transformer of 2017 did; GPT-2 does not",
            "does anything happen to a row after it is looked up?",
            _looks(lambda self, tokens: self.rows(tokens) * self.W_E.shape[1] ** 0.5),
        ),
        Mistake(
            "vectors normalised",
            "each vector is brought to length 1",
            "does anything happen to a row after it is looked up?",
            _looks(lambda self, tokens: F.normalize(self.rows(tokens), dim=-1)),
        ),
        Mistake(
            "positions looked up",
            "the rows are those of the positions 0, 1, 2 …, whatever the tokens are",
            "what is each id for?",
            _looks(
                lambda self, tokens: self.rows(
                    (torch.arange(tokens.shape[1]) % len(self.W_E)).expand_as(tokens)
                )
            ),
        ),
        Mistake(
            "ids counted from 1",
            "each token gets the row before its own",
            "ids count from 0, and so do rows",
            _looks(lambda self, tokens: self.W_E[tokens - 1]),
        ),
        Mistake(
            "one-hot rows",
            "these are the one-hot rows of the ids, not yet vectors",
            "a one-hot row picks a row of W_E once it is multiplied by it",
            _looks(lambda self, tokens: F.one_hot(tokens, len(self.W_E)).float()),
        ),
        Mistake(
            "one vector a prompt",
            "each prompt's vectors are added up into one",
            "every token keeps a vector of its own",
            _looks(lambda self, tokens: self.rows(tokens).sum(dim=1)),
        ),
        Mistake(
            "first prompt only",
            "only the first prompt's vectors come back",
            "where does the batch axis go?",
            _looks(lambda self, tokens: self.rows(tokens[0])),
        ),
        Mistake(
            "axes of size 1 squeezed",
            "an axis of size 1 has been squeezed away",
            "one prompt is still a batch, and one token is still a sequence",
            _looks(lambda self, tokens: self.rows(tokens).squeeze()),
        ),
        Mistake(
            "batch and positions swapped",
            "the positions come before the prompts",
            "the order of the axes: batch, seq, d_model",
            _looks(lambda self, tokens: self.rows(tokens.T)),
        ),
        Mistake(
            "a matrix that cannot learn",
            "the values are right, but W_E is a plain tensor: training would never touch it",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _with(make=staticmethod(lambda tensor: tensor)),
        ),
        Mistake(
            "a frozen matrix",
            "the values are right, but W_E is a parameter that asks for no gradient: training would never "
            "touch it",
            "requires_grad decides whether a parameter learns",
            _with(make=staticmethod(lambda tensor: nn.Parameter(tensor, requires_grad=False))),
        ),
        Mistake(
            "cut off from learning",
            "the values are right, but no gradient reaches W_E: detach, .data or no_grad cuts it off",
            "training changes W_E through the vectors that come out here",
            _looks(lambda self, tokens: self.rows(tokens).detach()),
        ),
        Mistake(
            "all zeros at first",
            "W_E starts with the same number everywhere, so that no two tokens can be told apart",
            "random numbers of standard deviation 0.02",
            _with(first=staticmethod(torch.zeros)),
        ),
        Mistake(
            "too large at first",
            "W_E starts with random numbers of standard deviation 1, 50 times GPT-2's",
            "torch.randn's numbers have standard deviation 1: what makes 0.02 of it?",
            _with(first=staticmethod(torch.randn)),
        ),
        Mistake(
            "never negative at first, and small",
            "W_E starts with numbers from 0 to 0.02, none negative: all vectors point nearly the same way",
            "torch.randn draws from the bell curve around 0; torch.rand does not",
            _with(first=staticmethod(lambda rows, d_model: torch.rand(rows, d_model).mul(0.02))),
        ),
        Mistake(
            "never negative at first",
            "W_E starts with numbers from 0 to 1, none negative: all vectors point nearly the same way",
            "torch.randn draws from the bell curve around 0; torch.rand does not",
            _with(first=staticmethod(torch.rand)),
        ),
    ),
)
