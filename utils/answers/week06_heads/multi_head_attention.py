"""The answer key of `MultiHeadAttention`: HF's GPT2Attention."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week06_heads._hf_layer import hf_attention
from utils.checks import week06_heads as checks


def _expected_attention(x, weights, training):
    learned = sum(weight.numel() for weight in weights.values())
    return {"attn_out": hf_attention(x, weights), "number of learned parameters": learned}


class _Attention(nn.Module):
    """Many heads in pieces, of which each mistake replaces one."""

    def __init__(self, d_model: int, n_heads: int, d_head: int):
        super().__init__()
        shapes: dict[str, tuple[int, ...]] = {f"W_{letter}": (n_heads, d_model, d_head) for letter in "QKV"}
        shapes |= {f"b_{letter}": (n_heads, d_head) for letter in "QKV"}
        shapes |= {"W_O": (n_heads, d_head, d_model), "b_O": (d_model,)}
        for name, shape in shapes.items():
            setattr(self, name, self.make(name, torch.zeros(shape)))

    @staticmethod
    def make(name, tensor):
        return nn.Parameter(tensor)

    def project(self, x, letter):
        W, b = getattr(self, f"W_{letter}"), getattr(self, f"b_{letter}")
        return torch.tensordot(x, W, dims=([2], [1])).movedim(2, 1) + b.unsqueeze(1)

    def scores(self, q, k, x):
        return q.matmul(k.mT) / math.sqrt(q.shape[-1])

    def mask(self, scores):
        return scores.where(torch.ones_like(scores).tril() == 1, -torch.inf)

    def share(self, scores):
        return scores.softmax(-1)

    def read(self, x):
        """z of every head."""
        q, k, v = (self.project(x, letter) for letter in "QKV")
        return self.share(self.mask(self.scores(q, k, x))).matmul(v)

    def write(self, z):
        return torch.tensordot(z, self.W_O, dims=([1, 3], [0, 1]))

    def finish(self, written, x):
        return written + self.b_O

    def forward(self, x):
        return self.finish(self.write(self.read(x)), x)


def _with(**pieces):
    return type("MultiHeadAttention", (_Attention,), pieces)


def _merged_by_a_view(self, z):
    batch, heads, seq, d_head = z.shape
    return z.reshape(batch, seq, heads * d_head) @ self.W_O.flatten(0, 1)


def _merged_alternating(self, z):
    return z.permute(0, 2, 3, 1).flatten(2) @ self.W_O.flatten(0, 1)


def _not_projected(self, z):
    return z.transpose(1, 2).flatten(2)


def _each_by_its_own(self, z):
    return torch.stack([head @ W for head, W in zip(z.unbind(1), self.W_O, strict=True)])


def _keys_asked(self, x):
    q, k, v = (self.project(x, letter) for letter in "QKV")
    return self.share(self.mask(self.scores(k, q, x))).matmul(v)


def _keys_read(self, x):
    q, k = (self.project(x, letter) for letter in "QK")
    return self.share(self.mask(self.scores(q, k, x))).matmul(k)


def _without_biases(self, x, letter):
    return torch.tensordot(x, getattr(self, f"W_{letter}"), dims=([2], [1])).movedim(2, 1)


def _first_weights(self, x, letter):
    W, b = getattr(self, f"W_{letter}"), getattr(self, f"b_{letter}")
    return torch.tensordot(x, W[:1].expand_as(W), dims=([2], [1])).movedim(2, 1) + b.unsqueeze(1)


def _one_pattern(combine):
    def share(self, scores):
        return combine(scores).softmax(-1).expand_as(scores)

    return share


def _in_mode(wanted):
    return lambda self, scores: _Attention.mask(self, scores) if self.training == wanted else scores


def _all_read_before(self, x):
    """Each head reads the stream after the head before it has written: in sequence, not in parallel."""
    written = torch.zeros_like(x)
    for head in range(len(self.W_O)):
        written = written + _each_by_its_own(self, _Attention.read(self, x + written))[head]
    return written + self.b_O


def _plain(kept):
    """Parameters for the names that `kept` accepts, plain tensors for the others."""
    return staticmethod(lambda name, tensor: nn.Parameter(tensor) if kept(name) else tensor)


ANSWER_KEY = AnswerKey(
    check=checks.MultiHeadAttention,
    expected=_expected_attention,
    mistakes=(
        Mistake(
            "heads averaged",
            "what the heads write is averaged",
            "the heads add up: nobody divides by n_heads",
            _with(write=lambda self, z: _each_by_its_own(self, z).mean(0)),
        ),
        Mistake(
            "last head only",
            "only what the last head writes comes back",
            "is the sum overwritten in each round of a loop?",
            _with(write=lambda self, z: _each_by_its_own(self, z)[-1]),
        ),
        Mistake(
            "first head only",
            "only what head 0 writes comes back",
            "which axis is indexed where it should be summed?",
            _with(write=lambda self, z: _each_by_its_own(self, z)[0]),
        ),
        Mistake(
            "heads not added up",
            "every head's output comes back by itself",
            "the head axis has to be summed: the block adds one vector to each position",
            _with(
                write=lambda self, z: _each_by_its_own(self, z).transpose(0, 1),
            ),
        ),
        Mistake(
            "z averaged first",
            "the heads' z are averaged and go through the mean of the matrices",
            "every z goes through the matrix of its own head",
            _with(write=lambda self, z: z.mean(1) @ self.W_O.mean(0)),
        ),
        Mistake(
            "z summed first",
            "the heads' z are added up before they are projected, and go through all matrices",
            "every z goes through the matrix of its own head",
            _with(write=lambda self, z: z.sum(1) @ self.W_O.sum(0)),
        ),
        Mistake(
            "first W_O for all",
            "every head writes by the matrix of head 0",
            "W_O has a matrix for each head",
            _with(write=lambda self, z: z.sum(1) @ self.W_O[0]),
        ),
        Mistake(
            "W_O unused",
            "the heads' z lie side by side and are not projected: W_O is never used",
            "what leads from d_head numbers of each head back into the stream?",
            _with(write=_not_projected),
        ),
        Mistake(
            "heads joined by a view",
            "view or reshape joins the heads without moving them, so that positions get mixed",
            "bring the head axis back beside d_head before you join the two",
            _with(write=_merged_by_a_view),
        ),
        Mistake(
            "heads joined in turns",
            "joined, the heads' numbers alternate: first number of each head, second number of each head",
            "in the joined vector the first d_head numbers are head 0's",
            _with(write=_merged_alternating),
        ),
        Mistake(
            "b_O forgotten",
            "b_O is not added",
            "what is self.b_O for?",
            _with(finish=lambda self, written, x: written),
        ),
        Mistake(
            "b_O once for each head",
            "b_O is added once for every head",
            "one bias for all heads together: is it inside the sum?",
            _with(finish=lambda self, written, x: written + len(self.W_O) * self.b_O),
        ),
        Mistake(
            "residual added",
            "x is added to the result",
            "adding to the stream is the block's work, next week: here only what is written comes back",
            _with(finish=lambda self, written, x: written + self.b_O + x),
        ),
        Mistake(
            "normalised first",
            "x goes through a LayerNorm first",
            "the block hands in what has been through LayerNorm already",
            _with(
                forward=lambda self, x: _Attention.forward(self, F.layer_norm(x, x.shape[-1:])),
            ),
        ),
        Mistake(
            "one pattern, of summed scores",
            "the heads' scores are added up, so that all heads share one pattern",
            "each head has a pattern of its own: is `heads` on the right of the arrow?",
            _with(share=_one_pattern(lambda scores: scores.sum(1, keepdim=True))),
        ),
        Mistake(
            "one pattern, of mean scores",
            "the heads' scores are averaged, so that all heads share one pattern",
            "each head has a pattern of its own: nothing is averaged over the heads",
            _with(share=_one_pattern(lambda scores: scores.mean(1, keepdim=True))),
        ),
        Mistake(
            "first head's pattern for all",
            "every head uses the pattern of head 0",
            "each head has a pattern of its own",
            _with(share=_one_pattern(lambda scores: scores[:, :1])),
        ),
        Mistake(
            "mean pattern",
            "the heads' patterns are averaged",
            "each head has a pattern of its own: nobody votes",
            _with(share=lambda self, scores: scores.softmax(-1).mean(1, keepdim=True).expand_as(scores)),
        ),
        Mistake(
            "softmax over the heads",
            "for each query and key the heads' shares add up to 1",
            "each query shares out its attention over the keys: which dim is that, counted from the end?",
            _with(share=lambda self, scores: scores.softmax(1).nan_to_num(0.0)),
        ),
        Mistake(
            "softmax over the queries",
            "each column of a pattern adds up to 1, not each row",
            "each query shares out its own attention: over which axis?",
            _with(share=lambda self, scores: scores.softmax(-2)),
        ),
        Mistake(
            "one softmax over all heads",
            "a query shares out its attention once over all heads, not in each of them",
            "every head has rows that add up to 1",
            _with(
                share=lambda self, scores: (
                    scores.transpose(1, 2)
                    .flatten(2)
                    .softmax(-1)
                    .unflatten(2, scores.shape[1::2])
                    .transpose(1, 2)
                )
            ),
        ),
        Mistake(
            "no mask",
            "the heads see the future",
            "which of last week's functions hides it?",
            _with(mask=lambda self, scores: scores),
        ),
        Mistake(
            "mask in training only",
            "in eval mode the heads see the future",
            "the mask is part of the model, not of training: no `if self.training`",
            _with(mask=_in_mode(True)),
        ),
        Mistake(
            "mask in eval only",
            "in train mode the heads see the future",
            "the mask is part of the model: no `if self.training`",
            _with(mask=_in_mode(False)),
        ),
        Mistake(
            "past hidden",
            "the heads see the future and not the past",
            "which index is the query and which the key: row = query",
            _with(mask=lambda self, scores: scores.where(torch.ones_like(scores).triu() == 1, -torch.inf)),
        ),
        Mistake(
            "not scaled",
            "the scores are not divided by √d_head",
            "which of last week's functions scales?",
            _with(scores=lambda self, q, k, x: q.matmul(k.mT)),
        ),
        Mistake(
            "scaled by √d_model",
            "the scores are divided by √d_model",
            "how many products does one score of one head add up?",
            _with(scores=lambda self, q, k, x: q.matmul(k.mT) / math.sqrt(x.shape[-1])),
        ),
        Mistake(
            "scaled by √n_heads",
            "the scores are divided by √n_heads",
            "which axis of q do you measure? Count from the end",
            _with(scores=lambda self, q, k, x: q.matmul(k.mT) / math.sqrt(q.shape[1])),
        ),
        Mistake(
            "scaled by √seq",
            "the scores are divided by the root of the prompt's length",
            "which axis of q do you measure? Count from the end",
            _with(scores=lambda self, q, k, x: q.matmul(k.mT) / math.sqrt(q.shape[2])),
        ),
        Mistake(
            "divided by d_head",
            "the scores are divided by d_head, not by its root",
            "the root in √d_head",
            _with(scores=lambda self, q, k, x: q.matmul(k.mT) / q.shape[-1]),
        ),
        Mistake(
            "q and k swapped",
            "the keys ask and the queries answer",
            "the order of the arguments: attention_pattern(q, k)",
            _with(read=_keys_asked),
        ),
        Mistake(
            "keys used as values",
            "the heads read the keys where they should read the values",
            "which tensor does the pattern blend?",
            _with(read=_keys_read),
        ),
        Mistake(
            "biases unused",
            "b_Q, b_K and b_V are there but are never added",
            "what are they for?",
            _with(project=_without_biases),
        ),
        Mistake(
            "value bias unused",
            "b_V is never added",
            "is the line for v like the line for q?",
            _with(
                project=lambda self, x, letter: (_without_biases if letter == "V" else _Attention.project)(
                    self, x, letter
                )
            ),
        ),
        Mistake(
            "query bias unused",
            "b_Q is never added",
            "is the line for q like the line for v?",
            _with(
                project=lambda self, x, letter: (_without_biases if letter == "Q" else _Attention.project)(
                    self, x, letter
                )
            ),
        ),
        Mistake(
            "first head's weights for all",
            "every head projects by the weights of head 0",
            "W_Q, W_K and W_V have a matrix for each head",
            _with(project=_first_weights),
        ),
        Mistake(
            "heads one after the other",
            "each head reads what the heads before it have written",
            "all heads of a block read the same x",
            _with(forward=_all_read_before),
        ),
        Mistake(
            "first prompt for all",
            "every prompt of the batch gets the first one's result",
            "an index 0 where the batch axis should stay",
            _with(forward=lambda self, x: _Attention.forward(self, x[:1]).expand(len(x), -1, -1)),
        ),
        Mistake(
            "dropout on the pattern",
            "some attention is dropped at random, also in eval mode",
            "GPT-2 as we build it has no dropout here; F.dropout is on unless told otherwise",
            _with(share=lambda self, scores: F.dropout(scores.softmax(-1), 0.1)),
        ),
        Mistake(
            "weights that cannot learn",
            "the values are right, but the weights are plain tensors: training would never touch them",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _with(make=_plain(lambda name: False)),
        ),
        Mistake(
            "biases that cannot learn",
            "the values are right, but the biases are plain tensors: training would never touch them",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _with(make=_plain(lambda name: name[0] == "W")),
        ),
        Mistake(
            "W_O and b_O cannot learn",
            "the values are right, but W_O and b_O are plain tensors: training would never touch them",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _with(make=_plain(lambda name: name[-1] != "O")),
        ),
        Mistake(
            "b_O cannot learn",
            "the values are right, but b_O is a plain tensor: training would never touch it",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _with(make=_plain(lambda name: name != "b_O")),
        ),
    ),
)
