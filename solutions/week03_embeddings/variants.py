"""Right solutions of week 3 in other styles: a test proves that the checks accept every one of them.

The first letters of a label say what is unusual about it. The notebook's own solutions are tested besides.
"""

import math

import numpy as np
import torch
from einops import einsum, rearrange, repeat
from torch import nn
from torch.nn import functional as F

# --- Embed ------------------------------------------------------------------------------------------------


class _WithTable(nn.Module):
    """W_E, drawn as GPT-2 draws it."""

    def __init__(self, d_vocab, d_model):
        super().__init__()
        self.W_E = nn.Parameter(torch.empty(d_vocab, d_model).normal_(std=0.02))


class EmbedByIndexSelect(_WithTable):
    """One long list of rows, folded afterwards; trunc_normal_ draws the first numbers."""

    def __init__(self, d_vocab, d_model):
        super().__init__(d_vocab, d_model)
        nn.init.trunc_normal_(self.W_E, std=0.02)

    def forward(self, tokens):
        return self.W_E.index_select(0, tokens.flatten()).unflatten(0, tokens.shape)


class EmbedByOneHot(_WithTable):
    """Week 1's product with one-hot rows."""

    def forward(self, tokens):
        return F.one_hot(tokens, self.W_E.shape[0]).to(self.W_E.dtype) @ self.W_E


class EmbedByGather(_WithTable):
    """gather, with the ids repeated along d_model."""

    def forward(self, tokens):
        ids = repeat(tokens, "batch seq -> (batch seq) d_model", d_model=self.W_E.shape[1])
        return rearrange(self.W_E.gather(0, ids), "(batch seq) d -> batch seq d", batch=tokens.shape[0])


class EmbedByLoops(_WithTable):
    """One token at a time, an extra argument with a default, and a check of its own."""

    def forward(self, tokens, scale=1.0):
        if tokens.max() >= len(self.W_E):
            raise ValueError(f"There are {len(self.W_E)} tokens; got id {tokens.max()}.")
        return torch.stack([torch.stack([self.W_E[i] * scale for i in row.tolist()]) for row in tokens])


class EmbedRegistered(nn.Module):
    """register_parameter, an initialiser as a method, a property."""

    def __init__(self, d_vocab, d_model, std=0.02):
        super().__init__()
        self.register_parameter("W_E", nn.Parameter(torch.empty(d_vocab, d_model)))
        self.reset(std)

    @torch.no_grad()
    def reset(self, std):
        self.W_E.normal_(0.0, std)

    @property
    def d_model(self):
        return self.W_E.shape[-1]

    def forward(self, tokens):
        return torch.cat([self.W_E[ids] for ids in tokens]).view(*tokens.shape, self.d_model)


# --- nearest_tokens ---------------------------------------------------------------------------------------


def nearest_by_cosine(W_E, vector, k, exclude=()):
    similarities = torch.cosine_similarity(W_E, vector, dim=-1)
    similarities[list(exclude)] = -torch.inf
    best = similarities.topk(k)
    return best.indices, best.values


def nearest_by_normalising(W_E, vector, k, exclude=()):
    similarities = F.normalize(W_E, dim=-1) @ F.normalize(vector, dim=0)
    for token in exclude:
        similarities[token] = -2.0
    order = similarities.argsort(descending=True)[:k]
    return order, similarities[order]


def nearest_by_einsum(W_E, vector, k, exclude=()):
    dots = einsum(W_E, vector, "d_vocab d_model, d_model -> d_vocab")
    similarities = dots / (W_E.norm(dim=1) * vector.norm())
    allowed = torch.ones(len(W_E), dtype=torch.bool)
    allowed[list(exclude)] = False
    values, ids = similarities.masked_fill(~allowed, -torch.inf).sort(descending=True)
    return ids[:k], values[:k]


def nearest_in_float64(W_E, vector, k, exclude=()):
    wide, query = W_E.double(), vector.double()
    similarities = (wide @ query) / (wide.square().sum(1).sqrt() * query.square().sum().sqrt())
    similarities[torch.tensor(list(exclude), dtype=torch.long)] = float("-inf")
    values, ids = torch.topk(similarities, k)
    return [ids, values.float()]


def nearest_by_sorting_pairs(W_E, vector, k, exclude=(), eps=1e-12):
    pairs = []
    for token, row in enumerate(W_E):
        if token not in exclude:
            pairs.append(((row @ vector / (row.norm() * vector.norm() + eps)).item(), token))
    best = sorted(pairs, reverse=True)[:k]
    return torch.tensor([token for _, token in best]), torch.tensor([similarity for similarity, _ in best])


def nearest_by_choosing_afterwards(W_E, vector, k, exclude=()):
    similarities = torch.cosine_similarity(W_E, vector[None])
    order = similarities.argsort(descending=True)
    order = order[~torch.isin(order, torch.tensor(list(exclude), dtype=order.dtype))][:k]
    return order, similarities[order]


# --- analogy ----------------------------------------------------------------------------------------------


def analogy_by_cosine(W_E, start, minus, plus, k=1):
    return nearest_by_cosine(W_E, W_E[plus] - W_E[minus] + W_E[start], k, [start, minus, plus])


def analogy_by_signs(W_E, start, minus, plus, k=1):
    signs = torch.tensor([1.0, -1.0, 1.0], dtype=W_E.dtype)
    return nearest_by_einsum(W_E, signs @ W_E[[start, minus, plus]], k, {start, minus, plus})


def analogy_written_out(W_E, start, minus, plus, k=1):
    target = W_E[start] + (W_E[plus] - W_E[minus])
    similarities = (W_E @ target) / W_E.norm(dim=1) / target.norm()
    for asked in (start, minus, plus):
        similarities[asked] = -math.inf
    values, ids = similarities.topk(k)
    return ids, values


# --- my_analogy -------------------------------------------------------------------------------------------


def ranks_by_sorting(W_E, questions, leave_out=True):
    """One question at a time: a sorted list, without the three words, and the place in it."""
    lists = [], []
    for start, minus, plus, answer in questions.tolist():
        for places, target in zip(lists, (W_E[start] - W_E[minus] + W_E[plus], W_E[start]), strict=True):
            order = torch.cosine_similarity(W_E, target, dim=-1).argsort(descending=True).tolist()
            order = [token for token in order if not leave_out or token not in (start, minus, plus)]
            places.append(order.index(answer) + 1)
    return torch.tensor(lists[0]), torch.tensor(lists[1])


def ranks_by_nearest_tokens(W_E, questions, leave_out=True):
    """The week's own search, with all tokens that are left."""

    def rank(row, target):
        exclude = row[:3] if leave_out else []
        ids, _ = nearest_by_cosine(W_E, target, len(W_E) - len(exclude), exclude)
        return 1 + (ids == row[3]).nonzero().item()

    rows = questions.tolist()
    with_step = [rank(row, W_E[row[0]] - W_E[row[1]] + W_E[row[2]]) for row in rows]
    return [torch.tensor(with_step), torch.tensor([rank(row, W_E[row[0]]) for row in rows])]


def ranks_by_mask(W_E, questions, leave_out=True):
    """Everything in float64, and a mask of what counts."""
    vectors, counts = W_E.double(), torch.ones(len(questions), len(W_E), dtype=torch.bool)
    if leave_out:
        counts[torch.arange(len(questions))[:, None], questions[:, :-1]] = False
    signs = torch.tensor([[1.0, -1.0, 1.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
    targets = einsum(signs, vectors[questions[:, :3]], "which three, question three d -> which question d")
    similar = F.normalize(targets, dim=-1) @ F.normalize(vectors, dim=-1).T
    own = similar[:, torch.arange(len(questions)), questions[:, 3]]
    ranks = ((similar > own[..., None]) & counts).sum(-1) + 1
    return ranks[0], ranks[1]


# --- gender_direction -------------------------------------------------------------------------------------


def direction_by_slices(W_E, pairs):
    steps = W_E[pairs[:, 1]] - W_E[pairs[:, 0]]
    return steps.mean(dim=0) / steps.mean(dim=0).norm()


def direction_by_sums(W_E, pairs):
    first, second = W_E[pairs].sum(dim=0)
    return F.normalize(second - first, dim=0)


def direction_by_diff(W_E, pairs):
    return F.normalize(W_E[pairs].diff(dim=1).mean(dim=(0, 1)), dim=-1)


def direction_by_loop(W_E, pairs):
    total = torch.zeros(W_E.shape[1])
    for he, she in pairs.tolist():
        total = total + W_E[she] - W_E[he]
    return total / math.sqrt((total**2).sum())


# --- coordinate_along -------------------------------------------------------------------------------------


def coordinate_by_norm(vectors, direction):
    return vectors @ direction / direction.norm()


def coordinate_by_normalising(vectors, direction):
    return (vectors * F.normalize(direction, dim=0)).sum(dim=-1)


def coordinate_by_einsum(vectors, direction):
    unit = direction / torch.linalg.vector_norm(direction)
    return einsum(vectors, unit, "... d_model, d_model -> ...")


def coordinate_by_cosine(vectors, direction):
    return torch.cosine_similarity(vectors, direction.expand_as(vectors), dim=-1) * vectors.norm(dim=-1)


# --- PosEmbed ---------------------------------------------------------------------------------------------


class _WithPlaces(nn.Module):
    """W_pos, drawn as HF draws it."""

    def __init__(self, n_ctx, d_model):
        super().__init__()
        self.W_pos = nn.Parameter(torch.empty(n_ctx, d_model).normal_(std=0.02))


class PosEmbedByRepeat(_WithPlaces):
    """einops.repeat copies the rows."""

    def forward(self, tokens):
        batch, seq = tokens.shape
        return repeat(self.W_pos[:seq], "seq d_model -> batch seq d_model", batch=batch)


class PosEmbedByArange(_WithPlaces):
    """Positions as indices, one row a prompt; OpenAI's own first numbers, half as large."""

    def __init__(self, n_ctx, d_model):
        super().__init__(n_ctx, d_model)
        nn.init.normal_(self.W_pos, std=0.01)

    def forward(self, tokens, start=0):
        positions = torch.arange(start, start + tokens.shape[1], device=tokens.device)
        return self.W_pos[positions.expand_as(tokens)]


class PosEmbedByCumsum(_WithPlaces):
    """Counts the positions along the tokens."""

    def forward(self, tokens):
        return self.W_pos[torch.ones_like(tokens).cumsum(dim=1) - 1]


class PosEmbedByAddition(_WithPlaces):
    """Broadcasts by adding zeros of the right shape."""

    def forward(self, tokens):
        return self.W_pos[: tokens.shape[-1]] + torch.zeros(*tokens.shape, 1)


class PosEmbedWithBuffer(_WithPlaces):
    """The positions as a buffer, and a sentence for prompts that are too long."""

    def __init__(self, n_ctx, d_model):
        super().__init__(n_ctx, d_model)
        self.register_buffer("positions", torch.arange(n_ctx), persistent=False)

    def forward(self, tokens):
        seq = tokens.size(1)
        if seq > len(self.W_pos):
            raise ValueError(f"{seq} tokens are more than the {len(self.W_pos)} positions there are.")
        return torch.stack([self.W_pos[self.positions[:seq]] for _ in tokens])


# --- embed_tokens -----------------------------------------------------------------------------------------


def sum_in_place(tokens, embed, pos_embed):
    resid = pos_embed(tokens).clone()
    resid += embed(tokens)
    return resid


def sum_by_stacking(tokens, embed, pos_embed):
    both = torch.stack([embed(tokens), pos_embed(tokens)])
    return both.sum(dim=0)


def sum_of_the_matrices_rows(tokens, embed, pos_embed):
    return embed.W_E[tokens] + pos_embed.W_pos[: tokens.shape[1]]


def sum_in_float64(tokens, embed, pos_embed):
    return (embed(tokens).double() + pos_embed(tokens).double()).float()


# --- order_matters ----------------------------------------------------------------------------------------


def order_as_tensor(model, tokens, order):
    return torch.max(torch.abs(model(tokens[:, order]) - model(tokens)[:, order]))


def order_by_inverse(model, tokens, order):
    shuffled = model(tokens.index_select(1, order))
    back = shuffled[:, torch.argsort(order)]
    return float((back - model(tokens)).abs().max())


def order_by_numpy(model, tokens, order):
    inside = model(torch.stack([row[order] for row in tokens])).detach().numpy()
    outside = model(tokens).detach().numpy()[:, order.numpy()]
    return np.abs(inside - outside).max()


def order_by_infinity_norm(model, tokens, order):
    with torch.inference_mode():
        gap = model(tokens[:, order]) - model(tokens)[:, order]
    return torch.linalg.vector_norm(gap, ord=float("inf")).item()


# --- Unembed ----------------------------------------------------------------------------------------------


class UnembedByEinsum(nn.Module):
    """Holds the embedding, and names the axes."""

    def __init__(self, embed):
        super().__init__()
        self.embed = embed

    def forward(self, resid):
        return einsum(resid, self.embed.W_E, "batch seq d_model, d_vocab d_model -> batch seq d_vocab")


class UnembedOfParameter(nn.Module):
    """Holds the very parameter, under another name, and an extra method."""

    def __init__(self, embed):
        super().__init__()
        self.W_U = embed.W_E

    @property
    def d_vocab(self):
        return self.W_U.shape[0]

    def forward(self, resid):
        return F.linear(resid, self.W_U)


class UnembedOfLinear(nn.Module):
    """An nn.Linear without bias whose weight is tied, as HF's lm_head is."""

    def __init__(self, embed):
        super().__init__()
        d_vocab, d_model = embed.W_E.shape
        self.lm_head = nn.Linear(d_model, d_vocab, bias=False)
        self.lm_head.weight = embed.W_E

    def forward(self, resid):
        return self.lm_head(resid)


class UnembedOutsideTheModule(nn.Module):
    """Keeps the embedding where the module's parameters() do not list it a second time."""

    def __init__(self, embed):
        super().__init__()
        self.__dict__["embed"] = embed

    def forward(self, resid):
        return torch.einsum("bsd,vd->bsv", resid, self.embed.W_E)


class UnembedInFloat64(UnembedByEinsum):
    """Adds up in float64."""

    def forward(self, resid):
        return (resid.double() @ self.embed.W_E.double().mT).to(resid.dtype)


class UnembedOneTokenAtATime(UnembedByEinsum):
    """A loop over the vocabulary."""

    def forward(self, resid):
        return torch.stack([(resid * row).sum(dim=-1) for row in self.embed.W_E], dim=-1)


# --- stretch ----------------------------------------------------------------------------------------------


def _largest_positive(coordinates):
    for axis in range(coordinates.shape[1]):
        column = coordinates[:, axis]
        if column[column.abs().argmax()] < 0:
            coordinates[:, axis] = -column
    return coordinates


def pca_by_left_side(vectors):
    centred = vectors - vectors.mean(0)
    U, S, _ = torch.linalg.svd(centred, full_matrices=False)
    return _largest_positive(U[:, :3] * S[:3])


def pca_by_eigenvectors(vectors):
    centred = (vectors - vectors.mean(dim=0, keepdim=True)).double()
    _, axes = torch.linalg.eigh(centred.T @ centred)
    return _largest_positive(centred @ axes[:, -3:].flip(-1)).to(vectors.dtype)


def pca_by_gram_matrix(vectors):
    centred = (vectors - vectors.mean(dim=0)).double()
    squares, directions = torch.linalg.eigh(centred @ centred.T)
    coordinates = directions[:, -3:] * squares[-3:].clamp_min(0).sqrt()
    return _largest_positive(coordinates.flip(1)).float()


def pca_by_numpy(vectors):
    points = vectors.double().numpy()
    points = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(points, full_matrices=False)
    return _largest_positive(torch.from_numpy(points @ axes[:3].T).float())


def waves_by_slices(n_ctx, d_model):
    table = torch.zeros(n_ctx, d_model)
    position = torch.arange(n_ctx).unsqueeze(1)
    rate = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10_000.0) / d_model))
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate)
    return table


def waves_by_loops(n_ctx, d_model, base=10_000):
    rows = []
    for position in range(n_ctx):
        row = []
        for i in range(d_model // 2):
            angle = position / base ** (2 * i / d_model)
            row += [math.sin(angle), math.cos(angle)]
        rows.append(row)
    return torch.tensor(rows)


def waves_by_shifted_phase(n_ctx, d_model):
    columns = torch.arange(d_model)
    angle = torch.arange(n_ctx)[:, None] / 10_000.0 ** ((columns - columns % 2).double() / d_model)
    return torch.sin(angle + (columns % 2) * math.pi / 2).float()


SHAPES = {
    "tokens": (2, 6),
    "W_E": (50257, 768),
    "W_pos": (1024, 768),
    "king": (768,),
    "token_vectors": (2, 6, 768),
    "pos_vectors": (2, 6, 768),
    "resid": (2, 6, 768),
    "similarities": (50257,),
    "direction": (768,),
    "coordinates": (2, 6),
    "logits": (2, 6, 50257),
}

VARIANTS = {
    "Embed": [EmbedByIndexSelect, EmbedByOneHot, EmbedByGather, EmbedByLoops, EmbedRegistered],
    "nearest_tokens": [
        nearest_by_cosine,
        nearest_by_normalising,
        nearest_by_einsum,
        nearest_in_float64,
        nearest_by_sorting_pairs,
        nearest_by_choosing_afterwards,
    ],
    "analogy": [analogy_by_cosine, analogy_by_signs, analogy_written_out],
    "my_analogy": [ranks_by_sorting, ranks_by_nearest_tokens, ranks_by_mask],
    "gender_direction": [direction_by_slices, direction_by_sums, direction_by_diff, direction_by_loop],
    "coordinate_along": [
        coordinate_by_norm,
        coordinate_by_normalising,
        coordinate_by_einsum,
        coordinate_by_cosine,
    ],
    "PosEmbed": [
        PosEmbedByRepeat,
        PosEmbedByArange,
        PosEmbedByCumsum,
        PosEmbedByAddition,
        PosEmbedWithBuffer,
    ],
    "embed_tokens": [sum_in_place, sum_by_stacking, sum_of_the_matrices_rows, sum_in_float64],
    "order_matters": [order_as_tensor, order_by_inverse, order_by_numpy, order_by_infinity_norm],
    "Unembed": [
        UnembedByEinsum,
        UnembedOfParameter,
        UnembedOfLinear,
        UnembedOutsideTheModule,
        UnembedInFloat64,
        UnembedOneTokenAtATime,
    ],
    "shape_table": [SHAPES, {name: list(shape) for name, shape in SHAPES.items()}],
    "pca_3d": [pca_by_left_side, pca_by_eigenvectors, pca_by_gram_matrix, pca_by_numpy],
    "sinusoidal_positions": [waves_by_slices, waves_by_loops, waves_by_shifted_phase],
}
"""Right solutions by the name of the check that must accept them."""
