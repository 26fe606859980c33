"""Right solutions of week 9 in other styles: a test proves that the checks accept every one of them.

The first letters of a label say what is unusual about it. The notebook's own solutions are tested besides.
"""

import math
from collections import Counter

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# --- greedy -----------------------------------------------------------------------------------------------


def greedy_by_max(logits):
    return logits[:, -1, :].max(dim=-1).indices


def greedy_by_loops(logits):
    return torch.tensor(
        [max(range(len(row[-1])), key=lambda token: row[-1][token]) for row in logits.tolist()]
    )


def greedy_by_numpy(logits, verbose=False):
    return torch.from_numpy(np.argmax(logits.numpy()[:, -1], axis=1))


def greedy_by_softmax(logits):
    return torch.argmax(torch.softmax(logits[:, logits.shape[1] - 1].double(), dim=-1), dim=-1)


def greedy_all_positions_first(logits):
    return logits.argmax(-1)[:, -1]


# --- apply_temperature ------------------------------------------------------------------------------------


def temperature_by_where(logits, temperature):
    if temperature > 0:
        return logits * (1.0 / temperature)
    ids = torch.arange(logits.shape[-1], device=logits.device)
    return torch.where(ids == logits.argmax(-1, keepdim=True), 0.0, -torch.inf).to(logits.dtype)


def temperature_by_one_hot(logits, temperature):
    if temperature == 0.0:
        return torch.log(F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype))
    return torch.div(logits, temperature)


def temperature_with_finfo_min(logits, temperature):
    if temperature == 0:
        cold = torch.full_like(logits, torch.finfo(logits.dtype).min)
        return cold.scatter(-1, logits.max(-1, keepdim=True).indices, 0)
    return logits / temperature


def temperature_in_float64(logits, temperature):
    if temperature != 0:
        return (logits.double() / temperature).float()
    hidden = torch.ones_like(logits, dtype=torch.bool).scatter(-1, logits.argmax(-1, keepdim=True), False)
    return torch.zeros_like(logits).masked_fill(hidden, -math.inf)


def temperature_in_place(logits, temperature):
    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)
        return logits.fill_(-torch.inf).scatter_(-1, best, 0.0)
    return logits.div_(temperature)


# --- sample_token -----------------------------------------------------------------------------------------


def sample_by_gumbel(logits, generator=None):
    """The largest of logits to which Gumbel noise was added is distributed as softmax."""
    noise = torch.rand(logits.shape, generator=generator, dtype=torch.float64).clamp_min(1e-300)
    return (logits.double() - torch.log(-torch.log(noise))).argmax(dim=-1)


def sample_by_sums(logits, generator=None):
    """Where a random number falls among the running sums of the probabilities."""
    sums = logits.double().softmax(-1).cumsum(-1)
    place = torch.rand(len(logits), 1, generator=generator, dtype=torch.float64) * sums[:, -1:]
    return torch.searchsorted(sums, place, right=True).squeeze(1)


def sample_by_exponentials(logits, generator=None):
    shares = F.softmax(logits, dim=-1)
    waits = torch.empty_like(shares).exponential_(generator=generator)
    return (shares / waits).argmax(-1)


def sample_row_by_row(logits, generator=None):
    shares = torch.softmax(logits, -1)
    return torch.cat([torch.multinomial(row, 1, generator=generator) for row in shares])


def sample_without_normalising(logits, generator=None):
    weights = (logits - logits.amax(-1, keepdim=True)).exp()
    return torch.multinomial(weights, 1, replacement=True, generator=generator).flatten()


def sample_through_logs(logits, generator=None):
    return logits.log_softmax(-1).exp().multinomial(num_samples=1, generator=generator)[:, 0]


# --- top_k_filter -----------------------------------------------------------------------------------------


def top_k_by_sort(logits, k):
    border = logits.sort(dim=-1, descending=True).values[..., min(k, logits.shape[-1]) - 1]
    return torch.where(logits >= border[..., None], logits, -torch.inf)


def top_k_by_kthvalue(logits, k):
    size = logits.shape[-1]
    if k >= size:
        return logits.clone()
    return logits.masked_fill(logits < logits.kthvalue(size - k + 1, dim=-1, keepdim=True).values, -torch.inf)


def top_k_by_counting(logits, k):
    """A token goes if at least k others are more probable than it is."""
    better = (logits[..., None, :] > logits[..., :, None]).sum(-1) if logits.shape[-1] < 100 else None
    return top_k_by_sort(logits, k) if better is None else logits.masked_fill(better >= k, -torch.inf)


def top_k_with_finfo_min(logits, k):
    border = torch.topk(logits, min(k, logits.size(-1)))[0][..., -1, None]
    return torch.where(logits < border, torch.finfo(logits.dtype).min, logits)


def top_k_in_place_of_a_copy(logits, k):
    logits, k = logits.clone(), min(k, logits.shape[-1])
    logits[logits < logits.topk(k).values[..., [-1]]] = float("-inf")
    return logits


def top_k_row_by_row(logits, k):
    rows = logits.reshape(-1, logits.shape[-1])
    kept = []
    for row in rows:
        border = sorted(row.tolist(), reverse=True)[: min(k, len(row))][-1]
        kept.append(torch.where(row >= border, row, torch.full_like(row, -torch.inf)))
    return torch.stack(kept).reshape(logits.shape)


def top_k_by_numpy(logits, k):
    numbers = logits.numpy()
    border = np.sort(numbers, axis=-1)[..., -min(k, numbers.shape[-1]), None]
    return torch.from_numpy(np.where(numbers < border, np.float32(-np.inf), numbers))


# --- top_p_filter -----------------------------------------------------------------------------------------


def top_p_ascending(logits, p):
    """From below, as HF does it: what lies below a token, itself included, is at most 1 − p."""
    if p >= 1:
        return logits
    ordered, order = logits.sort(dim=-1)
    gone = ordered.softmax(-1).cumsum(-1) <= 1 - p
    gone[..., -1] = False
    return logits.masked_fill(torch.zeros_like(gone).scatter(-1, order, gone), -torch.inf)


def top_p_shifted(logits, p):
    """The usual shift by one: a token goes if the sum with the one before it has reached p."""
    if p == 1.0:
        return logits.clone()
    ordered, order = torch.sort(logits, descending=True)
    reached = torch.cumsum(F.softmax(ordered, dim=-1), dim=-1) >= p
    reached = F.pad(reached[..., :-1], (1, 0), value=False)
    back = torch.empty_like(reached).scatter(-1, order, reached)
    return torch.where(back, torch.full_like(logits, -torch.inf), logits)


def top_p_by_gather(logits, p):
    if p >= 1.0:
        return logits.clone()
    order = logits.argsort(dim=-1, descending=True)
    shares = logits.softmax(-1).gather(-1, order)
    kept = (shares.cumsum(-1) - shares) < p
    return logits.masked_fill(~kept.gather(-1, order.argsort(dim=-1)), torch.finfo(logits.dtype).min)


def top_p_in_float64(logits, p):
    if p >= 1:
        return logits.clone()
    shares, order = logits.double().softmax(-1).sort(descending=True, dim=-1)
    outside = shares.cumsum(-1) - shares >= p
    return logits.masked_fill(outside.gather(-1, order.argsort(-1)), -torch.inf)


def top_p_row_by_row(logits, p):
    if p >= 1:
        return logits.clone()
    kept = []
    for row in logits.reshape(-1, logits.shape[-1]):
        shares, filtered, total = row.softmax(-1), torch.full_like(row, -torch.inf), 0.0
        for token in shares.argsort(descending=True).tolist():
            filtered[token] = row[token]
            total += shares[token].item()
            if total >= p:
                break
        kept.append(filtered)
    return torch.stack(kept).reshape(logits.shape)


def top_p_by_counting(logits, p):
    if p >= 1:
        return logits.clone()
    shares, order = logits.softmax(-1).sort(dim=-1, descending=True)
    n_kept = (shares.cumsum(-1) < p).sum(-1, keepdim=True) + 1
    ranks = torch.arange(logits.shape[-1], device=logits.device)
    outside = torch.empty_like(order, dtype=torch.bool).scatter(-1, order, (ranks >= n_kept).expand_as(order))
    return logits.masked_fill(outside, -torch.inf)


# --- repetition_penalty -----------------------------------------------------------------------------------


def repetition_by_mask(logits, tokens, penalty):
    said = F.one_hot(tokens, logits.shape[-1]).any(dim=1)
    changed = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(said, changed, logits)


def repetition_by_loops(logits, tokens, penalty):
    result = logits.clone()
    for row, ids in enumerate(tokens.tolist()):
        for token in set(ids):
            result[row, token] = logits[row, token] * (penalty if logits[row, token] < 0 else 1 / penalty)
    return result


def repetition_in_place_of_a_copy(logits, tokens, penalty):
    said = torch.gather(logits, 1, tokens)
    return logits.clone().scatter_(1, tokens, torch.where(said < 0, said * penalty, said / penalty))


def repetition_by_sign(logits, tokens, penalty, *, eps=0.0):
    said = torch.zeros_like(logits).scatter(1, tokens, 1.0)
    strength = torch.where(logits < 0, penalty, 1 / penalty)
    return torch.where(said > eps, logits * strength, logits)


def repetition_by_unique(logits, tokens, penalty):
    rows = []
    for row, ids in zip(logits.unbind(), tokens.unbind(), strict=True):
        unique = ids.unique()
        row = row.clone()
        row[unique] = torch.where(row[unique] < 0, row[unique] * penalty, row[unique] / penalty)
        rows.append(row)
    return torch.stack(rows)


# --- frequency_penalty ------------------------------------------------------------------------------------


def frequency_by_bincount(logits, tokens, penalty):
    counts = torch.stack([torch.bincount(row, minlength=logits.shape[-1]) for row in tokens])
    return logits - penalty * counts


def frequency_by_one_hot(logits, tokens, penalty):
    return logits - penalty * F.one_hot(tokens, num_classes=logits.size(-1)).sum(dim=1)


def frequency_by_counter(logits, tokens, penalty):
    result = logits.clone()
    for row, ids in zip(result, tokens.tolist(), strict=True):
        for token, count in Counter(ids).items():
            row[token] -= count * penalty
    return result


def frequency_one_by_one(logits, tokens, penalty):
    less = torch.zeros_like(logits)
    for row, ids in enumerate(tokens.tolist()):
        for token in ids:
            less[row, token] += penalty
    return logits - less


def frequency_by_index_add(logits, tokens, penalty):
    rows = [
        row.index_add(0, ids, torch.full(ids.shape, -penalty, device=row.device))
        for row, ids in zip(logits, tokens, strict=True)
    ]
    return torch.stack(rows)


def frequency_in_float64(logits, tokens, penalty):
    once_each = torch.ones_like(tokens, dtype=torch.float64)
    counts = torch.zeros(logits.shape, dtype=torch.float64, device=logits.device).scatter_add(
        1, tokens, once_each
    )
    return (logits.double() - penalty * counts).to(logits.dtype)


# --- minimum_length ---------------------------------------------------------------------------------------


def minimum_by_where(logits, tokens, prompt_length, minimum, stop_tokens):
    if tokens.size(1) >= prompt_length + minimum:
        return logits
    ids = torch.arange(logits.size(-1), device=logits.device)
    return torch.where(torch.isin(ids, torch.tensor(stop_tokens, device=logits.device)), -torch.inf, logits)


def minimum_one_stop_token_at_a_time(logits, tokens, prompt_length, minimum, stop_tokens):
    logits = logits.clone()
    for stop in stop_tokens:
        if len(tokens[0, prompt_length:]) < minimum:
            logits[..., stop] = torch.finfo(logits.dtype).min
    return logits


def minimum_by_index_fill(logits, tokens, prompt_length, minimum, stop_tokens):
    too_short = tokens[:, prompt_length:].shape[1] < minimum
    stop = torch.tensor(stop_tokens, device=logits.device)
    return logits.index_fill(-1, stop, -math.inf) if too_short else logits.clone()


def minimum_added(logits, tokens, prompt_length, minimum, stop_tokens):
    hide = -1e10 if tokens.shape[-1] - prompt_length < minimum else 0.0
    stop = F.one_hot(torch.tensor(stop_tokens, device=logits.device), logits.shape[-1]).sum(dim=0)
    return logits + hide * stop


# --- adjust_logits ----------------------------------------------------------------------------------------


def adjust_by_a_list(logits, tokens, temperature=1.0, top_k=None, top_p=1.0, penalties=()):
    steps = [*penalties, lambda logits, tokens: temperature_by_where(logits, temperature)]
    if top_k:
        steps.append(lambda logits, tokens: top_k_by_sort(logits, top_k))
    steps.append(lambda logits, tokens: top_p_ascending(logits, top_p))
    for step in steps:
        logits = step(logits, tokens)
    return logits


def adjust_with_every_step(logits, tokens, temperature=1.0, top_k=None, top_p=1.0, penalties=None):
    for penalise in penalties or []:
        logits = penalise(logits, tokens)
    logits = temperature_with_finfo_min(logits, temperature)
    logits = top_k_by_kthvalue(logits, logits.shape[-1] if top_k is None else top_k)
    return top_p_by_gather(logits, top_p)


def adjust_sorted_once(
    logits, tokens, temperature=1.0, top_k=None, top_p=1.0, penalties=(), floor=-torch.inf
):
    """Both filters at the same sorted logits."""
    for penalise in penalties:
        logits = penalise(logits, tokens)
    logits = temperature_by_one_hot(logits, temperature)
    ordered, order = logits.sort(dim=-1, descending=True)
    k = logits.shape[-1] if top_k is None else top_k
    ordered = torch.cat([ordered[:, :k], torch.full_like(ordered[:, k:], floor)], dim=-1)
    shares = ordered.softmax(-1)
    if top_p < 1:
        ordered = ordered.masked_fill(shares.cumsum(-1) - shares >= top_p, floor)
    return torch.empty_like(logits).scatter(-1, order, ordered)


# --- generate ---------------------------------------------------------------------------------------------


def generate_into_a_buffer(
    model,
    tokens,
    n_new,
    n_ctx,
    temperature=1.0,
    stop_token=None,
    seed=None,
    top_k=None,
    top_p=1.0,
    penalties=(),
):
    """The whole result is made at the beginning and filled in."""
    batch, seq = tokens.shape
    text = torch.full((batch, seq + n_new), -1 if stop_token is None else stop_token)
    text[:, :seq] = tokens
    dice = torch.Generator().manual_seed(seed) if seed is not None else None
    running, end = torch.ones(batch, dtype=torch.bool), seq
    while end < seq + n_new and running.any():
        with torch.no_grad():
            guesses = model(text[:, max(0, end - n_ctx) : end])[:, -1, :]
        guesses = adjust_by_a_list(guesses, text[:, :end], temperature, top_k, top_p, penalties)
        drawn = sample_by_sums(guesses, dice)
        text[running, end] = drawn[running]
        if stop_token is not None:
            running &= text[:, end] != stop_token
        end += 1
    return text[:, :end]


@torch.inference_mode()
def generate_recursively(model, tokens, n_new, n_ctx, temperature=1.0, stop_token=None, seed=None, **how):
    dice = how.pop("dice", None) or (torch.Generator().manual_seed(seed) if seed is not None else None)
    done = how.pop("done", torch.zeros(len(tokens), dtype=torch.bool))
    if n_new == 0 or done.all():
        return tokens
    logits = adjust_with_every_step(model(tokens[:, -n_ctx:])[:, -1], tokens, temperature, **how)
    drawn = sample_by_gumbel(logits, dice)
    if stop_token is not None:
        drawn = torch.where(done, stop_token, drawn)
        done = done | (drawn == stop_token)
    longer = torch.cat([tokens, drawn.unsqueeze(1)], dim=1)
    rest = {"stop_token": stop_token, "dice": dice, "done": done, **how}
    return generate_recursively(model, longer, n_new - 1, n_ctx, temperature, **rest)


def generate_with_a_special_case(
    model,
    tokens,
    n_new,
    n_ctx,
    temperature=1.0,
    stop_token=None,
    seed=None,
    top_k=None,
    top_p=1.0,
    penalties=(),
):
    """Greedy needs no chance at all."""
    dice = None if seed is None else torch.Generator().manual_seed(seed)
    finished = torch.zeros(len(tokens), 1, dtype=torch.bool)
    for _ in range(n_new):
        with torch.no_grad():
            logits = model(tokens[:, -n_ctx:])[:, -1:].squeeze(1)
        if temperature == 0:
            for penalise in penalties:
                logits = penalise(logits, tokens)
            drawn = logits.argmax(-1, keepdim=True)
        else:
            logits = adjust_sorted_once(logits, tokens, temperature, top_k, top_p, penalties)
            drawn = torch.multinomial(logits.softmax(-1), 1, generator=dice)
        if stop_token is not None:
            drawn[finished] = stop_token
            finished = finished | (drawn == stop_token)
        tokens = torch.hstack((tokens, drawn))
        if finished.all():
            return tokens
    return tokens


def generate_by_lists(
    model,
    tokens,
    n_new,
    n_ctx,
    temperature=1.0,
    stop_token=None,
    seed=None,
    top_k=None,
    top_p=1.0,
    penalties=(),
):
    """Python lists for the text, and a row's end looked up in the text itself."""
    rows, seq = tokens.tolist(), tokens.shape[1]
    dice = None if seed is None else torch.Generator().manual_seed(seed)
    for _ in range(n_new):
        done = [stop_token is not None and stop_token in row[seq:] for row in rows]
        if all(done):
            break
        text = torch.tensor(rows)
        with torch.no_grad():
            logits = model(text[:, -n_ctx:])[:, -1]
        drawn = sample_without_normalising(
            adjust_by_a_list(logits, text, temperature, top_k, top_p, penalties), dice
        )
        for row, over, token in zip(rows, done, drawn.tolist(), strict=True):
            row.append(stop_token if over else token)
    return torch.tensor(rows)


# --- beam_search ------------------------------------------------------------------------------------------


def beams_in_lists(model, tokens, n_new, n_beams, stop_token=None, length_penalty=1.0):
    beams, finished = [(0.0, tokens.tolist())], []
    for length in range(1, n_new + 1):
        with torch.no_grad():
            gains = model(torch.tensor([ids for _, ids in beams]))[:, -1].log_softmax(-1).tolist()
        grown = [
            (score + gain, [*ids, token])
            for (score, ids), row in zip(beams, gains, strict=True)
            for token, gain in enumerate(row)
        ]
        grown = sorted(grown, reverse=True)[: 2 * n_beams]
        finished += [(s / length**length_penalty, ids) for s, ids in grown[:n_beams] if ids[-1] == stop_token]
        beams = [(s, ids) for s, ids in grown if ids[-1] != stop_token][:n_beams]
    finished += [(s / n_new**length_penalty, ids) for s, ids in beams]
    return torch.tensor(max(finished)[1])


def beams_as_in_hf(model, tokens, n_new, n_beams, stop_token=None, length_penalty=1.0):
    """n_beams rows from the beginning, all but the first with a hopeless score."""
    beams = tokens.repeat(n_beams, 1)
    scores = torch.tensor([0.0] + [-1e9] * (n_beams - 1))
    best_value, best = -torch.inf, None
    for new in range(n_new):
        with torch.no_grad():
            totals = scores.unsqueeze(1) + F.log_softmax(model(beams)[:, -1], dim=-1)
        top, places = totals.view(-1).topk(2 * n_beams)
        rows = torch.cat([beams[places // totals.size(1)], (places % totals.size(1)).unsqueeze(1)], dim=1)
        ended = rows[:, -1] == (-1 if stop_token is None else stop_token)
        for place in range(n_beams):
            value = top[place].item() / (new + 1) ** length_penalty
            if (ended[place] or new == n_new - 1) and value > best_value:
                best_value, best = value, rows[place]
        keep = (top - 1e9 * ended).topk(n_beams).indices
        beams, scores = rows[keep], top[keep]
    return best


def beams_one_model_call_each(model, tokens, n_new, n_beams, stop_token=None, length_penalty=1.0):
    def value(score, ids):
        return score / (len(ids) - len(tokens)) ** length_penalty

    running, done = [(torch.tensor(0.0), tokens)], []
    for _ in range(n_new):
        candidates = []
        for score, ids in running:
            with torch.no_grad():
                gains = torch.log_softmax(model(ids[None])[0, -1], dim=0)
            candidates += [
                (score + gain, torch.cat([ids, torch.tensor([t])])) for t, gain in enumerate(gains)
            ]
        candidates.sort(key=lambda pair: pair[0].item(), reverse=True)
        running = []
        for rank, (score, ids) in enumerate(candidates[: 2 * n_beams]):
            if stop_token is not None and ids[-1].item() == stop_token:
                done += [(score, ids)] if rank < n_beams else []
            elif len(running) < n_beams:
                running.append((score, ids))
    return max(done + running, key=lambda pair: value(*pair).item())[1]


# --- no_repeat_ngram --------------------------------------------------------------------------------------


def ngram_by_dict(logits, tokens, n):
    filtered = logits.clone()
    for row, ids in enumerate(tokens.tolist()):
        followers = {}
        for run in zip(*(ids[start:] for start in range(n)), strict=False):
            followers.setdefault(run[:-1], []).append(run[-1])
        filtered[row, followers.get(tuple(ids[len(ids) - n + 1 :]), [])] = -torch.inf
    return filtered


def ngram_by_unfold(logits, tokens, n):
    if tokens.shape[1] < n:
        return logits
    runs = tokens.unfold(1, n, 1)
    ending = tokens[:, tokens.shape[1] - n + 1 :]
    matches = (runs[..., :-1] == ending[:, None]).all(dim=-1)
    banned = (F.one_hot(runs[..., -1], logits.shape[-1]).bool() & matches[..., None]).any(dim=1)
    return logits.masked_fill(banned, torch.finfo(logits.dtype).min)


def ngram_by_trying(logits, tokens, n):
    """Puts every token behind the text and looks whether the last run has come before."""
    result = logits.clone()
    for row, ids in enumerate(tokens.tolist()):
        runs = {tuple(ids[start : start + n]) for start in range(len(ids) - n + 1)}
        for token in range(logits.shape[-1]):
            if tuple([*ids, token][-n:]) in runs:
                result[row, token] = float("-inf")
    return result


# --- KVCache ----------------------------------------------------------------------------------------------


class CacheOfTuples:
    """A dict of tuples."""

    def __init__(self, n_layers):
        self.layers = {}

    @property
    def length(self):
        return self.layers[0][0].size(2) if self.layers else 0

    def extend(self, layer, k, v):
        if layer in self.layers:
            old_k, old_v = self.layers[layer]
            k, v = torch.cat((old_k, k), dim=2), torch.cat((old_v, v), dim=2)
        self.layers[layer] = (k, v)
        return self.layers[layer]


class CacheOfPieces:
    """Lists of pieces, joined when they are asked for; the length is counted by hand."""

    def __init__(self, n_layers):
        self.keys = [[] for _ in range(n_layers)]
        self.values = [[] for _ in range(n_layers)]
        self.length = 0

    def extend(self, layer, k, v):
        self.keys[layer].append(k)
        self.values[layer].append(v)
        if layer == len(self.keys) - 1:
            self.length += k.shape[-2]
        return [torch.cat(self.keys[layer], dim=-2), torch.cat(self.values[layer], dim=-2)]


class CacheInABuffer(nn.Module):
    """Room for all positions from the beginning, as fast implementations have it."""

    def __init__(self, n_layers, room=64):
        super().__init__()
        self.room = room
        self.buffers_of = [None] * n_layers
        self.used = [0] * n_layers

    def length(self):
        return self.used[0]

    def extend(self, layer, k, v):
        if self.buffers_of[layer] is None:
            batch, heads, _, d_head = k.shape
            self.buffers_of[layer] = torch.zeros(2, batch, heads, self.room, d_head)
        start, end = self.used[layer], self.used[layer] + k.shape[2]
        self.buffers_of[layer][:, :, :, start:end] = torch.stack([k, v])
        self.used[layer] = end
        keys, values = self.buffers_of[layer][:, :, :, :end]
        return keys, values


# --- cached_attention -------------------------------------------------------------------------------------


def _qkv(attn, x):
    for letter in "QKV":
        W, b = getattr(attn, f"W_{letter}"), getattr(attn, f"b_{letter}")
        yield torch.einsum("bsm,hmd->bhsd", x, W) + b.unsqueeze(1)


def attention_by_sdpa(attn, x, cache, layer):
    q, k, v = _qkv(attn, x)
    k, v = cache.extend(layer, k, v)
    query, key = q.shape[2], k.shape[2]
    seen = torch.ones(query, key, dtype=torch.bool).tril(key - query)
    z = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
    return torch.einsum("bhsd,hdm->bsm", z, attn.W_O) + attn.b_O


def attention_by_positions(attn, x, cache, layer):
    """Positions instead of a triangle; the length is asked for after extending, so it is taken from k."""
    q, k, v = _qkv(attn, x)
    all_k, all_v = cache.extend(layer, k, v)
    scores = q @ all_k.mT / math.sqrt(q.shape[-1])
    place = torch.arange(all_k.shape[-2])
    scores = scores.masked_fill(place > place[-q.shape[-2] :, None], torch.finfo(scores.dtype).min)
    z = scores.softmax(-1) @ all_v
    return z.transpose(1, 2).flatten(2) @ attn.W_O.flatten(0, 1) + attn.b_O


def attention_head_by_head(attn, x, cache, layer):
    q, k, v = _qkv(attn, x)
    k, v = cache.extend(layer, k, v)
    written = attn.b_O
    first = k.shape[2] - q.shape[2]
    for head in range(q.shape[1]):
        z = torch.zeros_like(q[:, head])
        for i in range(q.shape[2]):
            seen = first + i + 1
            scores = (k[:, head, :seen] * q[:, head, i, None]).sum(-1) / q.shape[-1] ** 0.5
            z[:, i] = (scores.softmax(-1)[..., None] * v[:, head, :seen]).sum(1)
        written = written + z @ attn.W_O[head]
    return written


# --- cached_logits ----------------------------------------------------------------------------------------


def logits_by_positions(model, tokens, cache):
    places = torch.arange(cache.length, cache.length + tokens.shape[1], device=tokens.device)
    x = model.embed(tokens) + model.pos_embed.W_pos[places]
    for layer in range(len(model.blocks)):
        block = model.blocks[layer]
        x = x + attention_by_positions(block.attn, block.ln_1(x), cache, layer)
        x = x + block.mlp(block.ln_2(x))
    return model.ln_f(x) @ model.embed.W_E.T


def logits_one_token_at_a_time(model, tokens, cache):
    """Even a prompt is read token by token."""
    return torch.cat([logits_by_positions(model, token, cache) for token in tokens.split(1, dim=1)], dim=1)


def logits_without_gradients(model, tokens, cache):
    with torch.no_grad():
        begin = cache.length
        stream = model.embed.W_E[tokens] + model.pos_embed.W_pos[begin:][: tokens.size(1)]
        for number, block in enumerate(model.blocks):
            stream = stream + attention_by_sdpa(block.attn, block.ln_1(stream), cache, number)
            stream = stream + block.mlp(block.ln_2(stream))
        return model.unembed(model.ln_f(stream))


# --- cached_generate --------------------------------------------------------------------------------------


def cached_generate_in_two_phases(model, tokens, n_new, temperature=1.0, seed=None):
    """Prompt first, then token by token."""
    n_ctx, dice = model.config.n_ctx, None if seed is None else torch.Generator().manual_seed(seed)
    cache = CacheOfTuples(len(model.blocks))
    logits = logits_without_gradients(model, tokens[:, -n_ctx:], cache)[:, -1]
    for step in range(n_new):
        drawn = sample_by_sums(temperature_by_where(logits, temperature), dice)
        tokens = torch.cat([tokens, drawn[:, None]], dim=1)
        if step == n_new - 1:
            return tokens
        if cache.length == n_ctx:
            cache = CacheOfTuples(len(model.blocks))
            logits = logits_without_gradients(model, tokens[:, -n_ctx:], cache)[:, -1]
        else:
            logits = logits_without_gradients(model, drawn[:, None], cache)[:, -1]
    return tokens


@torch.no_grad()
def cached_generate_without_a_class(model, tokens, n_new, temperature=1.0, seed=None):
    """The cache is a list of tuples, and beyond n_ctx the model is asked without it."""
    dice = torch.Generator().manual_seed(seed) if seed is not None else None
    kept = CacheOfPieces(len(model.blocks))
    for step in range(n_new):
        if tokens.shape[1] > model.config.n_ctx:
            logits = model(tokens[:, -model.config.n_ctx :])
        else:
            logits = logits_by_positions(model, tokens if step == 0 else tokens[:, -1:], kept)
        logits = temperature_with_finfo_min(logits[:, -1], temperature)
        drawn = sample_without_normalising(logits, dice)
        tokens = torch.column_stack([tokens, drawn])
    return tokens


def cached_generate_in_a_buffer(model, tokens, n_new, temperature=1.0, seed=None, room=64):
    dice = None if seed is None else torch.Generator(tokens.device).manual_seed(seed)
    n_ctx, cache = model.config.n_ctx, None
    for _ in range(n_new):
        full = cache is not None and cache.length() == n_ctx
        if cache is None or full:
            cache, unread = CacheInABuffer(len(model.blocks), room), tokens[:, -n_ctx:]
        with torch.no_grad():
            logits = _logits_by_buffer(model, unread, cache)[:, -1]
        unread = sample_by_gumbel(temperature_in_float64(logits, temperature), dice)[:, None]
        tokens = torch.hstack([tokens, unread])
    return tokens


def _logits_by_buffer(model, tokens, cache):
    start = cache.length()
    x = model.embed(tokens) + model.pos_embed.W_pos[start : start + tokens.shape[1]]
    for layer, block in enumerate(model.blocks):
        x = x + attention_by_sdpa(block.attn, block.ln_1(x), cache, layer)
        x = x + block.mlp(block.ln_2(x))
    return model.unembed(model.ln_f(x))


SHAPES = {
    "tokens": (2, 6),
    "logits": (2, 6, 50257),
    "last_logits": (2, 50257),
    "probabilities": (2, 50257),
    "filtered": (2, 50257),
    "drawn": (2,),
    "written": (2, 16),
    "border": (2, 1),
    "said": (2, 6),
    "column": (2, 1),
    "window": (2, 8),
}

VARIANTS = {
    "greedy": [
        greedy_by_max,
        greedy_by_loops,
        greedy_by_numpy,
        greedy_by_softmax,
        greedy_all_positions_first,
    ],
    "apply_temperature": [
        temperature_by_where,
        temperature_by_one_hot,
        temperature_with_finfo_min,
        temperature_in_float64,
        temperature_in_place,
    ],
    "sample_token": [
        sample_by_gumbel,
        sample_by_sums,
        sample_by_exponentials,
        sample_row_by_row,
        sample_without_normalising,
        sample_through_logs,
    ],
    "top_k_filter": [
        top_k_by_sort,
        top_k_by_kthvalue,
        top_k_by_counting,
        top_k_with_finfo_min,
        top_k_in_place_of_a_copy,
        top_k_row_by_row,
        top_k_by_numpy,
    ],
    "top_p_filter": [
        top_p_ascending,
        top_p_shifted,
        top_p_by_gather,
        top_p_in_float64,
        top_p_row_by_row,
        top_p_by_counting,
    ],
    "repetition_penalty": [
        repetition_by_mask,
        repetition_by_loops,
        repetition_in_place_of_a_copy,
        repetition_by_sign,
        repetition_by_unique,
    ],
    "frequency_penalty": [
        frequency_by_bincount,
        frequency_by_one_hot,
        frequency_by_counter,
        frequency_one_by_one,
        frequency_by_index_add,
        frequency_in_float64,
    ],
    "minimum_length": [
        minimum_by_where,
        minimum_one_stop_token_at_a_time,
        minimum_by_index_fill,
        minimum_added,
    ],
    "adjust_logits": [adjust_by_a_list, adjust_with_every_step, adjust_sorted_once],
    "generate": [
        generate_into_a_buffer,
        generate_recursively,
        generate_with_a_special_case,
        generate_by_lists,
    ],
    "shape_table": [SHAPES, {name: list(shape) for name, shape in SHAPES.items()}, SHAPES.copy],
    "beam_search": [beams_in_lists, beams_as_in_hf, beams_one_model_call_each],
    "no_repeat_ngram": [ngram_by_dict, ngram_by_unfold, ngram_by_trying],
    "KVCache": [CacheOfTuples, CacheOfPieces, CacheInABuffer],
    "cached_attention": [attention_by_sdpa, attention_by_positions, attention_head_by_head],
    "cached_logits": [logits_by_positions, logits_one_token_at_a_time, logits_without_gradients],
    "cached_generate": [
        cached_generate_in_two_phases,
        cached_generate_without_a_class,
        cached_generate_in_a_buffer,
    ],
}
"""Right solutions by the name of the check that must accept them."""
