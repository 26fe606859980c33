"""The course's own parts from weeks 1, 3, 4, 5, 6, 7, 8, 9 and 10: what week 11 builds on.

Written by `course build` from the earlier weeks' solutions; what you change here, the next build undoes.
To build on a part that you wrote yourself, put a line like this one below the notebook's imports:

    from utils.own_parts import weighted_values

Grading takes the parts of this file all the same, so that no mistake is paid for twice.
"""

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.reference import ModelConfig

__all__ = [
    "GPT2",
    "MLP",
    "AdamW",
    "AttentionHead",
    "Embed",
    "LayerNorm",
    "MultiHeadAttention",
    "PosEmbed",
    "TransformerBlock",
    "Unembed",
    "apply_temperature",
    "attention_pattern",
    "attention_scores",
    "causal_mask",
    "clip_grad_norm",
    "cosine_similarity",
    "cross_entropy",
    "decay_groups",
    "embed_tokens",
    "first_token_score",
    "fix_conv1d",
    "gelu",
    "generate",
    "head_outputs",
    "induction_score",
    "init_weights",
    "load_gpt2",
    "log_softmax",
    "lr_schedule",
    "merge_heads",
    "name_map",
    "next_token_loss",
    "previous_token_score",
    "project_heads",
    "project_qkv",
    "sample_token",
    "softmax",
    "split_c_attn",
    "split_heads",
    "standardise",
    "token_losses",
    "top_next_tokens",
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
    x: Float[Tensor, "batch seq d_model"], n_heads: int
) -> Float[Tensor, "batch n_heads seq d_head"]:
    """Each head's part of each token's vector: head 0 has the first d_head = d_model / n_heads numbers."""
    return rearrange(x, "batch seq (n_heads d_head) -> batch n_heads seq d_head", n_heads=n_heads)


def merge_heads(x: Float[Tensor, "batch n_heads seq d_head"]) -> Float[Tensor, "batch seq d_model"]:
    """The heads' vectors side by side in one vector for each token: split_heads undone."""
    return rearrange(x, "batch n_heads seq d_head -> batch seq (n_heads d_head)")


def softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """Shares that add up to 1 along `dim`: e to the power of each number, over the sum of those powers.

    Numbers of ±10,000 do no harm, and −inf gets the share 0. Shape and dtype are the input's.
    """
    powers = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return powers / powers.sum(dim=dim, keepdim=True)


def log_softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """The natural logarithms of the shares that softmax gives along `dim`.

    Finite numbers give finite results, also when they differ by 20,000; −inf stays −inf.
    """
    shifted = x - x.amax(dim=dim, keepdim=True)
    return shifted - torch.log(torch.exp(shifted).sum(dim=dim, keepdim=True))


def cross_entropy(logits: Float[Tensor, "... d_vocab"], targets: Int[Tensor, "..."]) -> Float[Tensor, ""]:
    """How surprised the model is by the targets: the mean of minus their log-probabilities, over all of them.

    targets[i, j] is the id that came where logits[i, j] made the guess; nothing is shifted here.
    """
    log_probabilities = log_softmax(logits, dim=-1)
    of_targets = log_probabilities.gather(-1, targets[..., None])
    return -of_targets.mean()


def top_next_tokens(
    logits: Float[Tensor, "batch seq d_vocab"], k: int
) -> tuple[Float[Tensor, "batch k"], Int[Tensor, "batch k"]]:
    """The k likeliest tokens after each prompt: their probabilities and their ids, the likeliest first."""
    probabilities = softmax(logits[:, -1], dim=-1)
    top = probabilities.topk(k, dim=-1)
    return top.values, top.indices


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
    """A vector for each place: the first `seq` rows of the parameter W_pos [n_ctx, d_model], in every prompt."""

    def __init__(self, n_ctx: int, d_model: int):
        super().__init__()
        self.W_pos = nn.Parameter(torch.randn(n_ctx, d_model) * 0.02)

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        """The vectors of positions 0 to seq − 1, once for each prompt. What the tokens are does not matter."""
        batch, seq = tokens.shape
        return self.W_pos[:seq].expand(batch, -1, -1)


def embed_tokens(
    tokens: Int[Tensor, "batch seq"], embed: nn.Module, pos_embed: nn.Module
) -> Float[Tensor, "batch seq d_model"]:
    """Where the residual stream begins: each token's vector plus its place's vector, and nothing else.

    `embed` is an Embed and `pos_embed` a PosEmbed, or modules that can be called as they can.
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
    """Brings each vector to mean 0 and variance 1, then stretches it by `gain` and shifts it by `bias`.

    Parameters gain and bias [d_model]. A new module only standardises.
    """

    def __init__(self, d_model: int, eps: float = 1e-5):
        super().__init__()
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """What a layer reads of `x`. `x` is left as it was."""
        return standardise(x, self.eps) * self.gain + self.bias


def gelu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """GPT-2's GELU, the form with tanh (Hendrycks and Gimpel, 2016, section 2), of each number by itself.

    Any shape, also a single number; numbers of any size.
    """
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


class MLP(nn.Module):
    """Each token's vector by itself: out to d_mlp neurons, through GELU, and back to d_model.

    Parameters W_in [d_model, d_mlp], b_in [d_mlp], W_out [d_mlp, d_model] and b_out [d_model].
    """

    def __init__(self, d_model: int, d_mlp: int):
        super().__init__()
        self.W_in = nn.Parameter(torch.randn(d_model, d_mlp) * 0.02)
        self.b_in = nn.Parameter(torch.zeros(d_mlp))
        self.W_out = nn.Parameter(torch.randn(d_mlp, d_model) * 0.02)
        self.b_out = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """What the neurons write for each token. The same in train and in eval mode."""
        return gelu(x @ self.W_in + self.b_in) @ self.W_out + self.b_out


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

    The axes in front (`batch`, or `batch` and `heads`) are the same in `q` and `k` and are kept. There may be
    fewer queries than keys.
    """
    d_head = q.shape[-1]
    matches = einsum(q, k, "... query d_head, ... key d_head -> ... query key")
    return matches / math.sqrt(d_head)


def causal_mask(scores: Float[Tensor, "... query key"]) -> Float[Tensor, "... query key"]:
    """The scores with −inf wherever a key lies in the query's future. The input is left as it was.

    If there are fewer queries than keys, the queries are the last positions. Any number below −1e9, such as
    torch.finfo(scores.dtype).min, does as well as −inf. Tensors that you make here take device=scores.device, so
    that the function also runs on a GPU.
    """
    query, key = scores.shape[-2:]
    earlier_keys = key - query
    future = torch.ones(query, key, dtype=torch.bool, device=scores.device).triu(diagonal=earlier_keys + 1)
    return scores.masked_fill(future, float("-inf"))


def attention_pattern(
    q: Float[Tensor, "... query d_head"], k: Float[Tensor, "... key d_head"]
) -> Float[Tensor, "... query key"]:
    """How each query shares out its attention over the keys that it may see: every row adds up to 1."""
    visible_scores = causal_mask(attention_scores(q, k))
    return softmax(visible_scores, dim=-1)


def weighted_values(
    pattern: Float[Tensor, "... query key"], v: Float[Tensor, "... key d_head"]
) -> Float[Tensor, "... query d_head"]:
    """z: for each query the sum of all values, each times the share that the query gives to its key."""
    return einsum(pattern, v, "... query key, ... key d_head -> ... query d_head")


class AttentionHead(nn.Module):
    """One attention head: every token reads from itself and the tokens before it.

    Parameters W_Q, W_K, W_V [d_model, d_head] and b_Q, b_K, b_V [d_head].
    """

    def __init__(self, d_model: int, d_head: int):
        super().__init__()
        for letter in "QKV":
            setattr(self, f"W_{letter}", nn.Parameter(0.02 * torch.randn(d_model, d_head)))
            setattr(self, f"b_{letter}", nn.Parameter(torch.zeros(d_head)))

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_head"]:
        """z, what the head reads at each position. The same in train and in eval mode."""
        q, k, v = project_qkv(x, self.W_Q, self.W_K, self.W_V, self.b_Q, self.b_K, self.b_V)
        return weighted_values(attention_pattern(q, k), v)


# Week 6: Many heads


def project_heads(
    x: Float[Tensor, "batch seq d_model"],
    W: Float[Tensor, "n_heads d_model d_head"],
    b: Float[Tensor, "n_heads d_head"],
) -> Float[Tensor, "batch n_heads seq d_head"]:
    """The queries of all heads, or their keys or values, depending on whose weights these are.

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
    """All heads of a block: each reads for itself, and what they write is added up.

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
    """The attention that goes to the token right before the query, on average over all queries but the first.

    There are as many queries as keys, two at least. The axes in front are kept; a pattern without any has a
    score without any.
    """
    queries = torch.arange(1, pattern.shape[-1])
    return pattern[..., queries, queries - 1].mean(dim=-1)


def first_token_score(pattern: Float[Tensor, "... query key"]) -> Float[Tensor, "..."]:
    """The attention that goes to the first token, on average over all queries but the first, which has no choice.

    There are as many queries as keys, two at least. The axes in front are kept.
    """
    return pattern[..., 1:, 0].mean(dim=-1)


def induction_score(pattern: Float[Tensor, "... query key"], period: int) -> Float[Tensor, "..."]:
    """The attention that goes to the token after the earlier copy of the query's own token, on average.

    The tokens are one piece of `period` tokens (two at least), repeated; the last copy may be cut off. The mean runs
    over the queries i ≥ period, each with the key i − period + 1. The axes in front are kept.
    """
    queries = torch.arange(period, pattern.shape[-1])
    return pattern[..., queries, queries - period + 1].mean(dim=-1)


# Week 7: The whole machine


class TransformerBlock(nn.Module):
    """One block: attention, then MLP. Each reads the residual stream through a LayerNorm and adds to it."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.ln_1 = LayerNorm(config.d_model, config.layer_norm_eps)
        self.attn = MultiHeadAttention(config.d_model, config.n_heads, config.d_head)
        self.ln_2 = LayerNorm(config.d_model, config.layer_norm_eps)
        self.mlp = MLP(config.d_model, config.d_mlp)

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        resid = resid + self.attn(self.ln_1(resid))
        return resid + self.mlp(self.ln_2(resid))


class GPT2(nn.Module):
    """The whole machine: embed, the blocks, ln_f, unembed. Its parts: embed, pos_embed, blocks, ln_f, unembed."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.embed = Embed(config.d_vocab, config.d_model)
        self.pos_embed = PosEmbed(config.n_ctx, config.d_model)
        self.blocks = nn.ModuleList(TransformerBlock(config) for _ in range(config.n_layers))
        self.ln_f = LayerNorm(config.d_model, config.layer_norm_eps)
        self.unembed = Unembed(self.embed)

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Logits for the next token at every position.

        Raises:
            ValueError: the prompts are longer than n_ctx.
        """
        if tokens.shape[1] > self.config.n_ctx:
            raise ValueError(
                f"{tokens.shape[1]} tokens are more than this model's n_ctx of {self.config.n_ctx}."
            )
        resid = embed_tokens(tokens, self.embed, self.pos_embed)
        for block in self.blocks:
            resid = block(resid)
        return self.unembed(self.ln_f(resid))


def init_weights(model: GPT2, seed: int) -> GPT2:
    """GPT-2's first weights, drawn from `seed`: normal with standard deviation 0.02, and 0.02/√(2·n_layers) for what
    writes to the residual stream (W_O and W_out), biases 0, gains 1. Changes the model in place and returns it.
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
                parameter.normal_(
                    0.0, into_the_stream if kind in {"W_O", "W_out"} else 0.02, generator=generator
                )
    return model


# Week 8: GPT-2's weights in your machine


def name_map(config: ModelConfig) -> dict[str, tuple[str, ...]]:
    """For each name in HF's state dict, the names in GPT2's own state dict that its tensor fills.

    c_attn fills three, in the order Q, K, V; every other name fills one. Every name of either side is used once.
    """
    names = {"transformer.wte.weight": ("embed.W_E",), "transformer.wpe.weight": ("pos_embed.W_pos",)}
    in_a_block = {
        "ln_1.weight": ("ln_1.gain",),
        "ln_1.bias": ("ln_1.bias",),
        "attn.c_attn.weight": ("attn.W_Q", "attn.W_K", "attn.W_V"),
        "attn.c_attn.bias": ("attn.b_Q", "attn.b_K", "attn.b_V"),
        "attn.c_proj.weight": ("attn.W_O",),
        "attn.c_proj.bias": ("attn.b_O",),
        "ln_2.weight": ("ln_2.gain",),
        "ln_2.bias": ("ln_2.bias",),
        "mlp.c_fc.weight": ("mlp.W_in",),
        "mlp.c_fc.bias": ("mlp.b_in",),
        "mlp.c_proj.weight": ("mlp.W_out",),
        "mlp.c_proj.bias": ("mlp.b_out",),
    }
    for layer in range(config.n_layers):
        for theirs, ours in in_a_block.items():
            names[f"transformer.h.{layer}.{theirs}"] = tuple(f"blocks.{layer}.{name}" for name in ours)
    names |= {"transformer.ln_f.weight": ("ln_f.gain",), "transformer.ln_f.bias": ("ln_f.bias",)}
    return names | {"lm_head.weight": ("unembed.embed.W_E",)}


def split_c_attn(
    packed: Float[Tensor, "*d_model three_d_model"], n_heads: int
) -> tuple[
    Float[Tensor, "n_heads *d_model d_head"],
    Float[Tensor, "n_heads *d_model d_head"],
    Float[Tensor, "n_heads *d_model d_head"],
]:
    """What belongs to q, to k and to v in c_attn's weight [d_model, 3·d_model] or bias [3·d_model], head by head."""
    by_head = rearrange(
        packed, "... (three n_heads d_head) -> three n_heads ... d_head", three=3, n_heads=n_heads
    )
    return tuple(by_head)


def fix_conv1d(name: str, tensor: Float[Tensor, "..."], n_heads: int) -> tuple[Float[Tensor, "..."], ...]:
    """One tensor of HF's state dict in the forms in which GPT2 keeps it, as many as name_map has names for it.

    A Conv1D's weight has the axes (inputs, outputs), as W_in and W_out have.
    """
    if ".c_attn." in name:
        return split_c_attn(tensor, n_heads)
    if name.endswith(".attn.c_proj.weight"):
        return (rearrange(tensor, "(n_heads d_head) d_model -> n_heads d_head d_model", n_heads=n_heads),)
    return (tensor,)


def load_gpt2(state_dict: dict[str, Tensor], config: ModelConfig) -> GPT2:
    """A new GPT2 in float32 and eval mode that holds the weights of HF's state dict, in memory of its own.

    Raises:
        ValueError: a name is missing or unknown, a tensor has another shape than the config asks for, or lm_head's
            weight is not the embedding. The message says which.
    """
    names = name_map(config)
    for name in names.keys() ^ state_dict.keys():
        raise ValueError(f"{name} is {'missing' if name in names else 'unknown'}.")
    if not torch.equal(state_dict["lm_head.weight"], state_dict["transformer.wte.weight"]):
        raise ValueError("lm_head.weight is not transformer.wte.weight: GPT2 ties them.")
    ours = {}
    for name, targets in names.items():
        try:
            ours |= zip(targets, fix_conv1d(name, state_dict[name], config.n_heads), strict=True)
        except RuntimeError as problem:
            raise ValueError(f"{name} has the shape {tuple(state_dict[name].shape)}: {problem}") from problem
    model = GPT2(config)
    model.load_state_dict(ours)
    return model.eval()


def token_losses(model: nn.Module, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq-1"]:
    """How surprised the model is by each token but the first: minus the log-probability that it gave to it.

    losses[b, i] is the loss, in nats, of token i + 1 of prompt b, guessed from tokens 0 to i.
    """
    guesses = log_softmax(model(tokens)[:, :-1], dim=-1)
    came = tokens[:, 1:, None]
    return -guesses.gather(-1, came).squeeze(-1)


# Week 9: From probabilities to text


def apply_temperature(
    logits: Float[Tensor, "... d_vocab"], temperature: float
) -> Float[Tensor, "... d_vocab"]:
    """Logits divided by the temperature. At temperature 0, greedy: 0 for the largest logit, −inf for all others."""
    if temperature == 0:
        best = torch.zeros_like(logits, dtype=torch.bool).scatter(
            -1, logits.argmax(dim=-1, keepdim=True), True
        )
        return torch.zeros_like(logits).masked_fill(~best, float("-inf"))
    return logits / temperature


def sample_token(
    logits: Float[Tensor, "batch d_vocab"], generator: torch.Generator | None = None
) -> Int[Tensor, "batch"]:
    """One token for each row, drawn with the probabilities that softmax makes of its logits."""
    return torch.multinomial(softmax(logits, dim=-1), num_samples=1, generator=generator)[:, 0]


def generate(
    model: Callable[[Int[Tensor, "batch seq"]], Float[Tensor, "batch seq d_vocab"]],
    tokens: Int[Tensor, "batch seq"],
    n_new: int,
    n_ctx: int,
    temperature: float = 1.0,
    stop_token: int | None = None,
    seed: int | None = None,
) -> Int[Tensor, "batch longer"]:
    """The prompts, each continued by up to `n_new` tokens. The model is shown the last `n_ctx` of them at most.

    A row that has drawn `stop_token` is filled up with it; when all rows have, generation ends.
    """
    generator = None if seed is None else torch.Generator(tokens.device).manual_seed(seed)
    done = torch.zeros(len(tokens), dtype=torch.bool, device=tokens.device)
    for _ in range(n_new):
        with torch.no_grad():
            logits = model(tokens[:, -n_ctx:])[:, -1]
        drawn = sample_token(apply_temperature(logits, temperature), generator)
        if stop_token is not None:
            drawn = drawn.masked_fill(done, stop_token)
            done |= drawn == stop_token
        tokens = torch.cat([tokens, drawn[:, None]], dim=1)
        if done.all():
            break
    return tokens


# Week 10: Loss, gradients, optimisers


def next_token_loss(
    logits: Float[Tensor, "batch seq d_vocab"], tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, ""]:
    """The mean of −log p of each token given those before it, in nats: position i is judged by token i + 1."""
    log_probs = logits[:, :-1].log_softmax(dim=-1)
    return -log_probs.gather(-1, tokens[:, 1:, None]).mean()


class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2).

    `groups` are dicts with "params" and "weight_decay"; each step moves every parameter that has a gradient. `lr` may
    be changed between steps.
    """

    def __init__(
        self,
        groups: Sequence[dict],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        self.groups, self.lr, self.betas, self.eps, self.steps = list(groups), lr, betas, eps, 0
        self.moments = {
            p: (torch.zeros_like(p), torch.zeros_like(p)) for group in self.groups for p in group["params"]
        }

    @torch.no_grad()
    def step(self) -> None:
        """One step along the gradients."""
        self.steps += 1
        beta_1, beta_2 = self.betas
        for group in self.groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                mean, square = self.moments[parameter]
                mean.lerp_(parameter.grad, 1 - beta_1)
                square.lerp_(parameter.grad.square(), 1 - beta_2)
                unbiased_mean = mean / (1 - beta_1**self.steps)
                unbiased_square = square / (1 - beta_2**self.steps)
                parameter.mul_(1 - self.lr * group["weight_decay"])
                parameter.sub_(self.lr * unbiased_mean / (unbiased_square.sqrt() + self.eps))

    def zero_grad(self) -> None:
        """Forgets the gradients of the last step."""
        for parameter in self.moments:
            parameter.grad = None

    def state_dict(self) -> dict:
        """All that a later run needs to go on just here: steps, lr and moments, in the order of the groups."""
        return {"steps": self.steps, "lr": self.lr, "moments": list(self.moments.values())}

    def load_state_dict(self, state: dict) -> None:
        """Takes over what `state_dict` gave."""
        self.steps, self.lr = state["steps"], state["lr"]
        for kept, saved in zip(self.moments.values(), state["moments"], strict=True):
            for mine, theirs in zip(kept, saved, strict=True):
                mine.copy_(theirs)


def clip_grad_norm(parameters: Iterable[nn.Parameter], max_norm: float) -> Float[Tensor, ""]:
    """Shrinks all gradients together, in place, so that their common norm is at most `max_norm`; returns the norm
    that they had before.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    for gradient in gradients:
        gradient.mul_(torch.clamp(max_norm / (norm + 1e-6), max=1.0))
    return norm


def lr_schedule(step: int, warmup_steps: int, total_steps: int, max_lr: float, min_lr: float) -> float:
    """The learning rate of step 0, 1, …: up in a straight line to `max_lr` at the last warm-up step, then down along
    half a cosine to `min_lr` at the last step, and `min_lr` from there on.
    """
    if step < warmup_steps:
        return max_lr * (step + 1) / warmup_steps
    progress = min((step + 1 - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Two groups for AdamW: weights (names that begin with W) decay; biases and gains do not."""
    weights, others = [], []
    for name, parameter in model.named_parameters():
        own_name = name.rsplit(".", 1)[-1]
        (weights if own_name.startswith("W") else others).append(parameter)
    return [{"params": weights, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
