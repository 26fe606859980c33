"""The course's own parts from weeks 1, 2, 3 and 4: what week 5 builds on.

Written by `course build` from the earlier weeks' solutions; what you change here, the next build undoes.
To build on a part that you wrote yourself, put a line like this one below the notebook's imports:

    from utils.own_parts import utf8_bytes

Grading takes the parts of this file all the same, so that no mistake is paid for twice.
"""

import math
from itertools import pairwise

import regex
import torch
from einops import einsum, rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "MLP",
    "Embed",
    "LayerNorm",
    "PosEmbed",
    "RMSNorm",
    "SwiGLU",
    "Unembed",
    "build_vocab",
    "bytes_to_unicode",
    "cosine_similarity",
    "cross_entropy",
    "decode",
    "embed_tokens",
    "encode",
    "encode_special",
    "encode_word",
    "gelu",
    "log_softmax",
    "merge_heads",
    "merge_pair",
    "pretokenize",
    "softmax",
    "split_heads",
    "standardise",
    "top_next_tokens",
    "utf8_bytes",
]


# Week 1: Everything is a vector


def cosine_similarity(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    """The cosine of the angle between each vector of a (row) and each vector of b (column).

    A vector of length 0 has similarity 0 with every other.
    """
    a_directions = a / a.norm(dim=-1, keepdim=True).clamp_min(1e-8)
    b_directions = b / b.norm(dim=-1, keepdim=True).clamp_min(1e-8)
    return einsum(a_directions, b_directions, "n d, m d -> n m")


def split_heads(
    q: Float[Tensor, "batch seq d_model"], n_heads: int
) -> Float[Tensor, "batch n_heads seq d_head"]:
    """The queries (or keys, or values) of each head: head 0 has the first d_head = d_model / n_heads numbers."""
    return rearrange(q, "batch seq (n_heads d_head) -> batch n_heads seq d_head", n_heads=n_heads)


def merge_heads(z: Float[Tensor, "batch n_heads seq d_head"]) -> Float[Tensor, "batch seq d_model"]:
    """The heads' vectors side by side in one vector for each token: the inverse of split_heads."""
    return rearrange(z, "batch n_heads seq d_head -> batch seq (n_heads d_head)")


def softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """Numbers from 0 to 1 that add up to 1 along `dim`: e to the power of each, over the sum of those powers.

    Numbers of ±10,000 are fine, and −inf gives 0. Shape and dtype are the input's.
    """
    powers = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return powers / powers.sum(dim=dim, keepdim=True)


def log_softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """The natural logarithms of the probabilities that softmax gives along `dim`.

    Finite numbers give finite results, also when they differ by 20,000; −inf stays −inf.
    """
    shifted = x - x.amax(dim=dim, keepdim=True)
    return shifted - torch.log(torch.exp(shifted).sum(dim=dim, keepdim=True))


def cross_entropy(logits: Float[Tensor, "... d_vocab"], targets: Int[Tensor, "..."]) -> Float[Tensor, ""]:
    """The mean surprisal of the targets: minus their log-probabilities, averaged over all of them.

    targets[i, j] is the id that came where logits[i, j] made the prediction; nothing is shifted here.
    """
    log_probabilities = log_softmax(logits, dim=-1)
    of_targets = log_probabilities.gather(-1, targets[..., None])
    return -of_targets.mean()


def top_next_tokens(
    logits: Float[Tensor, "batch seq d_vocab"], k: int
) -> tuple[Float[Tensor, "batch k"], Int[Tensor, "batch k"]]:
    """The k most likely tokens after each prompt: their probabilities and their ids, the most likely first."""
    probabilities = softmax(logits[:, -1], dim=-1)
    top = probabilities.topk(k, dim=-1)
    return top.values, top.indices


# Week 2: Byte-pair encoding, exactly GPT-2's


def utf8_bytes(text: str) -> list[int]:
    """The bytes of the text in UTF-8, numbers from 0 to 255. An empty text has none."""
    return list(text.encode("utf-8"))


def bytes_to_unicode() -> dict[int, str]:
    """The byte-level character, one printable character, of each of the 256 bytes. No two are the same."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    sign_of, moved = {}, 0
    for byte in range(256):
        if byte in printable:
            sign_of[byte] = chr(byte)
        else:
            sign_of[byte] = chr(256 + moved)
            moved += 1
    return sign_of


def pretokenize(text: str) -> list[str]:
    """The pre-tokens of the text, cut as GPT-2 does. Joined again they are the text; an empty text has none."""
    endings = r"'s|'t|'re|'ve|'m|'ll|'d"
    letters, numbers, others = r" ?\p{L}+", r" ?\p{N}+", r" ?[^\s\p{L}\p{N}]+"
    white_space = r"\s+(?!\S)|\s+"
    pattern = "|".join([endings, letters, numbers, others, white_space])
    return regex.findall(pattern, text)


def merge_pair(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    """The pre-token with the pair merged into one token wherever it occurs, from left to right.

    A pre-token without the pair is returned as it was. The result is a tuple, since it is a key of a dict.
    """
    merged, at = [], 0
    while at < len(word):
        if word[at : at + 2] == pair:
            merged.append(pair[0] + pair[1])
            at += 2
        else:
            merged.append(word[at])
            at += 1
    return tuple(merged)


def encode_word(word: str, ranks: dict[tuple[str, str], int]) -> list[str]:
    """The tokens of one pre-token when everything that has a rank has been merged, lowest rank first.

    `word` is written in byte-level characters, such as "Ġthere", and has at least one. `ranks` gives the rank
    of each pair that is ever merged; a pair that is not in it is never merged.
    """
    pieces = tuple(word)
    while len(pieces) > 1:
        best = min(pairwise(pieces), key=lambda pair: ranks.get(pair, math.inf))
        if best not in ranks:
            break
        pieces = merge_pair(pieces, best)
    return list(pieces)


def build_vocab(merges: list[tuple[str, str]], special_tokens: list[str]) -> dict[str, int]:
    """The id of each token: the 256 byte-level characters, then what each merge makes, then special tokens."""
    pieces = sorted(bytes_to_unicode().values())
    pieces += [left + right for left, right in merges]
    pieces += special_tokens
    return {piece: number for number, piece in enumerate(pieces)}


def encode(text: str, ranks: dict[tuple[str, str], int], vocab: dict[str, int]) -> list[int]:
    """The ids of the text's tokens. An empty text has none.

    `vocab` has an id for every token that merging with `ranks` can leave. Both may be a part of GPT-2's.
    """
    sign_of = bytes_to_unicode()
    ids = []
    for word in pretokenize(text):
        written = "".join(sign_of[byte] for byte in utf8_bytes(word))
        ids += [vocab[piece] for piece in encode_word(written, ranks)]
    return ids


def decode(ids: list[int], vocab: dict[str, int]) -> str:
    """The text of the ids. Bytes that are not valid UTF-8 become the replacement character �.

    `vocab` holds each of these ids, and may have gaps between ids.
    """
    byte_of = {sign: byte for byte, sign in bytes_to_unicode().items()}
    piece_of = {number: piece for piece, number in vocab.items()}
    written = "".join(piece_of[number] for number in ids)
    return bytes(byte_of[sign] for sign in written).decode("utf-8", errors="replace")


def encode_special(
    text: str, ranks: dict[tuple[str, str], int], vocab: dict[str, int], special_tokens: list[str]
) -> list[int]:
    """The ids of a text in which some strings are special tokens, each with an id of its own in `vocab`.

    There may be no special tokens at all; then the result is that of `encode`.
    """
    if not special_tokens:
        return encode(text, ranks, vocab)
    longest_first = sorted(special_tokens, key=len, reverse=True)
    pattern = "|".join(regex.escape(token) for token in longest_first)
    ids = []
    for part in regex.split(f"({pattern})", text):
        ids += [vocab[part]] if part in special_tokens else encode(part, ranks, vocab)
    return ids


# Week 3: Words and places become directions


class Embed(nn.Module):
    """A vector for each token: row `id` of the parameter W_E [d_vocab, d_model]."""

    def __init__(self, d_vocab: int, d_model: int):
        super().__init__()
        self.W_E = nn.Parameter(torch.randn(d_vocab, d_model) * 0.02)

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        """The tokens' rows as they are. An id of d_vocab or more is an error."""
        return self.W_E[tokens]


class PosEmbed(nn.Module):
    """A vector for each position: the first `seq` rows of the parameter W_pos [n_ctx, d_model], in every prompt."""

    def __init__(self, n_ctx: int, d_model: int):
        super().__init__()
        self.W_pos = nn.Parameter(torch.randn(n_ctx, d_model) * 0.02)

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        """The vectors of positions 0 to seq − 1, once for each prompt, whatever the tokens are."""
        batch, seq = tokens.shape
        return self.W_pos[:seq].expand(batch, -1, -1)


def embed_tokens(
    tokens: Int[Tensor, "batch seq"], embed: nn.Module, pos_embed: nn.Module
) -> Float[Tensor, "batch seq d_model"]:
    """Where the residual stream begins: each token's vector plus its position's vector, and nothing else.

    `embed` is an Embed and `pos_embed` a PosEmbed, or modules that are called in the same way.
    """
    return embed(tokens) + pos_embed(tokens)


class Unembed(nn.Module):
    """Logits: the dot product of each position's vector with each token's row of the Embed's own W_E (tied)."""

    def __init__(self, embed: nn.Module):
        super().__init__()
        self.embed = embed

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_vocab"]:
        """A logit for every token of the vocabulary, at every position. No softmax, no bias, no scale."""
        return resid @ self.embed.W_E.T


# Week 4: The per-token half


def standardise(x: Float[Tensor, "... d_model"], eps: float) -> Float[Tensor, "... d_model"]:
    """Each vector with mean 0 and variance 1: its mean subtracted, then divided by the root of variance + eps.

    The variance is the mean squared distance from the mean. A vector of equal numbers gives zeros; a single
    vector without further axes is fine; numbers that are large and close together keep their digits. `x` is
    left as it was.
    """
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = centred.pow(2).mean(dim=-1, keepdim=True)
    return centred / torch.sqrt(variance + eps)


class LayerNorm(nn.Module):
    """Brings each vector to mean 0 and variance 1, then multiplies it by `gain` and adds `bias`.

    Parameters gain and bias [d_model]. A new module only standardises.
    """

    def __init__(self, d_model: int, eps: float = 1e-5):
        super().__init__()
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """The normalised `x`, which the next layer reads. `x` is left as it was."""
        return standardise(x, self.eps) * self.gain + self.bias


def gelu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """GPT-2's GELU, the form with tanh (Hendrycks and Gimpel, 2016, section 2), of each number by itself.

    Any shape, also a single number; numbers of any size.
    """
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


class MLP(nn.Module):
    """Each position's vector by itself: out to d_mlp neurons, through GELU, and back to d_model.

    Parameters W_in [d_model, d_mlp], b_in [d_mlp], W_out [d_mlp, d_model] and b_out [d_model].
    """

    def __init__(self, d_model: int, d_mlp: int):
        super().__init__()
        self.W_in = nn.Parameter(torch.randn(d_model, d_mlp) * 0.02)
        self.b_in = nn.Parameter(torch.zeros(d_mlp))
        self.W_out = nn.Parameter(torch.randn(d_mlp, d_model) * 0.02)
        self.b_out = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """The update of each position's vector. The same in train and in eval mode."""
        return gelu(x @ self.W_in + self.b_in) @ self.W_out + self.b_out


class RMSNorm(nn.Module):
    """Divides each vector by its root mean square, then multiplies it by `gain` [d_model]."""

    def __init__(self, d_model: int, eps: float = 1e-5):
        super().__init__()
        self.eps, self.gain = eps, nn.Parameter(torch.ones(d_model))

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """The normalised `x`. `x` is left as it was; a vector of zeros gives zeros."""
        mean_square = x.pow(2).mean(dim=-1, keepdim=True)
        return x / torch.sqrt(mean_square + self.eps) * self.gain


class SwiGLU(nn.Module):
    """A gated MLP: the SiLU of the gate times the value, number by number, and back to d_model. No biases.

    Parameters W_gate and W_in [d_model, d_mlp], W_out [d_mlp, d_model].
    """

    def __init__(self, d_model: int, d_mlp: int):
        super().__init__()
        for name in ("W_gate", "W_in"):
            setattr(self, name, nn.Parameter(0.02 * torch.randn(d_model, d_mlp)))
        self.W_out = nn.Parameter(0.02 * torch.randn(d_mlp, d_model))

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """The update of each position's vector. The same in train and in eval mode."""
        gate = F.silu(x @ self.W_gate)
        return (gate * (x @ self.W_in)) @ self.W_out
