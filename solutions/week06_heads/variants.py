"""Right solutions of week 6 in other styles: a test proves that the checks accept every one of them.

The first letters of a label say what is unusual about it. The notebook's own solutions are tested besides.
"""

import math

import numpy as np
import torch
from einops import einsum, rearrange, reduce, repeat
from torch import nn
from torch.nn import functional as F

# --- packed_qkv -------------------------------------------------------------------------------------------


def packed_by_view(x, W_QKV, b_QKV, n_heads):
    """As HF's own code has it."""
    batch, seq, d_model = x.shape
    packed = x @ W_QKV + b_QKV
    return tuple(
        part.view(batch, seq, n_heads, d_model // n_heads).transpose(1, 2)
        for part in packed.split(d_model, dim=2)
    )


def packed_by_one_rearrange(x, W_QKV, b_QKV, n_heads):
    packed = einsum(x, W_QKV, "b s m, m n -> b s n") + b_QKV
    return tuple(rearrange(packed, "b s (three h d) -> three b h s d", three=3, h=n_heads))


def packed_by_linear(x, W_QKV, b_QKV, n_heads):
    q, k, v = F.linear(x, W_QKV.T, b_QKV).tensor_split(3, dim=-1)
    return [part.unflatten(-1, (n_heads, -1)).swapaxes(1, 2).contiguous() for part in (q, k, v)]


def packed_by_conv1d(x, W_QKV, b_QKV, n_heads):
    from transformers.pytorch_utils import Conv1D

    c_attn = Conv1D(W_QKV.shape[1], W_QKV.shape[0])
    c_attn.weight.data, c_attn.bias.data = W_QKV, b_QKV
    return tuple(rearrange(part, "b s (h d) -> b h s d", h=n_heads) for part in c_attn(x).chunk(3, dim=-1))


def packed_thirds_of_the_weight(x, W_QKV, b_QKV, n_heads):
    """The weight is cut before the product, not the product after it."""
    thirds = zip(W_QKV.chunk(3, dim=1), b_QKV.chunk(3), strict=True)
    return tuple(torch.stack((x @ W + b).chunk(n_heads, dim=-1), dim=1) for W, b in thirds)


def packed_head_by_head(x, W_QKV, b_QKV, n_heads):
    d_model = x.shape[-1]
    d_head = d_model // n_heads

    def third(number):
        firsts = [number * d_model + head * d_head for head in range(n_heads)]
        return torch.stack([x @ W_QKV[:, i : i + d_head] + b_QKV[i : i + d_head] for i in firsts], dim=1)

    return third(0), third(1), third(2)


def packed_in_float64(x, W_QKV, b_QKV, n_heads):
    packed = x.double() @ W_QKV.double() + b_QKV.double()
    return tuple(
        rearrange(part, "b s (h d) -> b h s d", h=n_heads).float() for part in packed.chunk(3, dim=-1)
    )


# --- project_heads ----------------------------------------------------------------------------------------


def project_by_broadcasting(x, W, b):
    return x[:, None] @ W + b[:, None]


def project_by_torch_einsum(x, W, b):
    return torch.einsum("bsm,hmd->bhsd", x, W) + b[None, :, None, :]


def project_head_by_head(x, W, b):
    return torch.stack([x @ each + bias for each, bias in zip(W, b, strict=True)], dim=1)


def project_by_linear(x, W, b):
    return torch.stack([F.linear(x, W[h].T, b[h]) for h in range(W.shape[0])], dim=1)


def project_side_by_side(x, W, b):
    """One wide product, as in the packed form, cut up afterwards."""
    wide = x @ rearrange(W, "h m d -> m (h d)") + b.flatten()
    return rearrange(wide, "b s (h d) -> b h s d", h=len(W))


def project_in_float64(x, W, b):
    return (einsum(x.double(), W.double(), "b s m, h m d -> b h s d") + b.double()[:, None]).to(x.dtype)


def project_by_tensordot(x, W, b):
    return (torch.tensordot(x, W, dims=[[2], [1]]) + b).permute(0, 2, 1, 3)


def project_by_numpy(x, W, b):
    x, W, b = (each.detach().numpy() for each in (x, W, b))
    return torch.from_numpy(np.matmul(x[:, None], W) + b[:, None])


# --- head_outputs -----------------------------------------------------------------------------------------


def outputs_by_matmul(z, W_O):
    return z @ W_O


def outputs_by_torch_einsum(z, W_O):
    return torch.einsum("bhsd,hdm->bhsm", z, W_O)


def outputs_head_by_head(z, W_O):
    return torch.stack([z[:, h] @ W_O[h] for h in range(len(W_O))], dim=1)


def outputs_by_broadcasting(z, W_O):
    return (z[..., None] * W_O[:, None]).sum(dim=-2)


def outputs_by_silencing(z, W_O):
    """Each head in turn beside zeros, through the joined matrix."""
    joined = W_O.flatten(0, 1)
    written = []
    for head in range(len(W_O)):
        alone = torch.zeros_like(z)
        alone[:, head] = z[:, head]
        written.append(rearrange(alone, "b h s d -> b s (h d)") @ joined)
    return torch.stack(written, dim=1)


def outputs_by_bmm(z, W_O):
    by_head = rearrange(z, "b h s d -> h (b s) d")
    return rearrange(torch.bmm(by_head, W_O), "h (b s) m -> b h s m", b=len(z))


def outputs_in_float64(z, W_O):
    return (z.double() @ W_O.double()).to(z.dtype)


# --- MultiHeadAttention -----------------------------------------------------------------------------------


def pattern_of(q, k):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.size(-1))
    future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
    return scores.masked_fill(future, torch.finfo(scores.dtype).min).softmax(dim=-1)


def parameters_by_head(module, d_model, n_heads, d_head):
    for letter in "QKV":
        setattr(module, f"W_{letter}", nn.Parameter(torch.randn(n_heads, d_model, d_head) * 0.02))
        setattr(module, f"b_{letter}", nn.Parameter(torch.zeros(n_heads, d_head)))
    module.W_O = nn.Parameter(torch.randn(n_heads, d_head, d_model) * 0.02)
    module.b_O = nn.Parameter(torch.zeros(d_model))


class HeadByHead(nn.Module):
    """A loop over the heads that adds up what they write."""

    def __init__(self, d_model, n_heads, d_head):
        super().__init__()
        parameters_by_head(self, d_model, n_heads, d_head)

    def forward(self, x):
        written = self.b_O
        for head in range(len(self.W_O)):
            q = x @ self.W_Q[head] + self.b_Q[head]
            k = x @ self.W_K[head] + self.b_K[head]
            v = x @ self.W_V[head] + self.b_V[head]
            written = written + pattern_of(q, k) @ v @ self.W_O[head]
        return written


class HeadsJoined(nn.Module):
    """The heads' z are laid side by side and go through one matrix, as textbooks have it."""

    def __init__(self, d_model, n_heads, d_head):
        super().__init__()
        parameters_by_head(self, d_model, n_heads, d_head)

    def forward(self, x):
        q, k, v = (
            x[:, None] @ W + b[:, None]
            for W, b in ((self.W_Q, self.b_Q), (self.W_K, self.b_K), (self.W_V, self.b_V))
        )
        joined = rearrange(pattern_of(q, k) @ v, "b h s d -> b s (h d)")
        return joined @ rearrange(self.W_O, "h d m -> (h d) m") + self.b_O


class ByLinears(nn.Module):
    """Four nn.Linear layers, the heads side by side."""

    def __init__(self, d_model, n_heads, d_head):
        super().__init__()
        self.n_heads = n_heads
        self.W_Q, self.W_K, self.W_V = (nn.Linear(d_model, n_heads * d_head) for _ in range(3))
        self.W_O = nn.Linear(n_heads * d_head, d_model)

    def forward(self, x):
        q, k, v = (
            rearrange(layer(x), "b s (h d) -> b h s d", h=self.n_heads)
            for layer in (self.W_Q, self.W_K, self.W_V)
        )
        return self.W_O(rearrange(pattern_of(q, k) @ v, "b h s d -> b s (h d)"))


class ByOneLinear(nn.Module):
    """nanoGPT's way: one nn.Linear for q, k and v of all heads, and views."""

    def __init__(self, d_model, n_heads, d_head, bias=True):
        super().__init__()
        self.n_heads, self.d_head = n_heads, d_head
        self.W_QKV = nn.Linear(d_model, 3 * n_heads * d_head, bias=bias)
        self.W_O = nn.Linear(n_heads * d_head, d_model, bias=bias)

    def forward(self, x):
        batch, seq, _ = x.shape
        parts = self.W_QKV(x).split(self.n_heads * self.d_head, dim=2)
        q, k, v = (part.view(batch, seq, self.n_heads, self.d_head).transpose(1, 2) for part in parts)
        z = (pattern_of(q, k) @ v).transpose(1, 2).contiguous()
        return self.W_O(z.view(batch, seq, self.n_heads * self.d_head))


class ByConv1D(ByOneLinear):
    """HF's own Conv1D, as GPT-2 keeps its weights."""

    def __init__(self, d_model, n_heads, d_head):
        super().__init__(d_model, n_heads, d_head)
        from transformers.pytorch_utils import Conv1D

        self.W_QKV = Conv1D(3 * n_heads * d_head, d_model)
        self.W_O = Conv1D(d_model, n_heads * d_head)


class ByPackedParameters(nn.Module):
    """One packed parameter with its bias, in the shape of GPT-2's file."""

    def __init__(self, d_model, n_heads, d_head):
        super().__init__()
        self.n_heads = n_heads
        self.W_QKV = nn.Parameter(torch.empty(d_model, 3 * n_heads * d_head).normal_(std=0.02))
        self.b_QKV = nn.Parameter(torch.zeros(3 * n_heads * d_head))
        self.W_O = nn.Parameter(torch.empty(n_heads, d_head, d_model).normal_(std=0.02))
        self.b_O = nn.Parameter(torch.zeros(d_model))

    def forward(self, x):
        packed = x @ self.W_QKV + self.b_QKV
        q, k, v = rearrange(packed, "b s (three h d) -> three b h s d", three=3, h=self.n_heads)
        return (pattern_of(q, k) @ v @ self.W_O).sum(dim=1) + self.b_O


class OneHead(nn.Module):
    """Last week's head."""

    def __init__(self, d_model, d_head):
        super().__init__()
        for letter in "QKV":
            setattr(self, f"W_{letter}", nn.Parameter(torch.randn(d_model, d_head) * 0.02))
            setattr(self, f"b_{letter}", nn.Parameter(torch.zeros(d_head)))

    def forward(self, x):
        q, k, v = x @ self.W_Q + self.b_Q, x @ self.W_K + self.b_K, x @ self.W_V + self.b_V
        return pattern_of(q, k) @ v


class ListOfHeads(nn.Module):
    """A list of last week's heads, each with its own weights, joined and projected."""

    def __init__(self, d_model, n_heads, d_head):
        super().__init__()
        self.heads = nn.ModuleList(OneHead(d_model, d_head) for _ in range(n_heads))
        self.W_O = nn.Linear(n_heads * d_head, d_model)

    def forward(self, x):
        return self.W_O(torch.cat([head(x) for head in self.heads], dim=-1))


class BySDPA(HeadsJoined):
    """torch's fused attention: by now the student has written every step of it."""

    def forward(self, x):
        q, k, v = (
            torch.einsum("bsm,hmd->bhsd", x, W) + b[:, None, :]
            for W, b in ((self.W_Q, self.b_Q), (self.W_K, self.b_K), (self.W_V, self.b_V))
        )
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return torch.einsum("bhsd,hdm->bsm", z, self.W_O) + self.b_O


class WithBuffer(HeadsJoined):
    """The mask as a buffer, dropout that is off, an extra method, and einops throughout."""

    def __init__(self, d_model, n_heads, d_head, n_ctx=64):
        super().__init__(d_model, n_heads, d_head)
        self.register_buffer("future", torch.ones(n_ctx, n_ctx, dtype=torch.bool).triu(1))
        self.dropout = nn.Dropout(0.0)

    def project(self, x, letter):
        W, b = getattr(self, f"W_{letter}"), getattr(self, f"b_{letter}")
        return einsum(x, W, "b s m, h m d -> b h s d") + repeat(b, "h d -> b h s d", b=len(x), s=x.shape[1])

    def forward(self, x):
        seq = x.shape[1]
        q, k, v = (self.project(x, letter) for letter in "QKV")
        scores = einsum(q, k, "b h q d, b h k d -> b h q k") / q.shape[-1] ** 0.5
        shares = self.dropout(scores.masked_fill(self.future[:seq, :seq], -torch.inf).softmax(-1))
        written = einsum(shares, v, self.W_O, "b h q k, b h k d, h d m -> b h q m")
        return reduce(written, "b h s m -> b s m", "sum") + self.b_O


class HeadsInTheBatch(HeadsJoined):
    """Batch and heads as one axis, for bmm."""

    def forward(self, x):
        batch, n_heads = len(x), len(self.W_O)
        q, k, v = (
            rearrange(torch.einsum("bsm,hmd->bhsd", x, W) + b[:, None], "b h s d -> (b h) s d")
            for W, b in ((self.W_Q, self.b_Q), (self.W_K, self.b_K), (self.W_V, self.b_V))
        )
        z = rearrange(torch.bmm(pattern_of(q, k), v), "(b h) s d -> b s (h d)", b=batch, h=n_heads)
        return torch.addmm(self.b_O, z.flatten(0, 1), self.W_O.flatten(0, 1)).unflatten(0, x.shape[:2])


class InFloat64(HeadsJoined):
    """Keeps its weights in float64 and answers in the input's dtype."""

    def __init__(self, d_model, n_heads, d_head):
        super().__init__(d_model, n_heads, d_head)
        self.double()

    def forward(self, x):
        return super().forward(x.double()).to(x.dtype)


class LinearsWithBiasesApart(nn.Module):
    """nn.Linear without a bias, and the biases as parameters beside it, head by head."""

    def __init__(self, d_model, n_heads, d_head):
        super().__init__()
        for letter in "QKV":
            setattr(self, f"W_{letter}", nn.Linear(d_model, n_heads * d_head, bias=False))
            setattr(self, f"b_{letter}", nn.Parameter(torch.zeros(n_heads, d_head)))
        self.W_O = nn.Linear(n_heads * d_head, d_model, bias=False)
        self.b_O = nn.Parameter(torch.zeros(d_model))

    def forward(self, x):
        q, k, v = (
            (getattr(self, f"W_{letter}")(x) + getattr(self, f"b_{letter}").flatten())
            .unflatten(-1, self.b_Q.shape)
            .transpose(1, 2)
            for letter in "QKV"
        )
        return self.W_O((pattern_of(q, k) @ v).transpose(1, 2).flatten(2)) + self.b_O


# --- previous_token_score ---------------------------------------------------------------------------------


def previous_by_diagonal(pattern):
    return pattern.diagonal(-1, -2, -1).mean(-1)


def previous_by_slices(pattern):
    return torch.diagonal(pattern[..., 1:, :-1], dim1=-2, dim2=-1).mean(dim=-1)


def previous_by_a_mask(pattern):
    seq = pattern.shape[-1]
    wanted = torch.eye(seq, dtype=pattern.dtype, device=pattern.device).roll(-1, dims=1).tril()
    return (pattern * wanted).sum((-2, -1)) / (seq - 1)


def previous_by_loop(pattern):
    total = torch.zeros(pattern.shape[:-2])
    for i in range(1, pattern.shape[-2]):
        total += pattern[..., i, i - 1]
    return total / (pattern.shape[-2] - 1)


def previous_by_tril(pattern):
    return (pattern.tril(-1) - pattern.tril(-2)).sum(dim=(-1, -2)).div(pattern.shape[-1] - 1)


def previous_by_gather(pattern):
    later = pattern[..., 1:, :]
    keys = torch.arange(later.shape[-2]).expand(later.shape[:-1])[..., None]
    return later.gather(-1, keys).squeeze(-1).mean(-1)


def previous_by_numpy(pattern):
    return torch.from_numpy(np.asarray(np.diagonal(pattern.numpy(), -1, -2, -1).mean(-1)))


# --- first_token_score ------------------------------------------------------------------------------------


def first_by_column(pattern):
    return pattern[..., 0][..., 1:].mean(-1)


def first_by_select(pattern):
    return pattern.select(-1, 0).narrow(-1, 1, pattern.shape[-2] - 1).mean(dim=-1)


def first_by_subtraction(pattern):
    """The first query gives all of its attention to itself, which is 1."""
    return (pattern[..., :, 0].sum(-1) - pattern[..., 0, 0]) / (pattern.shape[-2] - 1)


def first_by_loop(pattern):
    shares = [pattern[..., i, 0] for i in range(1, pattern.shape[-2])]
    return torch.stack(shares).mean(dim=0)


def first_by_reduce(pattern):
    return reduce(pattern[..., 1:, 0], "... query -> ...", "mean")


def first_in_float64(pattern):
    return pattern[..., 1:, 0].double().mean(-1).to(pattern.dtype)


# --- induction_score --------------------------------------------------------------------------------------


def induction_by_diagonal(pattern, period):
    return pattern.diagonal(1 - period, -2, -1)[..., 1:].mean(-1)


def induction_by_slices(pattern, period):
    """Queries from `period` on against keys from 1 on: then it is a main diagonal."""
    seq = pattern.shape[-1]
    return pattern[..., period:, 1 : seq - period + 1].diagonal(dim1=-2, dim2=-1).mean(-1)


def induction_by_indices(pattern, period):
    queries = torch.arange(period, pattern.shape[-2], device=pattern.device)
    return pattern[..., queries, queries + 1 - period].mean(dim=-1)


def induction_by_loop(pattern, period):
    shares = [pattern[..., i, i - period + 1] for i in range(period, pattern.shape[-1])]
    return sum(shares) / len(shares)


def induction_by_a_mask(pattern, period):
    i = torch.arange(pattern.shape[-1])
    wanted = (i[None, :] == i[:, None] - period + 1) & (i[:, None] >= period)
    return pattern[..., wanted].mean(-1)


def induction_by_offsets(pattern, *, period):
    rows = pattern[..., period:, :]
    keys = (torch.arange(rows.shape[-2]) + 1).expand(rows.shape[:-1])
    return torch.take_along_dim(rows, keys[..., None], dim=-1).squeeze(-1).mean(-1)


def with_period_by_name(score):
    return lambda pattern, period: score(pattern, period=period)


# --- stretch ----------------------------------------------------------------------------------------------


def sdpa_with_a_boolean_mask(q, k, v):
    query, key = q.shape[-2], k.shape[-2]
    visible = torch.ones(query, key, dtype=torch.bool, device=q.device).tril(key - query)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=visible)


def sdpa_with_a_mask_of_floats(q, k, v):
    query, key = q.shape[-2], k.shape[-2]
    hidden = torch.full((query, key), -torch.inf, device=q.device).triu(key - query + 1)
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, hidden)


def sdpa_in_two_ways(q, k, v):
    """is_causal where it is right, a mask otherwise."""
    if q.shape[-2] == k.shape[-2]:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return sdpa_with_a_boolean_mask(q, k, v)


def sdpa_of_positions(q, k, v):
    positions = torch.arange(k.shape[-2], device=q.device)
    return F.scaled_dot_product_attention(
        q, k, v, attn_mask=positions[-q.shape[-2] :, None] >= positions, scale=q.shape[-1] ** -0.5
    )


def sdpa_with_its_own_scale(q, k, v):
    scaled = q / q.shape[-1] ** 0.5
    query, key = q.shape[-2], k.shape[-2]
    visible = torch.ones(query, key, dtype=torch.bool, device=q.device).tril(key - query)
    return F.scaled_dot_product_attention(scaled, k, v, attn_mask=visible, scale=1.0)


def sdpa_with_earlier_queries(q, k, v):
    """As many queries as keys, of which only the last are wanted: then is_causal does."""
    missing = k.shape[-2] - q.shape[-2]
    return F.scaled_dot_product_attention(F.pad(q, (0, 0, missing, 0)), k, v, is_causal=True)[
        ..., missing:, :
    ]


def seen_pattern(q, k):
    query, key = q.shape[-2], k.shape[-2]
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    hidden = torch.ones(query, key, dtype=torch.bool, device=q.device).triu(key - query + 1)
    return scores.masked_fill(hidden, -torch.inf).softmax(-1)


def grouped_by_repeat(q, k, v):
    group = q.shape[1] // k.shape[1]
    k, v = (repeat(each, "b h s d -> b (h group) s d", group=group) for each in (k, v))
    return seen_pattern(q, k) @ v


def grouped_by_an_axis(q, k, v):
    """The queries get an axis for their group; keys and values broadcast along it."""
    grouped = q.unflatten(1, (k.shape[1], -1))
    return (seen_pattern(grouped, k[:, :, None]) @ v[:, :, None]).flatten(1, 2)


def grouped_by_einsum(q, k, v):
    asked = rearrange(q, "b (kv g) q d -> b kv g q d", kv=k.shape[1])
    scores = einsum(asked, k, "b kv g q d, b kv k d -> b kv g q k") / q.shape[-1] ** 0.5
    hidden = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(k.shape[2] - q.shape[2] + 1)
    shares = scores.masked_fill(hidden, -torch.inf).softmax(-1)
    return rearrange(einsum(shares, v, "b kv g q k, b kv k d -> b kv g q d"), "b kv g q d -> b (kv g) q d")


def grouped_head_by_head(q, k, v):
    group = q.shape[1] // k.shape[1]
    heads = [seen_pattern(q[:, h], k[:, h // group]) @ v[:, h // group] for h in range(q.shape[1])]
    return torch.stack(heads, dim=1)


def grouped_by_index(q, k, v):
    owner = torch.arange(q.shape[1]) * k.shape[1] // q.shape[1]
    return seen_pattern(q, k[:, owner]) @ v[:, owner]


def grouped_by_longer_keys(q, k, v):
    """The keys are repeated along the positions and counted anew: each copy becomes a head beside its original."""
    group = q.shape[1] // k.shape[1]
    k, v = (each.repeat(1, 1, group, 1).reshape(len(q), q.shape[1], -1, q.shape[-1]) for each in (k, v))
    return seen_pattern(q, k) @ v


def grouped_with_longer_queries(q, k, v):
    """A group's queries one after the other along the query axis, under a mask that repeats."""
    batch, heads, query, d_head = q.shape
    kv_heads, key = k.shape[1], k.shape[2]
    group = heads // kv_heads
    scores = q.reshape(batch, kv_heads, group * query, d_head) @ k.mT / math.sqrt(d_head)
    hidden = torch.ones(query, key, dtype=torch.bool).triu(key - query + 1).repeat(group, 1)
    return (scores.masked_fill(hidden, -torch.inf).softmax(-1) @ v).reshape(q.shape)


def rotary_as_llama(x, first_position=0, base=10_000.0):
    d_head = x.shape[-1]
    inverse = 1.0 / base ** (torch.arange(0, d_head, 2, device=x.device).float() / d_head)
    positions = torch.arange(first_position, first_position + x.shape[-2], device=x.device)
    angles = torch.outer(positions.float(), inverse).repeat(1, 2)
    low, high = x.chunk(2, dim=-1)
    return x * angles.cos() + torch.cat([-high, low], dim=-1) * angles.sin()


def rotary_by_complex_numbers(x, first_position=0, base=10_000.0):
    half = x.shape[-1] // 2
    exponents = torch.arange(half, device=x.device, dtype=torch.float32) / half
    positions = first_position + torch.arange(x.shape[-2], device=x.device)
    angles = positions[:, None] * base**-exponents
    turned = torch.complex(x[..., :half], x[..., half:]) * torch.exp(1j * angles)
    return torch.cat([turned.real, turned.imag], dim=-1)


def rotary_by_matrices(x, first_position=0, base=10_000.0):
    """A matrix of d_head by d_head for every position."""
    half = x.shape[-1] // 2
    exponents = torch.arange(half, device=x.device) * 2 / x.shape[-1]
    positions = torch.arange(x.shape[-2], device=x.device) + first_position
    angles = positions[:, None] * base ** (-exponents)
    cos, sin = torch.diag_embed(angles.cos()), torch.diag_embed(angles.sin())
    turn = torch.cat([torch.cat([cos, sin], dim=-1), torch.cat([-sin, cos], dim=-1)], dim=-2)
    return (x[..., None, :] @ turn)[..., 0, :]


def rotary_in_float64(x, first_position=0, base=10_000.0):
    return rotary_by_complex_numbers(x.double(), first_position, base).to(x.dtype)


def rotary_by_loops(x, first_position=0, base=10_000.0):
    half = x.shape[-1] // 2
    turned = torch.empty_like(x)
    for position in range(x.shape[-2]):
        for pair in range(half):
            angle = (first_position + position) * base ** (-2 * pair / x.shape[-1])
            a, b = x[..., position, pair], x[..., position, pair + half]
            turned[..., position, pair] = a * math.cos(angle) - b * math.sin(angle)
            turned[..., position, pair + half] = b * math.cos(angle) + a * math.sin(angle)
    return turned


def rotary_by_stacked_pairs(x, first_position=0, base=10_000.0):
    pairs = rearrange(x, "... (two pair) -> ... pair two", two=2)
    n = pairs.shape[-2]
    speeds = torch.exp(-math.log(base) * torch.arange(n, device=x.device) / n)
    angles = (torch.arange(x.shape[-2], device=x.device) + first_position)[:, None] * speeds
    a, b = pairs.unbind(-1)
    c, s = angles.cos(), angles.sin()
    return rearrange([a * c - b * s, a * s + b * c], "two ... pair -> ... (two pair)")


SHAPES = {
    "x": (2, 6, 768),
    "W_QKV": (768, 2304),
    "b_QKV": (2304,),
    "W_Q": (12, 768, 64),
    "b_Q": (12, 64),
    "q": (2, 12, 6, 64),
    "pattern": (2, 12, 6, 6),
    "z": (2, 12, 6, 64),
    "W_O": (12, 64, 768),
    "b_O": (768,),
    "outputs": (2, 12, 6, 768),
    "attn_out": (2, 6, 768),
    "previous": (2, 12),
}

VARIANTS = {
    "packed_qkv": [
        packed_by_view,
        packed_by_one_rearrange,
        packed_by_linear,
        packed_by_conv1d,
        packed_thirds_of_the_weight,
        packed_head_by_head,
        packed_in_float64,
    ],
    "project_heads": [
        project_by_broadcasting,
        project_by_torch_einsum,
        project_head_by_head,
        project_by_linear,
        project_side_by_side,
        project_in_float64,
        project_by_tensordot,
        project_by_numpy,
    ],
    "head_outputs": [
        outputs_by_matmul,
        outputs_by_torch_einsum,
        outputs_head_by_head,
        outputs_by_broadcasting,
        outputs_by_silencing,
        outputs_by_bmm,
        outputs_in_float64,
    ],
    "MultiHeadAttention": [
        HeadByHead,
        HeadsJoined,
        ByLinears,
        ByOneLinear,
        ByConv1D,
        ByPackedParameters,
        ListOfHeads,
        BySDPA,
        WithBuffer,
        HeadsInTheBatch,
        InFloat64,
        LinearsWithBiasesApart,
    ],
    "previous_token_score": [
        previous_by_diagonal,
        previous_by_slices,
        previous_by_a_mask,
        previous_by_loop,
        previous_by_tril,
        previous_by_gather,
        previous_by_numpy,
    ],
    "first_token_score": [
        first_by_column,
        first_by_select,
        first_by_subtraction,
        first_by_loop,
        first_by_reduce,
        first_in_float64,
    ],
    "induction_score": [
        induction_by_diagonal,
        induction_by_slices,
        induction_by_indices,
        induction_by_loop,
        induction_by_a_mask,
        with_period_by_name(induction_by_offsets),
    ],
    "shape_table": [SHAPES, {name: list(shape) for name, shape in SHAPES.items()}, SHAPES.copy],
    "sdpa_attention": [
        sdpa_with_a_boolean_mask,
        sdpa_with_a_mask_of_floats,
        sdpa_in_two_ways,
        sdpa_of_positions,
        sdpa_with_its_own_scale,
        sdpa_with_earlier_queries,
    ],
    "grouped_query_attention": [
        grouped_by_repeat,
        grouped_by_an_axis,
        grouped_by_einsum,
        grouped_head_by_head,
        grouped_by_index,
        grouped_by_longer_keys,
        grouped_with_longer_queries,
    ],
    "rotary_positions": [
        rotary_as_llama,
        rotary_by_complex_numbers,
        rotary_by_matrices,
        rotary_in_float64,
        rotary_by_loops,
        rotary_by_stacked_pairs,
    ],
}
"""Right solutions by the name of the check that must accept them."""
