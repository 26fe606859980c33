"""The answer key of `Unembed`: HF's `lm_head`, tied to `wte`."""

import torch
from torch import nn
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_embeddings import tied_logits
from utils.checks import week03_embeddings as checks


def _expected_unembed(resid, W_E):
    return {
        "logits": tied_logits(resid, W_E),
        "learned parameters besides W_E": 0,
        "rows of W_E that learn": len(W_E),
    }


class _Unembed(nn.Module):
    """An unembedding in pieces, of which each mistake replaces one."""

    def __init__(self, embed: nn.Module):
        super().__init__()
        self.keep(embed)

    def keep(self, embed):
        self.embed = embed

    def rows(self):
        return self.embed.W_E

    def forward(self, resid):
        return F.linear(resid, self.rows())


def _with(**pieces):
    return type("Unembed", (_Unembed,), pieces)


def _makes(change):
    """A mistake in a step after the logits."""
    return _with(forward=lambda self, resid: change(_Unembed.forward(self, resid)))


def _reads(change):
    """A mistake in the input of the unembedding."""
    return _with(forward=lambda self, resid: _Unembed.forward(self, change(resid)))


def _kept_rows(make):
    """A mistake in which matrix is kept: `make` takes the embedding's."""

    def keep(self, embed):
        self.kept = make(embed.W_E)

    return {"keep": keep, "rows": lambda self: self.kept}


def _own_layer(bias):
    def keep(self, embed):
        d_vocab, d_model = embed.W_E.shape
        self.layer = nn.Linear(d_model, d_vocab, bias=bias)

    return {"keep": keep, "forward": lambda self, resid: self.layer(resid)}


def _keeps_bias(draw):
    def keep(self, embed):
        self.embed, self.b_U = embed, nn.Parameter(draw(len(embed.W_E)))

    return _with(keep=keep, forward=lambda self, resid: F.linear(resid, self.embed.W_E, self.b_U))


ANSWER_KEY = AnswerKey(
    check=checks.Unembed,
    expected=_expected_unembed,
    reference="GPT-2's lm_head",
    mistakes=(
        Mistake(
            "probabilities",
            "these are probabilities: they went through a softmax",
            "logits come first; whoever wants probabilities calls softmax",
            _makes(lambda logits: logits.softmax(dim=-1)),
        ),
        Mistake(
            "log-probabilities",
            "these are log-probabilities: they went through a log-softmax",
            "logits come first; whoever wants probabilities calls softmax",
            _makes(lambda logits: logits.log_softmax(dim=-1)),
        ),
        Mistake(
            "largest logit subtracted",
            "the largest logit of each position is subtracted",
            "softmax would not notice, but these are no longer GPT-2's logits",
            _makes(lambda logits: logits - logits.amax(dim=-1, keepdim=True)),
        ),
        Mistake(
            "mean logit subtracted",
            "the mean logit of each position is subtracted",
            "softmax would not notice, but these are no longer GPT-2's logits",
            _makes(lambda logits: logits - logits.mean(dim=-1, keepdim=True)),
        ),
        Mistake(
            "the likeliest token",
            "this is the id of the likeliest token; its logits and all others are lost",
            "every token of the vocabulary gets a number, at every position",
            _makes(lambda logits: logits.argmax(dim=-1)),
        ),
        Mistake(
            "last position only",
            "only the last position has logits",
            "every position says what might come next",
            _reads(lambda resid: resid[:, -1]),
        ),
        Mistake(
            "last position kept as an axis",
            "only the last position has logits, on an axis of size 1",
            "every position says what might come next",
            _reads(lambda resid: resid[:, -1:]),
        ),
        Mistake(
            "divided by √d_model",
            "the logits are divided by √d_model: that habit belongs to attention scores",
            "is anything divided here?",
            _reads(lambda resid: resid / resid.shape[-1] ** 0.5),
        ),
        Mistake(
            "cosine similarities",
            "these are cosine similarities: the lengths of the vectors have been divided out",
            "a logit is a plain dot product, and its size matters",
            _with(
                forward=lambda self, resid: F.linear(
                    F.normalize(resid, dim=-1), F.normalize(self.embed.W_E, dim=-1)
                )
            ),
        ),
        Mistake(
            "rows of length 1",
            "the token vectors have been brought to length 1",
            "a logit is a plain dot product with the row of W_E as it is",
            _with(rows=lambda self: F.normalize(self.embed.W_E, dim=-1)),
        ),
        Mistake(
            "distances",
            "these are distances to the tokens' vectors, with a minus in front",
            "a logit is a dot product",
            _with(forward=lambda self, resid: -torch.cdist(resid, self.embed.W_E.expand(len(resid), -1, -1))),
        ),
        Mistake(
            "LayerNorm first",
            "the vectors go through a LayerNorm first: in GPT-2 that is a module of its own, ln_f",
            "does anything happen to resid before the product?",
            _reads(lambda resid: F.layer_norm(resid, resid.shape[-1:])),
        ),
        Mistake(
            "W_E not turned over",
            "the inner sizes of the product do not meet: W_E has to be turned over first",
            "(…, d_model) @ (d_model, d_vocab): which way round is W_E?",
            _with(forward=lambda self, resid: torch.matmul(resid, self.embed.W_E)),
        ),
        Mistake(
            "a copy of W_E",
            "the logits come from a copy of W_E: when training changes W_E, they do not follow",
            "keep the Embed itself, or its very parameter, not a copy of its numbers",
            _with(**_kept_rows(lambda W_E: W_E.detach().clone())),
        ),
        Mistake(
            "a learned copy of W_E",
            "the module learns a matrix of its own that began as a copy of W_E",
            "keep the Embed itself, or its very parameter, not a copy of its numbers",
            _with(**_kept_rows(lambda W_E: nn.Parameter(W_E.detach().clone()))),
        ),
        Mistake(
            "a matrix of its own",
            "the module has a random matrix of its own: GPT-2 uses W_E at both ends",
            "what is the embed that the constructor is given for?",
            _with(**_kept_rows(lambda W_E: nn.Parameter(torch.randn(W_E.shape)))),
        ),
        Mistake(
            "a layer of its own",
            "the module has an nn.Linear with random numbers of its own: GPT-2 uses W_E at both ends",
            "what is the embed that the constructor is given for?",
            _with(**_own_layer(bias=True)),
        ),
        Mistake(
            "a layer of its own, without bias",
            "the module has an nn.Linear with random numbers of its own: GPT-2 uses W_E at both ends",
            "a layer may do the work, if its weight is W_E itself",
            _with(**_own_layer(bias=False)),
        ),
        Mistake(
            "a second parameter on W_E's memory",
            "the numbers are W_E's, but the optimiser sees two matrices: each gets half of the gradient",
            "nn.Parameter(embed.W_E.data) is a new parameter; embed.W_E is the one to keep",
            _with(**_kept_rows(lambda W_E: nn.Parameter(W_E.data))),
        ),
        Mistake(
            "W_E frozen",
            "the logits are right, but no gradient reaches W_E: detach, .data or no_grad cuts it off",
            "W_E learns at both ends",
            _with(rows=lambda self: self.embed.W_E.detach()),
        ),
        Mistake(
            "a bias that starts at 0",
            "there is a learned bias, which GPT-2's unembedding has not",
            "GPT-2's lm_head is a product and nothing else",
            _keeps_bias(torch.zeros),
        ),
        Mistake(
            "a random bias",
            "a random bias is added, which GPT-2's unembedding has not",
            "GPT-2's lm_head is a product and nothing else",
            _keeps_bias(torch.randn),
        ),
        Mistake(
            "first prompt only",
            "every entry of the batch gets the first prompt's logits",
            "an index 0 where the batch axis should stay",
            _with(forward=lambda self, resid: _Unembed.forward(self, resid[:1]).expand(len(resid), -1, -1)),
        ),
    ),
)
