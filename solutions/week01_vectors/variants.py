"""Right solutions of week 1 in other styles: a test proves that the checks accept every one of them.

The first letters of a label say what is unusual about it. The notebook's own solutions are tested besides.
"""

import math

import numpy as np
import torch
from einops import einsum, rearrange, reduce, repeat
from torch.nn import functional as F

# --- dot_product ------------------------------------------------------------------------------------------


def dot_by_torch_sum(a, b):
    return torch.sum(torch.mul(a, b), -1)


def dot_by_einops(a, b):
    return einsum(a, b, "... d, ... d -> ...")


def dot_by_matmul(a, b):
    return (a[..., None, :] @ b[..., :, None])[..., 0, 0]


def dot_by_loop(a, b):
    total = torch.zeros(a.shape[:-1])
    for i in range(a.shape[-1]):
        total = total + a[..., i] * b[..., i]
    return total


def dot_by_reduce(a, b, scale=1.0):
    return scale * reduce(a * b, "... d -> ...", "sum")


# --- cosine_similarity ------------------------------------------------------------------------------------


def cosine_by_normalize(a, b):
    return F.normalize(a, dim=1) @ F.normalize(b, dim=1).T


def cosine_by_broadcasting(a, b):
    dots = (a[:, None] * b[None]).sum(-1)
    return dots / (a.norm(dim=1)[:, None] * b.norm(dim=1)[None] + 1e-12)


def cosine_by_loops(a, b):
    table = torch.zeros(len(a), len(b))
    for i in range(len(a)):
        for j in range(len(b)):
            lengths = math.sqrt((a[i] ** 2).sum()) * math.sqrt((b[j] ** 2).sum())
            table[i, j] = (a[i] * b[j]).sum() / lengths if lengths > 0 else 0.0
    return table


def cosine_by_torch_einsum(a, b):
    dots = torch.einsum("nd,md->nm", a, b)
    squares = torch.einsum("nd,nd->n", a, a)[:, None] * torch.einsum("md,md->m", b, b)
    return dots * squares.clamp_min(1e-30).rsqrt()


def cosine_in_float64(a, b):
    wide_a, wide_b = a.double(), b.double()
    lengths = wide_a.pow(2).sum(1).sqrt()[:, None] * wide_b.pow(2).sum(1).sqrt()
    return torch.where(lengths > 0, wide_a @ wide_b.mT / lengths, 0.0).to(a.dtype)


def cosine_by_nan_to_num(a, b):
    a_units = torch.nan_to_num(a / torch.linalg.vector_norm(a, dim=1, keepdim=True))
    b_units = torch.nan_to_num(b / torch.linalg.vector_norm(b, dim=1, keepdim=True))
    return torch.matmul(a_units, b_units.transpose(0, 1))


# --- split_heads, merge_heads, attention_scores_einsum ----------------------------------------------------


def split_by_view(x, n_heads):
    batch, seq, d_model = x.shape
    return x.view(batch, seq, n_heads, d_model // n_heads).transpose(1, 2)


def split_by_unflatten(x, n_heads):
    return x.unflatten(-1, (n_heads, -1)).permute(0, 2, 1, 3)


def split_by_chunks(x, n_heads):
    return torch.stack(torch.chunk(x, n_heads, dim=2), dim=1)


def split_by_slices(x, n_heads):
    d_head = x.size(-1) // n_heads
    return torch.stack([x[..., h * d_head : (h + 1) * d_head] for h in range(n_heads)], 1)


def split_short_names(x, n_heads, d_head=None):
    return rearrange(x, "b s (h d) -> b h s d", h=n_heads).contiguous()


def split_by_d_head(x, n_heads):
    return rearrange(x, "... s (h d) -> ... h s d", d=x.shape[-1] // n_heads)


def merge_by_reshape(x):
    batch, n_heads, seq, d_head = x.shape
    return x.transpose(1, 2).contiguous().view(batch, seq, n_heads * d_head)


def merge_by_flatten(x):
    return x.permute(0, 2, 1, 3).flatten(2)


def merge_by_cat(x):
    return torch.cat([x[:, head] for head in range(x.shape[1])], dim=-1)


def merge_short_names(x):
    return rearrange(x, "b h s d -> b s (h d)")


def scores_by_matmul(q, k):
    return q @ k.mT


def scores_by_torch_einsum(q, k):
    return torch.einsum("bhqd,bhkd->bhqk", q, k)


def scores_by_dots(q, k):
    return einsum(q, k, "... query d, ... key d -> ... query key")


def scores_by_broadcasting(q, k):
    return (q[:, :, :, None] * k[:, :, None]).sum(dim=-1)


def scores_by_loops(q, k):
    scores = q.new_zeros(*q.shape[:3], k.shape[2])
    for i in range(q.shape[2]):
        for j in range(k.shape[2]):
            scores[:, :, i, j] = (q[:, :, i] * k[:, :, j]).sum(-1)
    return scores


# --- softmax, log_softmax ---------------------------------------------------------------------------------


def softmax_by_max_values(x, dim=-1):
    exponentials = (x - x.max(dim, keepdim=True).values).exp()
    return exponentials / torch.sum(exponentials, dim=dim, keepdim=True)


def softmax_by_unsqueeze(x, dim=-1):
    exponentials = torch.exp(x - x.max(dim=dim)[0].unsqueeze(dim))
    return exponentials / exponentials.sum(dim).unsqueeze(dim)


def softmax_through_logs(x, dim=-1):
    return log_by_parts(x, dim).exp()


def softmax_in_place(x, dim=-1):
    shares = x.clone()
    shares -= shares.amax(dim, keepdim=True)
    shares.exp_()
    shares /= shares.sum(dim, keepdim=True)
    return shares


def softmax_in_float64(x, dim=-1):
    wide = x.double()
    exponentials = torch.exp(wide - wide.amax(dim=dim, keepdim=True))
    return (exponentials / exponentials.sum(dim=dim, keepdim=True)).to(x.dtype)


def softmax_by_norm(x, dim=-1):
    return F.normalize((x - x.amax(dim, keepdim=True)).exp(), p=1, dim=dim)


def softmax_by_loops(x, dim=-1):
    moved = x.movedim(dim, -1)
    rows = []
    for row in moved.reshape(-1, moved.shape[-1]):
        exponentials = (row - max(row.tolist())).exp()
        rows.append(exponentials / sum(exponentials))
    return torch.stack(rows).reshape(moved.shape).movedim(-1, dim)


def softmax_with_dtype(x, dim=-1, dtype=None):
    x = x if dtype is None else x.to(dtype)
    return torch.exp(x - torch.amax(x, dim, True)).div(torch.exp(x - torch.amax(x, dim, True)).sum(dim, True))


def log_by_parts(x, dim=-1):
    highest = x.amax(dim, keepdim=True)
    return x - (highest + (x - highest).exp().sum(dim, keepdim=True).log())


def log_in_float64(x, dim=-1):
    wide = (x - x.amax(dim, keepdim=True)).double()
    return (wide - wide.exp().sum(dim, keepdim=True).log()).to(x.dtype)


def log_by_max_values(x, dim=-1):
    moved = x - x.max(dim=dim, keepdim=True)[0]
    return moved - torch.log(torch.sum(torch.exp(moved), dim=dim, keepdim=True))


def log_of_one_plus_the_rest(x, dim=-1):
    moved = x - x.amax(dim, keepdim=True)
    return moved - torch.log1p(moved.exp().sum(dim, keepdim=True) - 1)


# --- cross_entropy ----------------------------------------------------------------------------------------


def loss_by_one_hot(logits, targets):
    one_hot = F.one_hot(targets, logits.shape[-1]).to(logits.dtype)
    return -(one_hot * log_by_parts(logits)).sum(-1).mean()


def loss_by_index(logits, targets):
    rows = log_by_parts(logits.reshape(-1, logits.shape[-1]))
    return -rows[torch.arange(len(rows)), targets.reshape(-1)].mean()


def loss_by_torch_log_softmax(logits, targets):
    return -logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1).mean()


def loss_by_logsumexp(logits, targets):
    chosen = logits.take_along_dim(targets[..., None], dim=-1)[..., 0]
    return (torch.logsumexp(logits, dim=-1) - chosen).mean()


def loss_by_loop(logits, targets):
    rows = log_by_max_values(logits.flatten(0, -2))
    total = 0.0
    for row, target in zip(rows, targets.flatten(), strict=True):
        total = total - row[target]
    return total / targets.numel()


def loss_sum_over_count(logits, targets, weight=1.0):
    picked = torch.gather(log_by_parts(logits), logits.dim() - 1, targets[..., None])
    return weight * -picked.sum() / targets.numel()


# --- one_hot_lookup ---------------------------------------------------------------------------------------


def lookup_by_f_one_hot(tokens, W_E):
    one_hot = F.one_hot(tokens, num_classes=W_E.shape[0]).to(W_E.dtype)
    return one_hot, torch.matmul(one_hot, W_E)


def lookup_by_einsum(tokens, W_E):
    one_hot = F.one_hot(tokens, len(W_E)).type(W_E.dtype)
    return one_hot, einsum(one_hot, W_E, "batch seq d_vocab, d_vocab d_model -> batch seq d_model")


def lookup_by_scatter(tokens, W_E):
    one_hot = torch.zeros(*tokens.shape, W_E.shape[0], dtype=W_E.dtype)
    one_hot.scatter_(-1, tokens.unsqueeze(-1), 1.0)
    return one_hot, one_hot @ W_E


def lookup_by_eye(tokens, W_E):
    one_hot = torch.eye(len(W_E), dtype=W_E.dtype)[tokens]
    return [one_hot, one_hot @ W_E]


def lookup_by_loops(tokens, W_E):
    one_hot = torch.zeros(tokens.shape[0], tokens.shape[1], W_E.shape[0])
    for b, row in enumerate(tokens.tolist()):
        for s, token in enumerate(row):
            one_hot[b, s, token] = 1
    vectors = sum(one_hot[..., token, None] * W_E[token] for token in range(len(W_E)))
    return one_hot, vectors


# --- top_next_tokens --------------------------------------------------------------------------------------


def top_by_sort(logits, k):
    ordered, ids = logits[:, -1].softmax(dim=-1).sort(dim=-1, descending=True)
    return ordered[:, :k], ids[:, :k]


def top_by_argsort(logits, k):
    probabilities = softmax_by_max_values(logits[:, -1, :])
    ids = probabilities.argsort(dim=-1, descending=True)[..., :k]
    return torch.gather(probabilities, -1, ids), ids


def top_as_topk_gives_it(logits, k):
    return torch.topk(torch.exp(log_by_parts(logits))[:, -1], k)


def top_of_the_logits(logits, k):
    last = logits[:, -1]
    ids = torch.topk(last, k).indices
    return softmax_in_place(last).gather(-1, ids), ids


def top_by_loop(logits, k, dim=-1):
    rows = [softmax_by_max_values(prompt[-1]).topk(k) for prompt in logits]
    return torch.stack([row.values for row in rows]), torch.stack([row.indices for row in rows])


# --- stretch ----------------------------------------------------------------------------------------------


def arithmetic_by_sorting(vectors, words, start, minus, plus):
    at = {word: vector for word, vector in zip(words, vectors, strict=True)}
    aim = at[start] - at[minus] + at[plus]
    found = []
    for word, vector in at.items():
        if word not in (start, minus, plus):
            found.append((float(aim @ vector / aim.norm() / vector.norm()), word))
    similarity, word = max(found)
    return word, similarity


def arithmetic_with_tensors(vectors, words, start, minus, plus):
    index = words.index
    aim = vectors[index(start)] - vectors[index(minus)] + vectors[index(plus)]
    alike = F.cosine_similarity(vectors, aim[None], dim=-1)
    others = [i for i, word in enumerate(words) if word not in {start, minus, plus}]
    best = others[int(alike[others].argmax())]
    return words[best], alike[best]


def outer_by_matmul(a, b):
    return a[:, None] @ b[None, :]


def outer_by_repeat(a, b):
    return repeat(a, "n -> n m", m=len(b)) * b[None]


def outer_by_index(a, b):
    n, m = len(a), len(b)
    place = torch.arange(n * m)
    return (a[place // m] * b[place % m]).view(n, m)


def triu_by_masked_fill(x):
    rows, columns = x.shape
    return x.masked_fill(torch.arange(rows)[:, None] > torch.arange(columns)[None], 0)


def triu_in_place(x):
    kept = x.clone()
    kept[torch.arange(x.shape[0])[:, None] > torch.arange(x.shape[1])] = 0
    return kept


def triu_by_indices(x):
    row, column = torch.meshgrid(*(torch.arange(size) for size in x.shape), indexing="ij")
    return torch.where(row <= column, x, torch.zeros_like(x))


def cumsum_by_where(x):
    place = torch.arange(len(x))
    return torch.where(place <= place[:, None], x, 0).sum(dim=1)


def cumsum_by_lower_triangle(x):
    place = torch.arange(x.shape[0])
    return (place[:, None] >= place).to(x) @ x


def cumsum_by_einsum(x):
    place = torch.arange(x.numel())
    return torch.einsum("i,ij->j", x, (place[:, None] <= place[None, :]).float())


def roll_by_cat(x, shift):
    shift = shift % len(x)
    return torch.cat([x[len(x) - shift :], x[: len(x) - shift]])


def roll_by_assignment(x, shift):
    moved = torch.empty_like(x)
    moved[(torch.arange(len(x)) + shift) % len(x)] = x
    return moved


def roll_by_product(x, shift):
    place = torch.arange(len(x))
    return (((place[:, None] + shift - place) % len(x)) == 0).float().T @ x


SHAPES = {
    "tokens": (2, 6),
    "one_hot": (2, 6, 50257),
    "W_E": (50257, 768),
    "x": (2, 6, 768),
    "q": (2, 6, 768),
    "q_heads": (2, 12, 6, 64),
    "scores": (2, 12, 6, 6),
    "logits": (2, 6, 50257),
    "probabilities": (2, 50257),
    "top": (2, 5),
    "loss": (),
}


def shapes_of_real_tensors():
    """Torch's own shapes, of tensors that were made for it."""
    return {name: torch.empty(shape, device="meta").shape for name, shape in SHAPES.items()}


def shapes_as_arrays():
    return {name: np.array(shape, dtype=int) for name, shape in SHAPES.items()}


VARIANTS = {
    "dot_product": [dot_by_torch_sum, dot_by_einops, dot_by_matmul, dot_by_loop, dot_by_reduce],
    "cosine_similarity": [
        cosine_by_normalize,
        cosine_by_broadcasting,
        cosine_by_loops,
        cosine_by_torch_einsum,
        cosine_in_float64,
        cosine_by_nan_to_num,
    ],
    "split_heads": [
        split_by_view,
        split_by_unflatten,
        split_by_chunks,
        split_by_slices,
        split_short_names,
        split_by_d_head,
    ],
    "merge_heads": [merge_by_reshape, merge_by_flatten, merge_by_cat, merge_short_names],
    "attention_scores_einsum": [
        scores_by_matmul,
        scores_by_torch_einsum,
        scores_by_dots,
        scores_by_broadcasting,
        scores_by_loops,
    ],
    "softmax": [
        softmax_by_max_values,
        softmax_by_unsqueeze,
        softmax_through_logs,
        softmax_in_place,
        softmax_in_float64,
        softmax_by_norm,
        softmax_by_loops,
        softmax_with_dtype,
    ],
    "log_softmax": [log_by_parts, log_in_float64, log_by_max_values, log_of_one_plus_the_rest],
    "cross_entropy": [
        loss_by_one_hot,
        loss_by_index,
        loss_by_torch_log_softmax,
        loss_by_logsumexp,
        loss_by_loop,
        loss_sum_over_count,
    ],
    "one_hot_lookup": [
        lookup_by_f_one_hot,
        lookup_by_einsum,
        lookup_by_scatter,
        lookup_by_eye,
        lookup_by_loops,
    ],
    "top_next_tokens": [
        top_by_sort,
        top_by_argsort,
        top_as_topk_gives_it,
        top_of_the_logits,
        top_by_loop,
    ],
    "shape_table": [
        SHAPES,
        {name: list(shape) for name, shape in SHAPES.items()},
        shapes_of_real_tensors,
        shapes_as_arrays,
    ],
    "vector_arithmetic": [arithmetic_by_sorting, arithmetic_with_tensors],
    "outer": [outer_by_matmul, outer_by_repeat, outer_by_index],
    "triu": [triu_by_masked_fill, triu_in_place, triu_by_indices],
    "cumsum": [cumsum_by_where, cumsum_by_lower_triangle, cumsum_by_einsum],
    "roll": [roll_by_cat, roll_by_assignment, roll_by_product],
}
"""Right solutions by the name of the check that must accept them."""
