"""The answer key of `AttentionHead`: HF's projection and HF's attention."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_attention import attend, packed_projection
from utils.answers.week05_attention._pieces import dots, hidden, put
from utils.checks import week05_attention as checks


def _expected_head(x, weights, training):
    q, k, v = packed_projection(
        x, [weights[f"W_{letter}"] for letter in "QKV"], [weights[f"b_{letter}"] for letter in "QKV"]
    )
    learned = sum(weight.numel() for weight in weights.values())
    return {"z": attend(q, k, v)[0], "number of learned parameters": learned}


class _Head(nn.Module):
    """A head in pieces, of which each mistake replaces one."""

    W_Q: Tensor
    W_K: Tensor
    W_V: Tensor
    b_Q: Tensor
    b_K: Tensor
    b_V: Tensor

    def __init__(self, d_model: int, d_head: int):
        super().__init__()
        for letter in "QKV":
            setattr(self, f"W_{letter}", self.make(torch.zeros(d_model, d_head)))
            setattr(self, f"b_{letter}", self.make(torch.zeros(d_head)))

    make = staticmethod(nn.Parameter)

    def project(self, x):
        return packed_projection(x, [self.W_Q, self.W_K, self.W_V], [self.b_Q, self.b_K, self.b_V])

    def scores(self, q, k, x):
        return dots(q, k) / math.sqrt(q.shape[-1])

    def mask(self, scores):
        return put(scores, hidden(scores))

    def softmax(self, scores):
        return scores.softmax(-1)

    def forward(self, x):
        q, k, v = self.project(x)
        return self.softmax(self.mask(self.scores(q, k, x))).matmul(v)


def _head_with(**pieces):
    return type("AttentionHead", (_Head,), pieces)


ANSWER_KEY = AnswerKey(
    check=checks.AttentionHead,
    expected=_expected_head,
    mistakes=(
        Mistake(
            "no mask",
            "the head sees the future",
            "which of your functions hides it?",
            _head_with(mask=lambda self, scores: scores),
        ),
        Mistake(
            "mask in training only",
            "in eval mode the head sees the future",
            "the mask is part of the model, not of training: no `if self.training`",
            _head_with(mask=lambda self, scores: put(scores, hidden(scores)) if self.training else scores),
        ),
        Mistake(
            "mask in eval only",
            "in train mode the head sees the future",
            "the mask is part of the model: no `if self.training`",
            _head_with(mask=lambda self, scores: scores if self.training else put(scores, hidden(scores))),
        ),
        Mistake(
            "not scaled",
            "the scores are not divided by √d_head",
            "which of your functions scales?",
            _head_with(scores=lambda self, q, k, x: dots(q, k)),
        ),
        Mistake(
            "scaled by √d_model",
            "the scores are divided by √d_model",
            "how many products does one score add up: d_head or d_model?",
            _head_with(scores=lambda self, q, k, x: dots(q, k) / math.sqrt(x.shape[-1])),
        ),
        Mistake(
            "q and k swapped",
            "the keys ask and the queries answer",
            "the order of the arguments: attention_pattern(q, k)",
            _head_with(scores=lambda self, q, k, x: dots(k, q) / math.sqrt(q.shape[-1])),
        ),
        Mistake(
            "keys used as values",
            "the head reads the keys where it should read the values",
            "which tensor does the pattern blend?",
            _head_with(project=lambda self, x: (*_Head.project(self, x)[:2], _Head.project(self, x)[1])),
        ),
        Mistake(
            "biases unused",
            "the biases are there but are never added",
            "what are self.b_Q, self.b_K and self.b_V for?",
            _head_with(project=lambda self, x: (x @ self.W_Q, x @ self.W_K, x @ self.W_V)),
        ),
        Mistake(
            "softmax over the queries",
            "each column of the pattern adds up to 1, not each row",
            "each query shares out its own attention: over which axis?",
            _head_with(softmax=lambda self, scores: scores.softmax(-2)),
        ),
        Mistake(
            "weights that cannot learn",
            "the values are right, but the weights are plain tensors: training would never touch them",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _head_with(make=staticmethod(lambda tensor: tensor)),
        ),
        Mistake(
            "biases that cannot learn",
            "the values are right, but the biases are plain tensors: training would never touch them",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _head_with(
                make=staticmethod(lambda tensor: nn.Parameter(tensor) if tensor.dim() == 2 else tensor)
            ),
        ),
        Mistake(
            "dropout on the pattern",
            "some attention is dropped at random, also in eval mode",
            "GPT-2 as we build it has no dropout here; F.dropout is on unless told otherwise",
            _head_with(softmax=lambda self, scores: F.dropout(scores.softmax(-1), 0.1)),
        ),
        Mistake(
            "x used as values",
            "the pattern blends x itself, not the values",
            "which tensor does the pattern blend?",
            _head_with(project=lambda self, x: (*_Head.project(self, x)[:2], x)),
        ),
        Mistake(
            "first of the batch only",
            "every entry of the batch gets the first entry's result",
            "an index 0 where the batch axis should stay",
            _head_with(forward=lambda self, x: _Head.forward(self, x[:1]).expand(len(x), -1, -1)),
        ),
    ),
)
