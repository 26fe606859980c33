"""The answer key of `PosEmbed`: HF's `wpe`, as HF's model uses it."""

import torch
from torch import nn

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_embeddings import place_vectors
from utils.answers.week03_embeddings._waves import waves
from utils.checks import week03_embeddings as checks
from utils.checks.measure.learned_parameters import SMALL_RANDOM


def _expected_pos_embed(tokens, W_pos):
    return {
        "vectors": place_vectors(tokens, W_pos),
        "number of learned parameters": W_pos.numel(),
        "rows of W_pos that learn": list(range(tokens.shape[1])),
        "first numbers": SMALL_RANDOM,
    }


class _PosEmbed(nn.Module):
    """Position vectors in pieces, of which each mistake replaces one."""

    def __init__(self, n_ctx: int, d_model: int):
        super().__init__()
        self.W_pos = self.make(self.first(n_ctx, d_model))

    make = staticmethod(nn.Parameter)

    @staticmethod
    def first(n_ctx, d_model):
        return torch.empty(n_ctx, d_model).normal_(std=0.02)

    def places(self, tokens):
        return torch.arange(tokens.size(1))

    def forward(self, tokens):
        rows = self.W_pos.index_select(0, self.places(tokens))
        return torch.stack([rows] * len(tokens))


def _with(**pieces):
    return type("PosEmbed", (_PosEmbed,), pieces)


def _places(places):
    """A mistake in which rows are looked up: a function of the module and the tokens."""
    return _with(places=places)


def _one_row_for_all(row):
    """Every position gets the vector that `row` makes of W_pos and the tokens."""
    return _with(
        forward=lambda self, tokens: row(self.W_pos, tokens).expand(*tokens.shape, self.W_pos.shape[1])
    )


ANSWER_KEY = AnswerKey(
    check=checks.PosEmbed,
    expected=_expected_pos_embed,
    reference="GPT-2's wpe",
    mistakes=(
        Mistake(
            "ids used as positions",
            "the token ids look the position vectors up",
            "what does a token's place depend on: on which token it is, or on where it stands?",
            _with(forward=lambda self, tokens: self.W_pos[tokens]),
        ),
        Mistake(
            "no batch axis",
            "the vectors of one prompt come back, without a batch axis",
            "every prompt in the batch gets its own copy: batch, seq, d_model",
            _with(forward=lambda self, tokens: _PosEmbed.forward(self, tokens)[0]),
        ),
        Mistake(
            "batch axis of size 1",
            "there is a batch axis, but of size 1 whatever the batch",
            "every prompt in the batch gets its own copy: how large is the batch?",
            _with(forward=lambda self, tokens: _PosEmbed.forward(self, tokens)[:1]),
        ),
        Mistake(
            "all positions there are",
            "all n_ctx rows come back, however short the prompt is",
            "how many positions does this prompt have?",
            _places(lambda self, tokens: torch.arange(len(self.W_pos))),
        ),
        Mistake(
            "prompts counted, not positions",
            "there are as many rows as prompts in the batch, not as positions",
            "which axis of tokens counts the positions?",
            _places(lambda self, tokens: torch.arange(min(tokens.size(0), len(self.W_pos)))),
        ),
        Mistake(
            "prompts counted, no batch axis",
            "there are as many rows as prompts in the batch, not as positions, and the batch axis is missing",
            "len(tokens) is the length of the first axis: which axis of tokens counts the positions?",
            _with(forward=lambda self, tokens: self.W_pos[: len(tokens)]),
        ),
        Mistake(
            "one row a prompt",
            "each prompt has one vector, the same at all its positions",
            "the position's number picks the row, not the prompt's",
            _with(
                forward=lambda self, tokens: torch.stack([self.W_pos[: len(tokens)]] * tokens.size(1), dim=1)
            ),
        ),
        Mistake(
            "row number seq everywhere",
            "every position gets the same vector, the row whose number is the prompt's length",
            "a colon makes the difference between one row and the rows up to it",
            _one_row_for_all(lambda W_pos, tokens: W_pos[tokens.size(1)]),
        ),
        Mistake(
            "mean row everywhere",
            "every position gets the same vector, the mean of all rows",
            "each position has a row of its own",
            _one_row_for_all(lambda W_pos, tokens: W_pos.mean(dim=0)),
        ),
        Mistake(
            "row 0 everywhere",
            "every position gets the vector of the first",
            "each position has a row of its own",
            _one_row_for_all(lambda W_pos, tokens: W_pos[0]),
        ),
        Mistake(
            "counted from 1",
            "the first token gets row 1, and row 0 is never used",
            "positions count from 0, and so do rows",
            _with(forward=lambda self, tokens: self.W_pos[1 : tokens.size(1) + 1].repeat(len(tokens), 1, 1)),
        ),
        Mistake(
            "counted from the end",
            "the last rows come back, as if the prompt stood at the end of the context",
            "a prompt begins at position 0",
            _places(lambda self, tokens: torch.arange(len(self.W_pos) - tokens.size(1), len(self.W_pos))),
        ),
        Mistake(
            "backwards",
            "the last token gets row 0",
            "the first token stands at position 0",
            _places(lambda self, tokens: torch.arange(tokens.size(1)).flip(0)),
        ),
        Mistake(
            "sines instead of W_pos",
            "these are sines and cosines, the positions of the Transformer of 2017; GPT-2's are learned",
            "what is self.W_pos for?",
            _with(
                forward=lambda self, tokens: waves(*self.W_pos.shape)[: tokens.size(1)].expand(
                    len(tokens), -1, -1
                )
            ),
        ),
        Mistake(
            "the numbers themselves",
            "the position's number stands in place of a vector",
            "the number picks a row of W_pos",
            _with(
                forward=lambda self, tokens: (
                    self.places(tokens)[:, None].float().expand(*tokens.shape, self.W_pos.shape[1])
                )
            ),
        ),
        Mistake(
            "axes of size 1 squeezed",
            "an axis of size 1 has been squeezed away",
            "one prompt is still a batch, and one token is still a sequence",
            _with(forward=lambda self, tokens: _PosEmbed.forward(self, tokens).squeeze()),
        ),
        Mistake(
            "a matrix that cannot learn",
            "the values are right, but W_pos is a plain tensor: training would never touch it",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _with(make=staticmethod(lambda tensor: tensor)),
        ),
        Mistake(
            "cut off from learning",
            "the values are right, but no gradient reaches W_pos: detach, .data or no_grad cuts it off",
            "training changes W_pos through the vectors that come out here",
            _with(forward=lambda self, tokens: _PosEmbed.forward(self, tokens).detach()),
        ),
        Mistake(
            "all zeros at first",
            "W_pos starts with the same number everywhere, so that no two places can be told apart",
            "random numbers of standard deviation 0.02",
            _with(first=staticmethod(torch.zeros)),
        ),
        Mistake(
            "never negative at first, and small",
            "W_pos starts with numbers from 0 to 0.02, none negative: all vectors point nearly the same way",
            "torch.randn draws from the bell curve around 0; torch.rand does not",
            _with(first=staticmethod(lambda rows, d_model: torch.rand(rows, d_model).mul(0.02))),
        ),
        Mistake(
            "too large at first",
            "W_pos starts with random numbers of standard deviation 1, 50 times GPT-2's",
            "torch.randn's numbers have standard deviation 1: what makes 0.02 of it?",
            _with(first=staticmethod(torch.randn)),
        ),
    ),
)
