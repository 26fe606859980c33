"""Right solutions of week 5 in other styles: a test proves that the checks accept every one of them.

The first letters of a label say what is unusual about it. The notebook's own solutions are tested besides.
"""

import math
import operator

import numpy as np
import torch
from einops import einsum, rearrange
from torch import nn
from torch.nn import functional as F

# --- project_qkv ------------------------------------------------------------------------------------------


def qkv_by_matmul(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    return x @ W_Q + b_Q, x @ W_K + b_K, x @ W_V + b_V


def qkv_by_linear(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    return [F.linear(x, W.T, b) for W, b in ((W_Q, b_Q), (W_K, b_K), (W_V, b_V))]


def qkv_fused(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    packed = x @ torch.cat([W_Q, W_K, W_V], dim=1) + torch.cat([b_Q, b_K, b_V])
    return packed.chunk(3, dim=-1)


def qkv_in_float64(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    wide = x.double()
    pairs = ((W_Q, b_Q), (W_K, b_K), (W_V, b_V))
    return tuple((wide @ W.double() + b.double()).to(x.dtype) for W, b in pairs)


def qkv_by_hf_conv1d(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    from transformers.pytorch_utils import Conv1D

    def project(W, b):
        layer = Conv1D(W.shape[1], W.shape[0])
        layer.weight.data, layer.bias.data = W, b
        return layer(x)

    return project(W_Q, b_Q), project(W_K, b_K), project(W_V, b_V)


def qkv_by_bmm(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    batch = x.shape[0]
    pairs = ((W_Q, b_Q), (W_K, b_K), (W_V, b_V))
    return tuple(torch.baddbmm(b, x, W.expand(batch, -1, -1)) for W, b in pairs)


def qkv_one_vector_at_a_time(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    def project(W, b):
        return torch.stack([torch.stack([W.T.mv(vector) + b for vector in sequence]) for sequence in x])

    return project(W_Q, b_Q), project(W_K, b_K), project(W_V, b_V)


# --- attention_scores -------------------------------------------------------------------------------------


def scores_by_matmul(q, k):
    return q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])


def scores_by_torch_einsum(q, k):
    return torch.einsum("...qd,...kd->...qk", q, k) * q.size(-1) ** -0.5


def scores_scaled_first(q, k):
    root = math.sqrt(math.sqrt(q.shape[-1]))
    return (q / root) @ (k / root).mT


def scores_by_broadcasting(q, k, scale=None):
    scale = scale or 1 / math.sqrt(q.shape[-1])
    return (q[..., :, None, :] * k[..., None, :, :]).sum(-1) * scale


def scores_by_loops(q, k):
    scores = torch.zeros(*q.shape[:-1], k.shape[-2])
    for i in range(q.shape[-2]):
        for j in range(k.shape[-2]):
            scores[..., i, j] = (q[..., i, :] * k[..., j, :]).sum(-1) / q.shape[-1] ** 0.5
    return scores


def scores_by_numpy(q, k):
    q, k = q.detach().numpy(), k.detach().numpy()
    return torch.from_numpy(q @ k.swapaxes(-1, -2) / np.sqrt(np.float32(q.shape[-1])))


def scores_in_chunks(q, k, *, chunk_size=2):
    chunks = [scores_by_matmul(chunk, k) for chunk in q.split(chunk_size, dim=-2)]
    return torch.cat(chunks, dim=-2)


def scores_in_float64(q, k):
    return (q.double() @ k.double().mT / math.sqrt(q.shape[-1])).float()


def scores_by_vmap(q, k):
    product = torch.vmap(torch.vmap(torch.dot, in_dims=(None, 0)), in_dims=(0, None))
    flat = torch.vmap(product)(q.flatten(0, -3), k.flatten(0, -3))
    return flat.reshape(*q.shape[:-1], k.shape[-2]) / q.shape[-1] ** 0.5


# --- causal_mask ------------------------------------------------------------------------------------------


def mask_by_positions(scores):
    query, key = scores.shape[-2:]
    query_position = torch.arange(key - query, key, device=scores.device)
    key_position = torch.arange(key, device=scores.device)
    return scores.masked_fill(key_position > query_position[:, None], float("-inf"))


def mask_by_finfo_min(scores):
    query, key = scores.shape[-2:]
    seen = torch.ones(query, key, device=scores.device).tril(diagonal=key - query) == 1
    return torch.where(seen, scores, torch.finfo(scores.dtype).min)


def mask_added(scores):
    query, key = scores.shape[-2:]
    return scores + torch.full((query, key), float("-inf"), device=scores.device).triu(key - query + 1)


def mask_minus_a_billion(scores):
    query, key = scores.shape[-2:]
    return scores - 1e9 * torch.ones(query, key, device=scores.device).triu(key - query + 1)


def mask_by_loops(scores):
    masked = scores.clone()
    query, key = scores.shape[-2:]
    for i in range(query):
        masked[..., i, key - query + i + 1 :] = -math.inf
    return masked


def mask_a_copy_in_place(scores):
    query, key = scores.shape[-2:]
    hidden = torch.ones(query, key, device=scores.device, dtype=torch.bool).triu(key - query + 1)
    return scores.clone().masked_fill_(hidden, -torch.inf)


def mask_from_a_large_buffer(scores):
    query, key = scores.shape[-2:]
    buffer = torch.tril(torch.ones(64, 64, dtype=torch.bool, device=scores.device))
    return torch.where(
        buffer[key - query : key, :key], scores, torch.tensor(float("-inf"), device=scores.device)
    )


def mask_by_indexing(scores):
    query, key = scores.shape[-2:]
    masked = scores.clone()
    rows, columns = torch.triu_indices(query, key, offset=key - query + 1, device=scores.device)
    masked[..., rows, columns] = float("-inf")
    return masked


def mask_of_full_like(scores):
    return scores + torch.full_like(scores, -torch.inf).triu(scores.shape[-1] - scores.shape[-2] + 1)


def mask_moved_to_the_scores(scores):
    query, key = scores.shape[-2:]
    hidden = torch.ones(query, key).triu(key - query + 1).to(scores)
    return scores.masked_fill(hidden == 1, torch.finfo(scores.dtype).min)


def mask_one_row_per_query(scores):
    """The value is a tensor of no axes, which torch lets meet tensors of any device."""
    value = torch.tensor(-torch.inf)
    first = scores.shape[-1] - scores.shape[-2]
    seen = [
        torch.arange(scores.shape[-1], device=scores.device) <= first + i for i in range(scores.shape[-2])
    ]
    return torch.where(torch.stack(seen), scores, value)


# --- attention_pattern ------------------------------------------------------------------------------------


def pattern_by_softmax(q, k):
    return mask_added(scores_by_matmul(q, k)).softmax(dim=-1)


def pattern_by_finfo_min(q, k):
    return F.softmax(mask_by_finfo_min(scores_scaled_first(q, k)), dim=-1)


def pattern_by_exponentials(q, k):
    scores = mask_by_positions(scores_by_torch_einsum(q, k))
    weights = (scores - scores.amax(dim=-1, keepdim=True)).exp()
    return weights / weights.sum(dim=-1, keepdim=True)


def pattern_through_logs(q, k):
    return torch.log_softmax(mask_added(scores_by_matmul(q, k)), dim=-1).exp()


def pattern_in_float64(q, k):
    return pattern_by_softmax(q.double(), k.double()).to(q.dtype)


def pattern_minus_a_billion(q, k):
    return mask_minus_a_billion(scores_by_matmul(q, k)).softmax(-1)


def pattern_without_a_mask(q, k):
    """Each query's softmax runs over what it sees; the rest is 0."""
    scores = scores_by_matmul(q, k)
    pattern = torch.zeros_like(scores)
    first = k.shape[-2] - q.shape[-2]
    for i in range(q.shape[-2]):
        pattern[..., i, : first + i + 1] = scores[..., i, : first + i + 1].softmax(-1)
    return pattern


def pattern_masked_twice(q, k):
    """The weights of the future are 0 already, and are set to 0 once more."""
    pattern = pattern_by_softmax(q, k)
    return pattern.tril(diagonal=k.shape[-2] - q.shape[-2])


# --- weighted_values --------------------------------------------------------------------------------------


def values_by_matmul(pattern, v):
    return pattern @ v


def values_by_torch_einsum(pattern, v):
    return torch.einsum("...qk,...kd->...qd", pattern, v)


def values_by_broadcasting(pattern, v):
    return (pattern[..., None] * v[..., None, :, :]).sum(dim=-2)


def values_by_loops(pattern, v):
    z = torch.zeros(*pattern.shape[:-1], v.shape[-1])
    for j in range(v.shape[-2]):
        z += pattern[..., :, j, None] * v[..., None, j, :]
    return z


def values_by_bmm(pattern, v):
    z = torch.bmm(pattern.flatten(0, -3), v.flatten(0, -3))
    return z.unflatten(0, pattern.shape[:-2])


def values_in_float64(pattern, v):
    return (pattern.double() @ v.double()).to(v.dtype)


def values_by_tensordot(pattern, v):
    rows = [
        torch.tensordot(p, w, dims=1) for p, w in zip(pattern.flatten(0, -3), v.flatten(0, -3), strict=True)
    ]
    return torch.stack(rows).reshape(*pattern.shape[:-1], v.shape[-1])


# --- AttentionHead ----------------------------------------------------------------------------------------


class HeadOfLinears(nn.Module):
    """Three nn.Linear layers."""

    def __init__(self, d_model, d_head):
        super().__init__()
        self.W_Q, self.W_K, self.W_V = (nn.Linear(d_model, d_head) for _ in range(3))

    def forward(self, x):
        return pattern_by_softmax(self.W_Q(x), self.W_K(x)) @ self.W_V(x)


class HeadOfOneLinear(nn.Module):
    """One nn.Linear for q, k and v together, split afterwards."""

    def __init__(self, d_model, d_head, bias=True):
        super().__init__()
        self.W_QKV = nn.Linear(d_model, 3 * d_head, bias=bias)

    def forward(self, x):
        q, k, v = rearrange(self.W_QKV(x), "batch seq (three d_head) -> three batch seq d_head", three=3)
        return pattern_by_exponentials(q, k) @ v


class HeadOfConv1D(nn.Module):
    """HF's own Conv1D, as GPT-2 keeps its weights."""

    def __init__(self, d_model, d_head):
        super().__init__()
        from transformers.pytorch_utils import Conv1D

        self.W_QKV = Conv1D(3 * d_head, d_model)

    def forward(self, x):
        q, k, v = self.W_QKV(x).chunk(3, dim=-1)
        return values_by_torch_einsum(pattern_by_finfo_min(q, k), v)


class HeadBySDPA(nn.Module):
    """torch's fused attention: by now the student has written every step of it."""

    def __init__(self, d_model, d_head):
        super().__init__()
        for letter in "QKV":
            setattr(self, f"W_{letter}", nn.Parameter(torch.randn(d_model, d_head) / d_model**0.5))
            setattr(self, f"b_{letter}", nn.Parameter(torch.zeros(d_head)))

    def forward(self, x):
        q, k, v = qkv_by_matmul(x, self.W_Q, self.W_K, self.W_V, self.b_Q, self.b_K, self.b_V)
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class HeadWithBuffer(nn.Module):
    """The mask as a buffer, an extra method, and einops throughout."""

    def __init__(self, d_model, d_head, n_ctx=128):
        super().__init__()
        for letter in "QKV":
            self.register_parameter(f"W_{letter}", nn.Parameter(torch.empty(d_model, d_head)))
            self.register_parameter(f"b_{letter}", nn.Parameter(torch.empty(d_head)))
        self.register_buffer("future", torch.ones(n_ctx, n_ctx, dtype=torch.bool).triu(1), persistent=False)

    def pattern(self, q, k):
        scores = einsum(q, k, "b q d, b k d -> b q k") / math.sqrt(q.shape[-1])
        seq = q.shape[1]
        return scores.masked_fill(self.future[:seq, :seq], -torch.inf).softmax(-1)

    def forward(self, x):
        q = einsum(x, self.W_Q, "b s m, m d -> b s d") + self.b_Q
        k = einsum(x, self.W_K, "b s m, m d -> b s d") + self.b_K
        v = einsum(x, self.W_V, "b s m, m d -> b s d") + self.b_V
        return einsum(self.pattern(q, k), v, "b q k, b k d -> b q d")


class HeadOneRowAtATime(HeadBySDPA):
    """Loops over batch and query, without any mask: it never looks at the future in the first place."""

    def forward(self, x):
        q, k, v = qkv_by_linear(x, self.W_Q, self.W_K, self.W_V, self.b_Q, self.b_K, self.b_V)
        z = torch.empty_like(q)
        for b in range(len(x)):
            for i in range(x.shape[1]):
                scores = k[b, : i + 1] @ q[b, i] / q.shape[-1] ** 0.5
                z[b, i] = scores.softmax(0) @ v[b, : i + 1]
        return z


class HeadWithBiasesApart(nn.Module):
    """nn.Linear without a bias, and the biases as parameters beside it."""

    def __init__(self, d_model, d_head):
        super().__init__()
        for letter in "QKV":
            setattr(self, f"W_{letter}", nn.Linear(d_model, d_head, bias=False))
            setattr(self, f"b_{letter}", nn.Parameter(torch.zeros(d_head)))

    def forward(self, x):
        q, k, v = self.W_Q(x) + self.b_Q, self.W_K(x) + self.b_K, self.W_V(x) + self.b_V
        return pattern_through_logs(q, k) @ v


class HeadWithFrozenMask(HeadBySDPA):
    """The mask as a parameter that does not learn, as old code has it."""

    def __init__(self, d_model, d_head, n_ctx=64):
        super().__init__(d_model, d_head)
        self.mask = nn.Parameter(torch.full((n_ctx, n_ctx), -torch.inf).triu(1), requires_grad=False)

    def forward(self, x):
        q, k, v = qkv_fused(x, self.W_Q, self.W_K, self.W_V, self.b_Q, self.b_K, self.b_V)
        scores = scores_by_matmul(q, k) + self.mask[: x.shape[1], : x.shape[1]]
        return F.softmax(scores, dim=-1) @ v


class HeadInFloat64(HeadBySDPA):
    """Keeps its weights in float64 and answers in the input's dtype."""

    def __init__(self, d_model, d_head):
        super().__init__(d_model, d_head)
        self.double()

    def forward(self, x):
        return super().forward(x.double()).to(x.dtype)


# --- context_changes_vectors ------------------------------------------------------------------------------


def context_by_cdist(parts, senses):
    distances = torch.stack([torch.cdist(stream, stream) for stream in parts.cumsum(0)])
    same = torch.tensor([[a == b for b in senses] for a in senses])
    above = torch.ones_like(same).triu(1)
    return distances[:, same & above].mean(-1), distances[:, ~same & above].mean(-1)


def context_by_dot_products(parts, senses):
    """|a|² + |b|² − 2 a·b for the whole square of pairs, each pair counted twice, in float32."""
    stream = torch.cumsum(parts, 0)
    products = stream @ stream.mT
    squares = products.diagonal(dim1=1, dim2=2)
    distances = (squares[:, :, None] + squares[:, None] - 2 * products).clamp_min(0).sqrt()
    same = torch.tensor([[a == b for b in senses] for a in senses]).float()
    other = 1 - same
    same = same - torch.eye(len(senses))
    within, between = ((distances * mask).sum((1, 2)) / mask.sum() for mask in (same, other))
    return within, between


def context_part_by_part(parts, senses):
    vectors = torch.zeros_like(parts[0])
    means = ([], [])
    for part in parts:
        vectors = vectors + part
        distances = ([], [])
        for i in range(len(senses)):
            for j in range(i):
                distances[senses[i] != senses[j]].append(math.dist(vectors[i].tolist(), vectors[j].tolist()))
        for mean, found in zip(means, distances, strict=True):
            mean.append(sum(found) / len(found))
    return torch.tensor(means[0]), torch.tensor(means[1])


def context_by_differences_of_parts(parts, senses):
    """The differences are taken first and added up afterwards, which is the same sum."""
    first, second = torch.triu_indices(len(senses), len(senses), offset=1)
    apart = (parts[:, first] - parts[:, second]).cumsum(dim=0).square().sum(-1).sqrt()
    same = torch.tensor([senses[i] == senses[j] for i, j in zip(first, second, strict=True)])
    return apart[:, same].mean(1), apart[:, ~same].mean(1)


def context_by_numpy(parts, senses):
    stream = np.cumsum(parts.numpy().astype(np.float64), axis=0)
    apart = np.linalg.norm(stream[:, :, None] - stream[:, None], axis=-1)
    names = np.array(senses)
    same = names[:, None] == names
    kept = ~np.eye(len(names), dtype=bool)
    return [torch.from_numpy(apart[:, mask & kept].mean(axis=1)).float() for mask in (same, ~same)]


# --- stretch ----------------------------------------------------------------------------------------------


def loops_over_numbers(q, k, v):
    rows = []
    for i in range(q.shape[0]):
        scores = [sum(a * b for a, b in zip(q[i].tolist(), k[j].tolist(), strict=True)) for j in range(i + 1)]
        scores = [score / math.sqrt(q.shape[1]) for score in scores]
        weights = [math.exp(score - max(scores)) for score in scores]
        z = torch.zeros(v.shape[1])
        for j, weight in enumerate(weights):
            z += weight / sum(weights) * v[j]
        rows.append(z)
    return torch.stack(rows)


def loops_over_vectors(q, k, v):
    z = torch.zeros_like(v)
    for i in range(len(q)):
        scores = torch.tensor([torch.dot(q[i], k[j]) / len(q[i]) ** 0.5 for j in range(i + 1)])
        weights = torch.exp(scores - scores.max())
        for j in range(i + 1):
            z[i] += weights[j] / weights.sum() * v[j]
    return z


def loops_over_plain_lists(q, k, v):
    q, k, v = q.tolist(), k.tolist(), v.tolist()
    z = []
    for i, asked in enumerate(q):
        scores = [sum(map(operator.mul, asked, offered)) / len(asked) ** 0.5 for offered in k[: i + 1]]
        weights = [math.exp(score - max(scores)) for score in scores]
        shares = [weight / math.fsum(weights) for weight in weights]
        z.append(
            [sum(share * value[d] for share, value in zip(shares, v, strict=False)) for d in range(len(v[0]))]
        )
    return torch.tensor(z)


def loops_with_a_running_maximum(q, k, v):
    """The softmax in one pass: whenever a larger score comes, what was summed so far is scaled down."""
    z = torch.empty_like(v)
    for i in range(len(q)):
        largest, total, blend = -math.inf, 0.0, torch.zeros(v.shape[1])
        for j in range(i + 1):
            score = torch.dot(q[i], k[j]).item() / math.sqrt(q.shape[1])
            shrink, weight = math.exp(largest - max(largest, score)), math.exp(score - max(largest, score))
            total, blend = total * shrink + weight, blend * shrink + weight * v[j]
            largest = max(largest, score)
        z[i] = blend / total
    return z


def padding_by_nan_to_num(scores, is_token):
    masked = mask_by_positions(scores).masked_fill(~is_token[:, None, None, :], -torch.inf)
    return masked.softmax(dim=-1).nan_to_num(0.0)


def padding_by_exponentials(scores, is_token):
    seq = scores.shape[-1]
    seen = is_token[:, None, None, :] & torch.ones(seq, seq, device=scores.device, dtype=torch.bool).tril()
    weights = (scores - scores.amax(-1, keepdim=True)).exp() * seen
    return weights / weights.sum(-1, keepdim=True).clamp_min(torch.finfo(scores.dtype).tiny)


def padding_one_row_at_a_time(scores, is_token):
    pattern = torch.zeros_like(scores)
    for b, holds_token in enumerate(is_token):
        for i in range(scores.shape[-1]):
            seen = holds_token[: i + 1].nonzero().flatten()
            if len(seen):
                pattern[b, :, i, seen] = scores[b, :, i, seen].softmax(-1)
    return pattern


def padding_by_where(scores, is_token):
    seq = scores.shape[-1]
    positions = torch.arange(seq, device=scores.device)
    seen = (positions[:, None] >= positions) & is_token[:, None, None, :]
    pattern = torch.where(seen, scores, torch.finfo(scores.dtype).min).softmax(-1)
    return torch.where(seen.any(-1, keepdim=True), pattern, 0.0)


SHAPES = {
    "tokens": (2, 6),
    "x": (2, 6, 768),
    "W_Q": (768, 64),
    "b_Q": (64,),
    "q": (2, 6, 64),
    "k": (2, 6, 64),
    "v": (2, 6, 64),
    "scores": (2, 6, 6),
    "pattern": (2, 6, 6),
    "z": (2, 6, 64),
    "last_scores": (2, 1, 6),
    "last_z": (2, 1, 64),
}

VARIANTS = {
    "project_qkv": [
        qkv_by_matmul,
        qkv_by_linear,
        qkv_fused,
        qkv_in_float64,
        qkv_by_hf_conv1d,
        qkv_by_bmm,
        qkv_one_vector_at_a_time,
    ],
    "attention_scores": [
        scores_by_matmul,
        scores_by_torch_einsum,
        scores_scaled_first,
        scores_by_broadcasting,
        scores_by_loops,
        scores_by_numpy,
        scores_in_chunks,
        scores_in_float64,
        scores_by_vmap,
    ],
    "causal_mask": [
        mask_by_positions,
        mask_by_finfo_min,
        mask_added,
        mask_minus_a_billion,
        mask_by_loops,
        mask_a_copy_in_place,
        mask_from_a_large_buffer,
        mask_by_indexing,
        mask_of_full_like,
        mask_moved_to_the_scores,
        mask_one_row_per_query,
    ],
    "attention_pattern": [
        pattern_by_softmax,
        pattern_by_finfo_min,
        pattern_by_exponentials,
        pattern_through_logs,
        pattern_in_float64,
        pattern_minus_a_billion,
        pattern_without_a_mask,
        pattern_masked_twice,
    ],
    "weighted_values": [
        values_by_matmul,
        values_by_torch_einsum,
        values_by_broadcasting,
        values_by_loops,
        values_by_bmm,
        values_in_float64,
        values_by_tensordot,
    ],
    "AttentionHead": [
        HeadOfLinears,
        HeadOfOneLinear,
        HeadOfConv1D,
        HeadBySDPA,
        HeadWithBuffer,
        HeadOneRowAtATime,
        HeadWithBiasesApart,
        HeadWithFrozenMask,
        HeadInFloat64,
    ],
    "context_changes_vectors": [
        context_by_cdist,
        context_by_dot_products,
        context_part_by_part,
        context_by_differences_of_parts,
        context_by_numpy,
    ],
    "shape_table": [SHAPES, {name: list(shape) for name, shape in SHAPES.items()}, SHAPES.copy],
    "attention_by_loops": [
        loops_over_numbers,
        loops_over_vectors,
        loops_over_plain_lists,
        loops_with_a_running_maximum,
    ],
    "padding_aware_pattern": [
        padding_by_nan_to_num,
        padding_by_exponentials,
        padding_one_row_at_a_time,
        padding_by_where,
    ],
}
"""Right solutions by the name of the check that must accept them."""
