"""The course's own parts from weeks 1, 2, 3, 4, 5, 6, 7, 8 and 9: what week 10 builds on.

Written by `course build` from the earlier weeks' solutions; what you change here, the next build undoes.
To build on a part that you wrote yourself, put a line like this one below the notebook's imports:

    from utils.own_parts import weighted_values

Grading takes the parts of this file all the same, so that no mistake is paid for twice.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import regex
import torch
from einops import einsum, rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from utils.reference import ModelConfig

__all__ = [
    "GPT2",
    "MLP",
    "AttentionHead",
    "Embed",
    "LayerNorm",
    "MultiHeadAttention",
    "PosEmbed",
    "RMSNorm",
    "SwiGLU",
    "TransformerBlock",
    "Unembed",
    "adjust_logits",
    "apply_temperature",
    "attention_pattern",
    "attention_scores",
    "build_vocab",
    "bytes_to_unicode",
    "causal_mask",
    "cosine_similarity",
    "count_parameters",
    "cross_entropy",
    "decode",
    "embed_tokens",
    "encode",
    "encode_special",
    "encode_word",
    "first_token_score",
    "fix_conv1d",
    "flops_per_token",
    "frequency_penalty",
    "gelu",
    "generate",
    "greedy",
    "grouped_query_attention",
    "head_outputs",
    "induction_score",
    "init_weights",
    "load_gpt2",
    "log_softmax",
    "merge_heads",
    "merge_pair",
    "minimum_length",
    "name_map",
    "pretokenize",
    "previous_token_score",
    "project_heads",
    "project_qkv",
    "repetition_penalty",
    "residual_stream",
    "rotary_positions",
    "sample_token",
    "softmax",
    "split_c_attn",
    "split_heads",
    "standardise",
    "token_losses",
    "top_k_filter",
    "top_next_tokens",
    "top_p_filter",
    "utf8_bytes",
    "weighted_values",
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


# Week 5: Tokens looking at other tokens


def project_qkv(
    x: Float[Tensor, "batch seq d_model"],
    W_Q: Float[Tensor, "d_model d_head"],
    W_K: Float[Tensor, "d_model d_head"],
    W_V: Float[Tensor, "d_model d_head"],
    b_Q: Float[Tensor, "d_head"],
    b_K: Float[Tensor, "d_head"],
    b_V: Float[Tensor, "d_head"],
) -> tuple[
    Float[Tensor, "batch seq d_head"], Float[Tensor, "batch seq d_head"], Float[Tensor, "batch seq d_head"]
]:
    """One head's queries, keys and values, in this order.

    `x` is what the head reads: one vector for each token. Each projection is a product with its weight, plus
    its bias. A sequence of a single token is fine.
    """
    q = einsum(x, W_Q, "batch seq d_model, d_model d_head -> batch seq d_head") + b_Q
    k = einsum(x, W_K, "batch seq d_model, d_model d_head -> batch seq d_head") + b_K
    v = einsum(x, W_V, "batch seq d_model, d_model d_head -> batch seq d_head") + b_V
    return q, k, v


def attention_scores(
    q: Float[Tensor, "... query d_head"], k: Float[Tensor, "... key d_head"]
) -> Float[Tensor, "... query key"]:
    """How well each query matches each key: their dot product, divided by √d_head.

    The leading axes (`batch`, or `batch` and `heads`) are the same in `q` and `k` and are kept. There may be
    fewer queries than keys.
    """
    d_head = q.shape[-1]
    matches = einsum(q, k, "... query d_head, ... key d_head -> ... query key")
    return matches / math.sqrt(d_head)


def causal_mask(scores: Float[Tensor, "... query key"]) -> Float[Tensor, "... query key"]:
    """The scores with −inf wherever a key lies in the query's future. The input is left as it was.

    If there are fewer queries than keys, the queries are the last positions. A score of −1e9 or less,
    such as torch.finfo(scores.dtype).min, hides a token as well as −inf does. Tensors that you make here take
    device=scores.device, so that the function also runs on a GPU.
    """
    query, key = scores.shape[-2:]
    earlier_keys = key - query
    future = torch.ones(query, key, dtype=torch.bool, device=scores.device).triu(diagonal=earlier_keys + 1)
    return scores.masked_fill(future, float("-inf"))


def attention_pattern(
    q: Float[Tensor, "... query d_head"], k: Float[Tensor, "... key d_head"]
) -> Float[Tensor, "... query key"]:
    """Each query's attention weights over the keys that it may see: every row adds up to 1."""
    visible_scores = causal_mask(attention_scores(q, k))
    return softmax(visible_scores, dim=-1)


def weighted_values(
    pattern: Float[Tensor, "... query key"], v: Float[Tensor, "... key d_head"]
) -> Float[Tensor, "... query d_head"]:
    """z: for each query, the sum of all values, each times the weight that the query gives to its key."""
    return einsum(pattern, v, "... query key, ... key d_head -> ... query d_head")


class AttentionHead(nn.Module):
    """One attention head: every position reads from itself and the positions before it.

    Parameters W_Q, W_K, W_V [d_model, d_head] and b_Q, b_K, b_V [d_head].
    """

    def __init__(self, d_model: int, d_head: int):
        super().__init__()
        for letter in "QKV":
            setattr(self, f"W_{letter}", nn.Parameter(0.02 * torch.randn(d_model, d_head)))
            setattr(self, f"b_{letter}", nn.Parameter(torch.zeros(d_head)))

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_head"]:
        """z, the weighted sum of values at each position. The same in train and in eval mode."""
        q, k, v = project_qkv(x, self.W_Q, self.W_K, self.W_V, self.b_Q, self.b_K, self.b_V)
        return weighted_values(attention_pattern(q, k), v)


# Week 6: Many heads


def project_heads(
    x: Float[Tensor, "batch seq d_model"],
    W: Float[Tensor, "n_heads d_model d_head"],
    b: Float[Tensor, "n_heads d_head"],
) -> Float[Tensor, "batch n_heads seq d_head"]:
    """The queries of all heads, or their keys or values, depending on which weights these are.

    Each head multiplies each token's whole vector by its own matrix and adds its own bias.
    """
    projected = einsum(x, W, "batch seq d_model, n_heads d_model d_head -> batch n_heads seq d_head")
    return projected + b[:, None, :]


def head_outputs(
    z: Float[Tensor, "batch n_heads seq d_head"], W_O: Float[Tensor, "n_heads d_head d_model"]
) -> Float[Tensor, "batch n_heads seq d_model"]:
    """What each head by itself writes into the residual stream, at every position.

    Added up over the heads, plus b_O, this is what the whole layer writes.
    """
    return einsum(z, W_O, "batch n_heads seq d_head, n_heads d_head d_model -> batch n_heads seq d_model")


class MultiHeadAttention(nn.Module):
    """All heads of a block: each has its own pattern, and what they write is added up.

    Parameters W_Q, W_K, W_V [n_heads, d_model, d_head], b_Q, b_K, b_V [n_heads, d_head], W_O [n_heads, d_head, d_model]
    and b_O [d_model].
    """

    def __init__(self, d_model: int, n_heads: int, d_head: int):
        super().__init__()
        for letter in "QKV":
            setattr(self, f"W_{letter}", nn.Parameter(torch.randn(n_heads, d_model, d_head) * 0.02))
            setattr(self, f"b_{letter}", nn.Parameter(torch.zeros(n_heads, d_head)))
        self.W_O = nn.Parameter(torch.randn(n_heads, d_head, d_model) * 0.02)
        self.b_O = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        """What all heads together write at each position. The same in train and in eval mode."""
        q = project_heads(x, self.W_Q, self.b_Q)
        k = project_heads(x, self.W_K, self.b_K)
        v = project_heads(x, self.W_V, self.b_V)
        z = weighted_values(attention_pattern(q, k), v)
        summed = einsum(z, self.W_O, "batch n_heads seq d_head, n_heads d_head d_model -> batch seq d_model")
        return summed + self.b_O


def previous_token_score(pattern: Float[Tensor, "... query key"]) -> Float[Tensor, "..."]:
    """The attention weight on the token right before the query, on average over all queries but the first.

    There are as many queries as keys, two at least. The leading axes are kept; a pattern without any has a
    score without any.
    """
    queries = torch.arange(1, pattern.shape[-1])
    return pattern[..., queries, queries - 1].mean(dim=-1)


def first_token_score(pattern: Float[Tensor, "... query key"]) -> Float[Tensor, "..."]:
    """The attention weight on the first token, on average over all queries but the first, which sees nothing else.

    There are as many queries as keys, two at least. The leading axes are kept.
    """
    return pattern[..., 1:, 0].mean(dim=-1)


def induction_score(pattern: Float[Tensor, "... query key"], period: int) -> Float[Tensor, "..."]:
    """The attention weight on the token after the earlier copy of the query's own token, on average.

    The tokens are one sequence of `period` tokens (two at least), repeated; the last copy may be cut off. The mean runs
    over the queries i ≥ period, each with the key i − period + 1. The leading axes are kept.
    """
    queries = torch.arange(period, pattern.shape[-1])
    return pattern[..., queries, queries - period + 1].mean(dim=-1)


def grouped_query_attention(
    q: Float[Tensor, "batch n_heads query d_head"],
    k: Float[Tensor, "batch n_kv_heads key d_head"],
    v: Float[Tensor, "batch n_kv_heads key d_head"],
) -> Float[Tensor, "batch n_heads query d_head"]:
    """z of every query head, when n_heads / n_kv_heads neighbouring query heads share their keys and values.

    Under the causal mask; if there are fewer queries than keys, the queries are the last positions.
    """
    group = q.shape[1] // k.shape[1]
    shared_k, shared_v = (each.repeat_interleave(group, dim=1) for each in (k, v))
    return weighted_values(attention_pattern(q, shared_k), shared_v)


def rotary_positions(
    x: Float[Tensor, "... seq d_head"], first_position: int = 0, base: float = 10_000.0
) -> Float[Tensor, "... seq d_head"]:
    """The queries or keys, each rotated according to its position: Su et al., 2021, paired as in Llama.

    Pair j is (x[j], x[j + d_head/2]); at position p it is rotated by p · base^(−2j / d_head) radians. d_head is
    even. The first token is at `first_position`. Tensors that you make here take device=x.device.
    """
    a, b = x.chunk(2, dim=-1)
    n_pairs = a.shape[-1]
    speeds = base ** (-torch.arange(n_pairs, device=x.device) / n_pairs)
    positions = torch.arange(first_position, first_position + x.shape[-2], device=x.device)
    angles = torch.outer(positions, speeds)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


# Week 7: The whole machine


class TransformerBlock(nn.Module):
    """One block: attention, then MLP. Each reads the residual stream through a LayerNorm and adds to it.

    Its parts: ln_1, attn, ln_2, mlp.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.ln_1 = LayerNorm(config.d_model, config.layer_norm_eps)
        self.attn = MultiHeadAttention(config.d_model, config.n_heads, config.d_head)
        self.ln_2 = LayerNorm(config.d_model, config.layer_norm_eps)
        self.mlp = MLP(config.d_model, config.d_mlp)

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        """The stream after both halves have added to it. `resid` itself is left as it was."""
        resid = resid + self.attn(self.ln_1(resid))
        return resid + self.mlp(self.ln_2(resid))


class GPT2(nn.Module):
    """The whole model: embed, the blocks, ln_f, unembed.

    Its parts: embed, pos_embed, blocks (an nn.ModuleList), ln_f, unembed; and its sizes, config.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.embed = Embed(config.d_vocab, config.d_model)
        self.pos_embed = PosEmbed(config.n_ctx, config.d_model)
        self.blocks = nn.ModuleList(TransformerBlock(config) for _ in range(config.n_layers))
        self.ln_f = LayerNorm(config.d_model, config.layer_norm_eps)
        self.unembed = Unembed(self.embed)

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Logits for the next token at every position. `tokens` is left as it was.

        Raises:
            ValueError: the prompts are longer than n_ctx; the message names both lengths.
        """
        if tokens.shape[1] > self.config.n_ctx:
            raise ValueError(
                f"{tokens.shape[1]} tokens are more than this model's n_ctx of {self.config.n_ctx}."
            )
        resid = embed_tokens(tokens, self.embed, self.pos_embed)
        for block in self.blocks:
            resid = block(resid)
        return self.unembed(self.ln_f(resid))


def residual_stream(
    model: nn.Module, tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, "n_layers_plus_1 batch seq d_model"]:
    """The residual stream before the first block, and after every block.

    `model` has the parts embed, pos_embed and blocks, as a GPT2 has them. The last entry is the input of ln_f.
    """
    stages = [embed_tokens(tokens, model.embed, model.pos_embed)]
    for block in model.blocks:
        stages.append(block(stages[-1]))
    return torch.stack(stages)


def count_parameters(config: ModelConfig) -> int:
    """The number of learned parameters of a GPT-2 with this config. The tied W_E counts once."""
    d_model, d_mlp, width = config.d_model, config.d_mlp, config.n_heads * config.d_head
    attention = 3 * (d_model * width + width) + width * d_model + d_model
    mlp = d_model * d_mlp + d_mlp + d_mlp * d_model + d_model
    layer_norm = 2 * d_model
    embeddings = (config.d_vocab + config.n_ctx) * d_model
    return embeddings + config.n_layers * (attention + mlp + 2 * layer_norm) + layer_norm


def init_weights(model: nn.Module, seed: int) -> nn.Module:
    """Initial weights, drawn from `seed`: normal with standard deviation 0.02, and 0.02/√(2·n_layers) for what writes
    to the residual stream (W_O and W_out), biases 0, gains 1. Changes the model in place and returns it.

    `model` has the parameters of a GPT2, under their names, and its sizes in `model.config`. A separate generator is
    used: torch's global random state is left as it was.
    """
    generator = torch.Generator().manual_seed(seed)
    into_the_stream = 0.02 / (2 * model.config.n_layers) ** 0.5
    for name, parameter in model.named_parameters():
        kind = name.rsplit(".", 1)[-1]
        with torch.no_grad():
            if kind == "gain":
                parameter.fill_(1.0)
            elif kind.startswith("b"):
                parameter.fill_(0.0)
            else:
                std = into_the_stream if kind in {"W_O", "W_out"} else 0.02
                parameter.normal_(0.0, std, generator=generator)
    return model


def flops_per_token(config: ModelConfig, seq: int) -> int:
    """FLOPs of the forward pass for one token of a prompt of `seq` tokens: the matrix products alone, 2 a pair.

    Scores are counted for all `seq` keys, since the mask is applied only after they are computed.
    """
    width = config.n_heads * config.d_head
    projections = 4 * config.d_model * width
    scores_and_blending = 2 * seq * width
    mlp = 2 * config.d_model * config.d_mlp
    unembedding = config.d_model * config.d_vocab
    return 2 * (config.n_layers * (projections + scores_and_blending + mlp) + unembedding)


# Week 8: GPT-2's weights in your machine


def name_map(config: ModelConfig) -> dict[str, tuple[str, ...]]:
    """For each name in HF's state dict, the names in GPT2's own state dict that its tensor fills.

    c_attn fills three, in the order Q, K, V; every other name fills one. Every name of either side is used once.
    """
    names = {"transformer.wte.weight": ("embed.W_E",), "transformer.wpe.weight": ("pos_embed.W_pos",)}
    for layer in range(config.n_layers):
        theirs, ours = f"transformer.h.{layer}", f"blocks.{layer}"
        for norm in ("ln_1", "ln_2"):
            names[f"{theirs}.{norm}.weight"] = (f"{ours}.{norm}.gain",)
            names[f"{theirs}.{norm}.bias"] = (f"{ours}.{norm}.bias",)
        for kind, letter in (("weight", "W"), ("bias", "b")):
            names[f"{theirs}.attn.c_attn.{kind}"] = tuple(f"{ours}.attn.{letter}_{each}" for each in "QKV")
            names[f"{theirs}.attn.c_proj.{kind}"] = (f"{ours}.attn.{letter}_O",)
            names[f"{theirs}.mlp.c_fc.{kind}"] = (f"{ours}.mlp.{letter}_in",)
            names[f"{theirs}.mlp.c_proj.{kind}"] = (f"{ours}.mlp.{letter}_out",)
    names |= {"transformer.ln_f.weight": ("ln_f.gain",), "transformer.ln_f.bias": ("ln_f.bias",)}
    return names | {"lm_head.weight": ("unembed.embed.W_E",)}


def split_c_attn(
    packed: Float[Tensor, "... three_d_model"], n_heads: int, order: str = "three n_heads d_head"
) -> tuple[Float[Tensor, "n_heads ... d_head"], ...]:
    """What belongs to q, to k and to v in a packed weight or bias: three tensors, cut head by head.

    `packed` is the weight [d_model, 3·d_model] or the bias [3·d_model]. `order` names the indices of its columns
    from the slowest to the fastest: "three", "n_heads" and "d_head", in any order, with a space between them.
    """
    pattern = f"... ({order}) -> three n_heads ... d_head"
    by_head = rearrange(packed, pattern, three=3, n_heads=n_heads)
    return tuple(by_head)


def fix_conv1d(name: str, tensor: Float[Tensor, "..."], n_heads: int) -> tuple[Float[Tensor, "..."], ...]:
    """One tensor of HF's state dict in the shapes of GPT2's parameters, as many as name_map has names for it.

    c_attn's weight and bias become three; attention's c_proj weight [d_model, d_model] becomes [n_heads, d_head,
    d_model]; all others stay as they are. A Conv1D's weight has the axes (inputs, outputs), as W_in and W_out have.
    """
    if ".c_attn." in name:
        return split_c_attn(tensor, n_heads)
    if name.endswith(".attn.c_proj.weight"):
        return (rearrange(tensor, "(n_heads d_head) d_model -> n_heads d_head d_model", n_heads=n_heads),)
    return (tensor,)


def load_gpt2(state_dict: dict[str, Tensor], config: ModelConfig) -> GPT2:
    """A new GPT2 in float32 and eval mode with a copy of the weights of HF's state dict.

    Raises:
        ValueError: a name is missing or unknown, a tensor has another shape than that which follows from the config
            (here a RuntimeError is also accepted), or lm_head's weight is not the embedding. The message names the
            tensor.
    """
    names, tensors = name_map(config), {}
    if wrong := sorted(names.keys() ^ state_dict.keys()):
        told = ", ".join(f"{name} is {'missing' if name in names else 'unknown'}" for name in wrong[:3])
        raise ValueError(f"{len(wrong)} names do not fit this config: {told}")
    if not torch.equal(state_dict["lm_head.weight"], state_dict["transformer.wte.weight"]):
        raise ValueError("lm_head.weight is not transformer.wte.weight, and this machine ties the two.")
    for name, targets in names.items():
        try:
            tensors |= zip(targets, fix_conv1d(name, state_dict[name], config.n_heads), strict=True)
        except RuntimeError as problem:
            raise ValueError(f"{name} has the shape {tuple(state_dict[name].shape)}: {problem}") from problem
    model = GPT2(config)
    model.load_state_dict(tensors)
    return model.eval()


def token_losses(model: nn.Module, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq-1"]:
    """The surprisal of each token but the first: minus the log-probability that the model gave to it.

    losses[b, i] is the loss, in nats, of token i + 1 of prompt b, predicted from tokens 0 to i.
    """
    guesses = log_softmax(model(tokens)[:, :-1], dim=-1)
    came = tokens[:, 1:, None]
    return -guesses.gather(-1, came).squeeze(-1)


# Week 9: From probabilities to text


def greedy(logits: Float[Tensor, "batch seq d_vocab"]) -> Int[Tensor, "batch"]:
    """The most probable next token of each prompt, from the logits at all its positions.

    Of several equal logits the first wins, which is the smallest id, as with torch.argmax.
    """
    return logits[:, -1].argmax(dim=-1)


def apply_temperature(
    logits: Float[Tensor, "... d_vocab"], temperature: float
) -> Float[Tensor, "... d_vocab"]:
    """Logits divided by the temperature, which is 0 or more.

    At temperature 0, greedy: 0 for the largest logit (the first of equals), −inf for all others. There may be any
    number of leading axes, none included. A logit of −inf stays −inf. Make new tensors with device=logits.device
    (or with torch.full_like, torch.zeros_like …), so that the function also runs on a GPU.
    """
    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)
        return torch.full_like(logits, float("-inf")).scatter(-1, best, 0.0)
    return logits / temperature


def sample_token(
    logits: Float[Tensor, "batch d_vocab"], generator: torch.Generator | None = None
) -> Int[Tensor, "batch"]:
    """One token for each row, drawn with the probabilities that softmax gives for its logits.

    The rows are drawn independently. All randomness comes from `generator`, or from torch's own generator where it
    is None: with a generator, torch's own is left as it was. A token with logit −inf is never drawn; at least one
    logit of each row is not −inf.
    """
    probabilities = softmax(logits, dim=-1)
    return torch.multinomial(probabilities, num_samples=1, generator=generator).squeeze(1)


def top_k_filter(logits: Float[Tensor, "... d_vocab"], k: int) -> Float[Tensor, "... d_vocab"]:
    """The logits with −inf for every token that is less probable than the k-th most probable one of its row.

    Tokens as probable as the k-th all stay, so that a tie may leave more than k. With k as large as the vocabulary,
    or larger, nothing changes; k is at least 1. There may be any number of leading axes. The input is left as it
    was. −1e9 or less is accepted in the place of −inf.
    """
    k = min(k, logits.shape[-1])
    border = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < border, float("-inf"))


def top_p_filter(logits: Float[Tensor, "... d_vocab"], p: float) -> Float[Tensor, "... d_vocab"]:
    """The logits with −inf for every token outside the smallest set of most probable tokens that have at least p.

    The token with which the sum reaches p stays, so that at least one token of each row does. 0 < p ≤ 1, and with
    p = 1 nothing changes. There may be any number of leading axes. The input is left as it was. −1e9 or less is
    accepted in the place of −inf.
    """
    if p >= 1:
        return logits.clone()
    probabilities, order = softmax(logits, dim=-1).sort(dim=-1, descending=True)
    before = probabilities.cumsum(dim=-1) - probabilities
    outside = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(outside, float("-inf"))


def repetition_penalty(
    logits: Float[Tensor, "batch d_vocab"], tokens: Int[Tensor, "batch seq"], penalty: float
) -> Float[Tensor, "batch d_vocab"]:
    """The logits with every token that occurs in its row of `tokens` made less probable, once, by a factor.

    A positive logit is divided by the penalty, a negative one multiplied; 0 and −inf stay what they are. `tokens` is
    the whole text so far, the prompt included. The input is left as it was.
    """
    said = logits.gather(-1, tokens)
    weakened = torch.where(said < 0, said * penalty, said / penalty)
    return logits.scatter(-1, tokens, weakened)


def frequency_penalty(
    logits: Float[Tensor, "batch d_vocab"], tokens: Int[Tensor, "batch seq"], penalty: float
) -> Float[Tensor, "batch d_vocab"]:
    """The logits less `penalty` for each time that a token occurs in its row of `tokens`.

    `tokens` is the whole text so far, the prompt included. A negative penalty makes repeated tokens more probable.
    The input is left as it was. Make new tensors with device=logits.device, so that the function also runs on a
    GPU.
    """
    once_each = torch.full(tokens.shape, -penalty, dtype=logits.dtype, device=logits.device)
    return logits.scatter_add(-1, tokens, once_each)


def minimum_length(
    logits: Float[Tensor, "batch d_vocab"],
    tokens: Int[Tensor, "batch seq"],
    prompt_length: int,
    minimum: int,
    stop_tokens: Sequence[int],
) -> Float[Tensor, "batch d_vocab"]:
    """The logits with every stop token excluded (−inf) as long as fewer than `minimum` tokens are new.

    The first `prompt_length` of `tokens` are the prompt; the others are new. There is at least one stop token. The
    input is left as it was. −1e9 or less is accepted in the place of −inf.
    """
    n_written = tokens.shape[1] - prompt_length
    hidden = logits.clone()
    if n_written < minimum:
        hidden[:, list(stop_tokens)] = float("-inf")
    return hidden


def adjust_logits(
    logits: Float[Tensor, "batch d_vocab"],
    tokens: Int[Tensor, "batch seq"],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    penalties: Sequence[Callable[..., Float[Tensor, "batch d_vocab"]]] = (),
) -> Float[Tensor, "batch d_vocab"]:
    """The logits to draw from: after the penalties, the temperature, top-k and top-p, in this order.

    Each penalty is called as `penalty(logits, tokens)` and returns logits. With top_k None, top-k is left out.
    """
    for penalty in penalties:
        logits = penalty(logits, tokens)
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    return top_p_filter(logits, top_p) if top_p < 1 else logits


def generate(
    model: Callable[[Int[Tensor, "batch seq"]], Float[Tensor, "batch seq d_vocab"]],
    tokens: Int[Tensor, "batch seq"],
    n_new: int,
    n_ctx: int,
    temperature: float = 1.0,
    stop_token: int | None = None,
    seed: int | None = None,
    top_k: int | None = None,
    top_p: float = 1.0,
    penalties: Sequence[Callable[..., Float[Tensor, "batch d_vocab"]]] = (),
) -> Int[Tensor, "batch longer"]:
    """The prompts, each continued by up to `n_new` tokens. The model is called on the last `n_ctx` tokens at most.

    A row that has drawn `stop_token` is filled up with it; when all rows have, generation ends. `seed` seeds a
    separate generator, and torch's own is left as it was. 0 is a valid seed and a valid id.
    """
    generator = None if seed is None else torch.Generator(tokens.device).manual_seed(seed)
    done = torch.zeros(len(tokens), dtype=torch.bool, device=tokens.device)
    for _ in range(n_new):
        with torch.no_grad():
            logits = model(tokens[:, -n_ctx:])[:, -1]
        drawn = sample_token(adjust_logits(logits, tokens, temperature, top_k, top_p, penalties), generator)
        if stop_token is not None:
            drawn = drawn.masked_fill(done, stop_token)
            done |= drawn == stop_token
        tokens = torch.cat([tokens, drawn[:, None]], dim=1)
        if done.all():
            break
    return tokens
