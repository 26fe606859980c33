"""Right solutions of week 12 in other styles: a test proves that the checks accept every one of them.

The first letters of a label say what is unusual about it. The notebook's own solutions are tested besides.
"""

import contextlib
import functools
import math

import numpy as np
import torch
from einops import rearrange, reduce
from torch.nn import functional as F

# --- hooked -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def hooked_by_exit_stack(hooks):
    with contextlib.ExitStack() as stack:
        for module, hook in hooks:
            stack.callback(module.register_forward_hook(hook).remove)
        yield


class HookedAsClass:
    def __init__(self, hooks):
        self.hooks = hooks

    def __enter__(self):
        self.handles = [module.register_forward_hook(hook) for module, hook in self.hooks]
        return self

    def __exit__(self, kind, error, trace):
        for handle in self.handles:
            handle.remove()


@contextlib.contextmanager
def hooked_by_handles_as_contexts(hooks):
    """A handle of torch is a context manager itself."""
    handles = [module.register_forward_hook(hook) for module, hook in hooks]
    try:
        yield handles
    except Exception:
        raise
    finally:
        while handles:
            handles.pop().remove()


@contextlib.contextmanager
def hooked_by_wrapping_forward(hooks):
    """No hook of torch at all: forward is replaced for a while."""
    before = []
    try:
        for module, hook in hooks:
            before.append((module, module.__dict__.get("forward")))
            module.forward = _and_then(module, module.forward, hook)
        yield
    finally:
        for module, forward in reversed(before):
            if forward is None:
                del module.forward
            else:
                module.forward = forward


def _and_then(module, forward, hook):
    def both(*inputs):
        output = forward(*inputs)
        result = hook(module, inputs, output)
        return output if result is None else result

    return both


@contextlib.contextmanager
def hooked_one_inside_the_other(hooks):
    hooks = list(hooks)
    if not hooks:
        yield
        return
    (module, hook), *others = hooks
    handle = module.register_forward_hook(hook)
    try:
        with hooked_one_inside_the_other(others):
            yield
    finally:
        handle.remove()


# --- run_with_cache ---------------------------------------------------------------------------------------


def cache_by_default_argument(model, tokens):
    cache, handles = {}, []
    try:
        for name, module in model.named_modules():
            if name == "":
                continue

            def hook(module, inputs, output, name=name):
                cache[name] = output.detach()

            handles.append(module.register_forward_hook(hook))
        return model(tokens), cache
    finally:
        for handle in handles:
            handle.remove()


def cache_by_partial(model, tokens):
    cache = {}

    def keep(name, module, inputs, output):
        cache[name] = output.clone().detach()

    named = list(model.named_modules())[1:]
    with hooked_by_exit_stack([(module, functools.partial(keep, name)) for name, module in named]):
        logits = model(tokens)
    return [logits, cache]


def cache_without_gradients(model, tokens):
    names = {module: name for name, module in model.named_modules()}
    cache = {}
    hooks = [
        (module, lambda module, inputs, output: cache.update({names[module]: output})) for module in names
    ]
    with torch.no_grad(), HookedAsClass(hooks):
        logits = model(tokens)
    del cache[""]
    return logits, cache


def cache_of_the_model_too(model, tokens):
    """With an entry more: nobody minds."""
    logits, cache = cache_by_default_argument(model, tokens)
    return logits, cache | {"": logits.detach()}


# --- logit_lens -------------------------------------------------------------------------------------------


def _cached(model, tokens):
    return cache_by_default_argument(model, tokens)[1]


def lens_by_cache(model, tokens):
    cache = _cached(model, tokens)
    start = cache["embed"] + cache["pos_embed"]
    depths = [start] + [cache[f"blocks.{n}"] for n in range(len(model.blocks))]
    return torch.stack([model.unembed(model.ln_f(resid)) for resid in depths])


def lens_by_hand(model, tokens):
    resid = model.embed(tokens) + model.pos_embed(tokens)
    said = [model.unembed(model.ln_f(resid))]
    for block in model.blocks:
        resid = block(resid)
        said.append(model.unembed(model.ln_f(resid)))
    return torch.stack(said, dim=0)


def lens_by_functions(model, tokens):
    cache, norm = _cached(model, tokens), model.ln_f
    writers = [
        torch.stack([cache[f"blocks.{n}.attn"], cache[f"blocks.{n}.mlp"]]).sum(0)
        for n in range(len(model.blocks))
    ]
    stream = torch.stack([cache["embed"] + cache["pos_embed"], *writers]).cumsum(dim=0)
    normed = F.layer_norm(stream, stream.shape[-1:], norm.gain, norm.bias, norm.eps)
    return torch.einsum("lbsd,vd->lbsv", normed, model.embed.W_E)


def lens_in_float64(model, tokens):
    depths = torch.stack(
        [
            model.embed(tokens) + model.pos_embed(tokens),
            *(_cached(model, tokens)[f"blocks.{n}"] for n in range(len(model.blocks))),
        ]
    ).double()
    norm = model.ln_f
    normed = F.layer_norm(depths, depths.shape[-1:], norm.gain.double(), norm.bias.double(), norm.eps)
    return (normed @ model.embed.W_E.double().T).float()


# --- direct_logit_attribution -----------------------------------------------------------------------------


def _writers(model):
    yield from ("embed", "pos_embed")
    for layer in range(model.config.n_layers):
        yield f"blocks.{layer}.attn"
        yield f"blocks.{layer}.mlp"


def attribution_one_by_one(model, tokens, answers):
    cache = _cached(model, tokens)
    resid = cache[f"blocks.{len(model.blocks) - 1}"][:, -1]
    spread = torch.sqrt(((resid - resid.mean(-1, keepdim=True)) ** 2).mean(-1) + model.config.layer_norm_eps)
    directions = model.embed.W_E[answers] * model.ln_f.gain
    terms = {}
    for name in _writers(model):
        part = cache[name][:, -1]
        part = part - part.mean(-1, keepdim=True)
        terms[name] = torch.einsum("bd,bd->b", part, directions) / spread
    terms["ln_f.bias"] = torch.mv(model.embed.W_E[answers], model.ln_f.bias)
    return terms


def attribution_by_gradient(model, tokens, answers):
    """With the spread held fixed, the logit is linear in the stream: its gradient gives every writer's term."""
    cache = _cached(model, tokens)
    end = sum(cache[name] for name in _writers(model))[:, -1].detach().requires_grad_()
    with torch.enable_grad():
        fixed = (end.detach().var(-1, unbiased=False, keepdim=True) + model.ln_f.eps).rsqrt()
        linear = (end - end.mean(-1, keepdim=True)) * fixed * model.ln_f.gain.detach()
        logits = linear @ model.embed.W_E.detach().T
        (slope,) = torch.autograd.grad(logits.gather(1, answers[:, None]).sum(), end)
    terms = {name: (cache[name][:, -1] * slope).sum(-1) for name in _writers(model)}
    return terms | {"ln_f.bias": F.embedding(answers, model.embed.W_E) @ model.ln_f.bias}


def attribution_in_float64(model, tokens, answers):
    cache = {name: value.double() for name, value in _cached(model, tokens).items()}
    parts = torch.stack([cache[name][:, -1] for name in _writers(model)], dim=1)
    centring = torch.eye(parts.shape[-1], dtype=torch.float64) - 1 / parts.shape[-1]
    parts = parts @ centring
    divisor = (parts.sum(1).pow(2).mean(-1) + model.ln_f.eps).sqrt()
    rows = model.embed.W_E[answers].double()
    terms = torch.einsum("bwd,d,bd->wb", parts, model.ln_f.gain.double(), rows) / divisor
    terms = dict(zip(_writers(model), terms.float(), strict=True))
    return {**terms, "ln_f.bias": (rows @ model.ln_f.bias.double()).float()}


def attribution_prompt_by_prompt(model, tokens, answers):
    rows = [attribution_one_by_one(model, tokens[b : b + 1], answers[b : b + 1]) for b in range(len(tokens))]
    return {name: torch.cat([row[name] for row in rows]) for name in rows[0]}


# --- head_attribution --------------------------------------------------------------------------------------


def heads_one_by_one(model, tokens, right, wrong):
    cache = _cached(model, tokens)
    end = cache[f"blocks.{model.config.n_layers - 1}"][:, -1]
    spread = ((end - end.mean(-1, keepdim=True)) ** 2).mean(-1).add(model.config.layer_norm_eps).sqrt()
    terms = torch.zeros(len(tokens), model.config.n_layers, model.config.n_heads)
    for layer, block in enumerate(model.blocks):
        written = inside_by_matmul(block.attn, cache[f"blocks.{layer}.ln_1"])[1]
        for head in range(model.config.n_heads):
            part = written[:, head, -1]
            normed = (part - part.mean(-1, keepdim=True)) / spread[:, None] * model.ln_f.gain
            logits = normed @ model.embed.W_E.T
            rows = torch.arange(len(tokens))
            terms[:, layer, head] = (logits[rows, right] - logits[rows, wrong]).detach()
    return terms


def heads_from_z(model, tokens, right, wrong):
    """The direction is taken back through the gain, the mean and W_O: one vector of d_head numbers a head."""
    cache = _cached(model, tokens)
    end = cache[f"blocks.{len(model.blocks) - 1}"][:, -1]
    towards = (model.embed.W_E[right] - model.embed.W_E[wrong]) * model.ln_f.gain
    towards = (towards - towards.mean(dim=-1, keepdim=True)) * torch.rsqrt(
        end.var(-1, correction=0, keepdim=True) + model.ln_f.eps
    )
    layers = []
    for n, block in enumerate(model.blocks):
        attn, x = block.attn, cache[f"blocks.{n}.ln_1"]
        pattern = inside_by_matmul(attn, x)[0][:, :, -1]
        v = torch.einsum("bsm,hmd->bhsd", x, attn.W_V) + attn.b_V[:, None]
        z = torch.einsum("bhs,bhsd->bhd", pattern, v)
        layers.append(torch.einsum("bhd,hdm,bm->bh", z, attn.W_O, towards))
    return torch.stack(layers, 1)


def heads_as_writers_in_float64(model, tokens, right, wrong):
    cache = _cached(model, tokens)
    end = cache[f"blocks.{len(model.blocks) - 1}"][:, -1].double()
    written = torch.stack(
        [
            inside_head_by_head(b.attn, cache[f"blocks.{n}.ln_1"])[1][:, :, -1]
            for n, b in enumerate(model.blocks)
        ]
    ).double()
    centred = written - reduce(written, "l b h m -> l b h 1", "mean")
    unit = (end - end.mean(-1, keepdim=True)).pow(2).mean(-1).add(model.ln_f.eps).sqrt()
    gain, W_E = model.ln_f.gain.double(), model.embed.W_E.double()
    both = [torch.einsum("lbhm,m,bm->blh", centred, gain, W_E[ids]) for ids in (right, wrong)]
    return (torch.sub(*both) / unit.reshape(-1, 1, 1)).float()


# --- inside_attention -------------------------------------------------------------------------------------


def inside_by_matmul(attn, x):
    q, k, v = (
        x[:, None] @ getattr(attn, f"W_{letter}") + getattr(attn, f"b_{letter}")[:, None, :]
        for letter in "QKV"
    )
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    seq = x.shape[1]
    future = torch.ones(seq, seq, dtype=torch.bool, device=x.device).triu(1)
    pattern = scores.masked_fill(future, -torch.inf).softmax(dim=-1)
    return pattern, pattern @ v @ attn.W_O


def inside_head_by_head(attn, x):
    patterns, written = [], []
    for head in range(len(attn.W_Q)):
        q, k, v = (x @ getattr(attn, f"W_{c}")[head] + getattr(attn, f"b_{c}")[head] for c in "QKV")
        scores = torch.baddbmm(
            torch.full((x.shape[1],) * 2, torch.finfo(x.dtype).min).triu(1),
            q,
            k.mT,
            alpha=q.shape[-1] ** -0.5,
        )
        patterns.append(F.softmax(scores, dim=-1))
        written.append(torch.bmm(patterns[-1], v) @ attn.W_O[head])
    return [torch.stack(patterns, dim=1), torch.stack(written, dim=1)]


def inside_by_rearranged_weights(attn, x):
    heads = len(attn.W_Q)

    def projected(letter):
        weight = rearrange(getattr(attn, f"W_{letter}"), "h m d -> m (h d)")
        flat = x @ weight + getattr(attn, f"b_{letter}").flatten()
        return rearrange(flat, "b s (h d) -> b h s d", h=heads)

    q, k, v = map(projected, "QKV")
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k) * q.shape[-1] ** -0.5
    scores = scores + torch.full(scores.shape[-2:], -torch.inf).triu(1)
    pattern = scores.log_softmax(-1).exp()
    z = torch.einsum("bhqk,bhkd->bhqd", pattern, v)
    return pattern, torch.einsum("bhqd,hdm->bhqm", z, attn.W_O)


def inside_by_oneself_switched_off(attn, x):
    """What a head writes is what is missing from the output when its W_O is taken away."""
    pattern, _ = inside_by_matmul(attn, x)
    whole, written = attn(x), []
    for head in range(len(attn.W_O)):
        kept = attn.W_O.detach().clone()
        with torch.no_grad():
            attn.W_O[head] = 0.0
            written.append(whole - attn(x))
            attn.W_O.copy_(kept)
    return pattern, torch.stack(written, dim=1)


# --- logit_difference -------------------------------------------------------------------------------------


def difference_by_gather(logits, right, wrong):
    end = logits[:, -1]
    return (end.gather(1, right[:, None]) - end.gather(1, wrong[:, None])).squeeze(1)


def difference_of_log_probabilities(logits, right, wrong):
    log_probs = logits[:, -1].log_softmax(-1)
    return (
        torch.take_along_dim(log_probs, right[:, None], 1)[:, 0]
        - torch.take_along_dim(log_probs, wrong[:, None], 1)[:, 0]
    )


def difference_by_loop(logits, right, wrong):
    return torch.stack([row[-1, r] - row[-1, w] for row, r, w in zip(logits, right, wrong, strict=True)])


def difference_by_one_hot(logits, right, wrong):
    signs = F.one_hot(right, logits.shape[-1]) - F.one_hot(wrong, logits.shape[-1])
    return (logits[:, -1, :] * signs).sum(dim=-1)


def difference_by_numpy(logits, right, wrong):
    end, rows = logits[:, -1].detach().numpy(), np.arange(len(logits))
    return torch.from_numpy(end[rows, right.numpy()] - end[rows, wrong.numpy()])


# --- ablate_head ------------------------------------------------------------------------------------------


def ablate_by_adding_up_the_others(model, tokens, layer, head, by="zero"):
    def hook(attn, inputs, output):
        written = inside_by_matmul(attn, inputs[0])[1].clone()
        written[:, head] = written[:, head].mean(0, keepdim=True) if by == "mean" else 0
        return written.sum(dim=1) + attn.b_O

    with hooked_by_exit_stack([(model.blocks[layer].attn, hook)]):
        return model(tokens)


def ablate_in_place(model, tokens, layer, head, by="zero"):
    def hook(attn, inputs, output):
        own = inside_head_by_head(attn, inputs[0])[1][:, head].detach()
        with torch.no_grad():
            output -= own - (own.mean(dim=0) if by == "mean" else 0)

    with torch.no_grad(), HookedAsClass([(model.blocks[layer].attn, hook)]):
        return model(tokens)


def ablate_by_walking(model, tokens, layer, head, by="zero", verbose=False):
    """The forward pass by hand, block by block."""
    resid = model.embed(tokens) + model.pos_embed(tokens)
    for number, block in enumerate(model.blocks):
        reads = block.ln_1(resid)
        added = block.attn(reads)
        if number == layer:
            own = inside_by_rearranged_weights(block.attn, reads)[1][:, head]
            added = added - own + (reduce(own, "b s m -> s m", "mean") if by == "mean" else 0.0)
        resid = resid + added
        resid = resid + block.mlp(block.ln_2(resid))
    return model.unembed(model.ln_f(resid))


def ablate_by_two_functions(model, tokens, layer, head, by="zero"):
    instead = {"zero": torch.zeros_like, "mean": lambda own: own.mean(0).expand_as(own)}[by]
    attn = model.blocks[layer].attn

    def hook(module, inputs, output):
        own = inside_by_matmul(module, *inputs)[1].select(1, head)
        return torch.add(torch.sub(output, own), instead(own))

    handle = attn.register_forward_hook(hook)
    try:
        return model(tokens)
    finally:
        handle.remove()


# --- activation_patch -------------------------------------------------------------------------------------


def patch_by_where(model, clean, corrupted, name, position):
    kept = _cached(model, clean)[name]
    here = (torch.arange(clean.shape[1], device=clean.device) == position)[:, None]
    with hooked_by_exit_stack(
        [(model.get_submodule(name), lambda module, inputs, output: kept.where(here, output))]
    ):
        return model(corrupted)


def patch_by_pieces(model, clean, corrupted, name, position):
    kept = []
    module = dict(model.named_modules())[name]
    with HookedAsClass([(module, lambda module, inputs, output: kept.append(output.detach()))]):
        model(clean)

    def hook(module, inputs, output):
        return torch.cat(
            [output[:, :position], kept[0][:, position : position + 1], output[:, position + 1 :]], dim=1
        )

    with HookedAsClass([(module, hook)]):
        return model(corrupted)


def patch_in_place(model, clean, corrupted, name, position):
    kept = _cached(model, clean)[name].clone()

    def hook(module, inputs, output):
        output[:, position, :] = kept[:, position, :]

    with torch.no_grad(), hooked_by_exit_stack([(model.get_submodule(name), hook)]):
        return model(corrupted)


def patch_both_in_one_run(model, clean, corrupted, name, position):
    """Clean and corrupted prompts side by side in one batch."""
    half = len(clean)

    def hook(module, inputs, output):
        output = output.clone()
        output[half:, position] = output[:half, position]
        return output

    with hooked_one_inside_the_other([(model.get_submodule(name), hook)]):
        return model(torch.cat([clean, corrupted]))[half:]


# --- head_zoo ---------------------------------------------------------------------------------------------


def _patterns(model, tokens):
    cache = _cached(model, tokens)
    return torch.stack(
        [inside_by_matmul(block.attn, cache[f"blocks.{n}.ln_1"])[0] for n, block in enumerate(model.blocks)]
    )


def zoo_by_diagonals(model, tokens, start, period):
    patterns = _patterns(model, tokens).mean(dim=1)
    sung = patterns[:, :, start:, start:]
    return {
        "previous token": patterns.diagonal(-1, 2, 3).mean(-1),
        "first token": patterns[:, :, 1:, 0].mean(-1),
        "induction": sung.diagonal(1 - period, 2, 3)[..., 1:].mean(-1),
    }


def zoo_by_loops(model, tokens, start, period):
    patterns = _patterns(model, tokens)
    seq = tokens.shape[1]

    def mean(places):
        return torch.stack([patterns[..., i, j] for i, j in places]).mean(dim=(0, 2))

    return {
        "induction": mean([(i, i - period + 1) for i in range(start + period, seq)]),
        "previous token": mean([(i, i - 1) for i in range(1, seq)]),
        "first token": mean([(i, 0) for i in range(1, seq)]),
        "none of these": torch.zeros(patterns.shape[0], patterns.shape[2]),
    }


# --- knock_out --------------------------------------------------------------------------------------------


def knock_out_by_layers(model, tokens, heads):
    silent = {}
    for layer, head in heads:
        silent.setdefault(layer, []).append(head)

    def hook_for(numbers):
        def hook(attn, inputs, output):
            return output - inside_by_matmul(attn, inputs[0])[1][:, numbers].sum(dim=1)

        return hook

    with hooked_by_exit_stack(
        [(model.blocks[layer].attn, hook_for(numbers)) for layer, numbers in silent.items()]
    ):
        return model(tokens)


def knock_out_by_weights_put_back(model, tokens, heads):
    """W_O is set to 0 for a while, and put back."""
    kept = [block.attn.W_O.detach().clone() for block in model.blocks]
    try:
        with torch.no_grad():
            for layer, head in heads:
                model.blocks[layer].attn.W_O[head] = 0
            return model(tokens)
    finally:
        with torch.no_grad():
            for block, weight in zip(model.blocks, kept, strict=True):
                block.attn.W_O.copy_(weight)


def knock_out_one_inside_the_other(model, tokens, heads):
    if not heads:
        return model(tokens)
    (layer, head), *others = heads

    def hook(attn, inputs, output):
        return output.sub(inside_head_by_head(attn, inputs[0])[1][:, head])

    with HookedAsClass([(model.blocks[layer].attn, hook)]):
        return knock_out_one_inside_the_other(model, tokens, others)


# --- shape_table ------------------------------------------------------------------------------------------

SHAPES = {
    "attn_out": [2, 6, 768],
    "stream": (12 + 1, 2, 6, 768),
    "lens": torch.Size((13, 2, 6, 50257)),
    "answers": (2,),
    "term": [2],
    "pattern": (2, 12, 6, 6),
    "written": (2, 12, 6, 768),
    "difference": torch.Size([2]),
    "patching_map": (12, 6),
    "zoo_score": (12, 12),
}


def shapes_in_a_function():
    return {**SHAPES, "my own row": (1, 2, 3)}


# --- circuits ---------------------------------------------------------------------------------------------


def ov_by_einsum(read, W_V, W_O, said):
    return torch.einsum("rm,mh,hn,sn->rs", read, W_V, W_O, said)


def ov_from_the_inside(read, W_V, W_O, said):
    return read @ (W_V @ W_O) @ said.T


def ov_word_by_word(read, W_V, W_O, said):
    return torch.stack([torch.stack([torch.dot(word @ W_V @ W_O, other) for other in said]) for word in read])


def ov_in_float64(read, W_V, W_O, said):
    read, W_V, W_O, said = (each.double() for each in (read, W_V, W_O, said))
    return torch.linalg.multi_dot([read, W_V, W_O, said.T]).float()


def copying_by_topk(read, W_V, W_O, said, k, at_once=256):
    hits, first = [], 0
    for chunk in read.split(at_once):
        best = ov_by_einsum(chunk, W_V, W_O, said).topk(k, dim=1).indices
        hits.append((best == torch.arange(first, first + len(chunk))[:, None]).any(dim=1))
        first += len(chunk)
    return torch.cat(hits).float().mean()


def copying_word_by_word(read, W_V, W_O, said, k, at_once=256):
    """One row at a time, whatever at_once allows."""
    ranks = []
    for word, vector in enumerate(read):
        row = (said @ (vector @ W_V @ W_O)).tolist()
        ranks.append(sorted(row, reverse=True).index(row[word]))
    return sum(rank < k for rank in ranks) / len(ranks)


def copying_by_diagonals(read, W_V, W_O, said, k, at_once=256):
    copied = torch.zeros(())
    for start in range(0, len(read), at_once):
        end = min(start + at_once, len(read))
        logits = ov_from_the_inside(read[start:end], W_V, W_O, said)
        own = logits[:, start:end].diagonal()
        better = torch.gt(logits, own.unsqueeze(1)).float().sum(dim=1)
        copied += (better + 1 <= k).float().sum()
    return copied.item() / read.shape[0]


def copying_by_numpy(read, W_V, W_O, said, k, at_once=256):
    values, targets = (read.double() @ W_V.double()).numpy(), (W_O.double() @ said.double().T).numpy()
    copied = []
    for start in range(0, len(values), at_once):
        logits = values[start : start + at_once] @ targets
        order = np.argsort(-logits, axis=1)[:, :k]
        copied += [start + i in best for i, best in enumerate(order)]
    return float(np.mean(copied))


def qk_by_einsum(query, W_Q, W_K, key):
    return torch.einsum("qm,mh,nh,kn->qk", query, W_Q, W_K, key) / math.sqrt(W_Q.shape[1])


def qk_scaled_first(query, W_Q, W_K, key):
    root = W_Q.shape[1] ** 0.25
    return F.linear(query @ W_Q / root, key @ W_K / root)


def qk_in_float64(query, W_Q, W_K, key):
    product = query.double() @ (W_Q.double() @ W_K.double().T) @ key.double().T
    return (product / W_Q.shape[1] ** 0.5).float()


def composition_by_traces(W_V, W_O, W_Q, W_K):
    """Norms by way of d_head × d_head matrices: fast for large models."""

    def norm(left, right):
        return ((left.T @ left) * (right @ right.T)).sum().sqrt()

    together = norm(W_Q, (W_K.T @ W_O.T) @ W_V.T)
    return float(together / norm(W_Q, W_K.T) / norm(W_V, W_O))


def composition_by_squares(W_V, W_O, W_Q, W_K):
    asks, writes = W_Q @ W_K.T, W_V @ W_O
    return ((asks @ writes.T) ** 2).sum().sqrt() / ((asks**2).sum().sqrt() * (writes**2).sum().sqrt())


def composition_by_numpy(W_V, W_O, W_Q, W_K):
    W_V, W_O, W_Q, W_K = (each.double().numpy() for each in (W_V, W_O, W_Q, W_K))
    asks, writes = W_Q @ W_K.T, W_V @ W_O
    return np.linalg.norm(writes @ asks.T) / np.linalg.norm(asks) / np.linalg.norm(writes)


# --- directions, neurons and features ---------------------------------------------------------------------


def means_by_weights(activations, labels):
    weights = labels / labels.sum() - ~labels / (~labels).sum()
    return torch.einsum("...em,e->...m", activations, weights.to(activations.dtype))


def means_by_where(activations, labels):
    chosen = labels[:, None]
    first = torch.where(chosen, activations, 0.0).sum(dim=-2) / labels.sum()
    return first - activations.masked_fill(chosen, 0.0).sum(dim=-2) / (~labels).sum()


def means_example_by_example(activations, labels):
    groups = {True: [], False: []}
    for label, example in zip(labels.tolist(), activations.unbind(dim=-2), strict=True):
        groups[label].append(example)
    return torch.stack(groups[True]).mean(dim=0) - torch.stack(groups[False]).mean(dim=0)


def means_by_index_select(activations, labels):
    both = [activations.index_select(-2, group.nonzero()[:, 0]) for group in (labels, ~labels)]
    return torch.sub(*(each.double().mean(dim=-2) for each in both)).float()


def probe_by_autograd(activations, labels, steps, lr):
    w = torch.zeros(activations.shape[1], requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    with torch.enable_grad():
        for _ in range(steps):
            loss = F.binary_cross_entropy_with_logits(activations @ w + b, labels.float())
            loss.backward()
            with torch.no_grad():
                w -= lr * w.grad
                b -= lr * b.grad
            w.grad = b.grad = None
    return w, b


def probe_by_torchs_sgd(activations, labels, steps, lr):
    model = torch.nn.Linear(activations.shape[1], 1)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimiser = torch.optim.SGD(model.parameters(), lr=lr)
    with torch.enable_grad():
        for _ in range(steps):
            optimiser.zero_grad()
            p = torch.sigmoid(model(activations)[:, 0])
            loss = -torch.where(labels, p.log(), (1 - p).log()).mean()
            loss.backward()
            optimiser.step()
    return model.weight[0].detach(), model.bias.detach()


def probe_by_two_classes(activations, labels, steps, lr):
    """Two columns, of which the difference is w: softmax and torch's cross-entropy of classes."""
    x = F.pad(activations, (0, 1), value=1.0)
    both = torch.zeros(x.shape[1], 2)
    right = F.one_hot(labels.long(), 2)
    for _ in range(steps):
        gradient = x.T @ ((x @ both).softmax(dim=1) - right) / len(x)
        both = both - lr * gradient / 2  # both columns move, so each by half
    joined = both[:, 1] - both[:, 0]
    return joined[:-1], joined[-1]


def probe_by_numpy(activations, labels, steps, lr):
    x, y = activations.double().numpy(), labels.double().numpy()
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(steps):
        error = 1 / (1 + np.exp(-(x @ w + b))) - y
        w, b = w - lr * (error[:, None] * x).mean(axis=0), b - lr * error.mean()
    return torch.tensor(w, dtype=activations.dtype), b


def steer_in_place(model, tokens, name, position, direction, coefficient):
    def hook(module, inputs, output):
        output[:, position] += coefficient * direction

    with HookedAsClass([(model.get_submodule(name), hook)]):
        return model(tokens)


def steer_by_where(model, tokens, name, position, direction, coefficient):
    here = torch.arange(tokens.shape[1]) == position

    def hook(module, inputs, output):
        return torch.where(here[:, None], output + coefficient * direction, output)

    with HookedAsClass([(dict(model.named_modules())[name], hook)]):
        return model(tokens)


def steer_by_outer_product(model, tokens, name, position, direction, coefficient):
    pushed = torch.outer(F.one_hot(torch.tensor(position), tokens.shape[1]).float(), direction)
    handle = model.get_submodule(name).register_forward_hook(lambda *call: call[2] + coefficient * pushed)
    try:
        return model(tokens)
    finally:
        handle.remove()


def neurons_by_hooks(model, tokens, layer, neurons):
    mlp, seen = model.blocks[layer].mlp, []
    with HookedAsClass([(mlp, lambda module, inputs, output: seen.append(inputs[0]))]):
        model(tokens)
    hidden = F.gelu(seen[0] @ mlp.W_in + mlp.b_in, approximate="tanh")
    written = mlp.W_out - mlp.W_out.mean(dim=1, keepdim=True)
    return hidden[..., neurons], F.linear(written * model.ln_f.gain, model.embed.W_E)[neurons]


def neurons_one_by_one(model, tokens, layer, neurons):
    mlp = model.blocks[layer].mlp
    keep = {}
    with HookedAsClass([(model.blocks[layer].ln_2, lambda module, inputs, output: keep.update(x=output))]):
        model(tokens)
    active, effects = [], []
    for neuron in neurons.tolist():
        z = keep["x"] @ mlp.W_in[:, neuron] + mlp.b_in[neuron]
        active.append(0.5 * z * (1 + torch.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))))
        row = mlp.W_out[neuron]
        effects.append(model.embed.W_E @ ((row - row.mean()) * model.ln_f.gain))
    return torch.stack(active, dim=-1), torch.stack(effects)


def neurons_centred_at_the_end(model, tokens, layer, neurons):
    """The mean is taken from the unembedding: a vector without its mean, times a matrix, is the same."""
    mlp, block = model.blocks[layer].mlp, model.blocks[layer]
    seen = []
    with HookedAsClass([(block.ln_2, lambda module, inputs, output: seen.append(output))]):
        model(tokens)
    reading = model.embed.W_E * model.ln_f.gain
    reading = reading - reading.mean(dim=1, keepdim=True)
    active = F.gelu(F.linear(seen[0], mlp.W_in.T[neurons], mlp.b_in[neurons]), approximate="tanh")
    return active, mlp.W_out[neurons] @ reading.T


def superposed_by_einsum(x, W, b, importance):
    restored = F.relu(torch.einsum("bf,hf,hg->bg", x, W, W) + b)
    return restored, torch.einsum("bf,f->", (restored - x) ** 2, importance) / len(x)


def superposed_by_columns(x, W, b, importance):
    """With the formulas as they are written: the examples are columns."""
    columns = (W.T @ (W @ x.T) + b[:, None]).clamp(min=0)
    return columns.T, (importance[:, None] * (x.T - columns).square()).sum(dim=0).mean()


def superposed_by_linear(x, W, b, importance):
    restored = F.linear(F.linear(x, W), W.T, b).maximum(torch.zeros(()))
    return restored, importance @ F.mse_loss(restored, x, reduction="none").mean(dim=0)


def z_without_factors(OV, later_QK, later_OV, rotations):
    """The norms of the two factors are the same for every rotation, so they cancel."""

    def z(reads):
        drawn = (OV @ rotations @ reads).flatten(1).norm(dim=1)
        return float(((OV @ reads).norm() - drawn.mean()) / drawn.std())

    return {"V": z(later_OV), "K": z(later_QK.T), "Q": z(later_QK)}


def z_by_numpy(OV, later_QK, later_OV, rotations):
    OV, later_QK, later_OV, rotations = (x.double().numpy() for x in (OV, later_QK, later_OV, rotations))
    found = {}
    for kind, reads in (("Q", later_QK), ("K", later_QK.T), ("V", later_OV)):
        size = np.linalg.norm(OV) * np.linalg.norm(reads)
        drawn = np.array([np.linalg.norm(OV @ R @ reads) / size for R in rotations])
        found[kind] = (np.linalg.norm(OV @ reads) / size - drawn.mean()) / np.std(drawn, ddof=1)
    return {kind: float(z) for kind, z in found.items()}


def z_with_the_reader_turned(OV, later_QK, later_OV, rotations):
    """R turns what is written, or the other way round what reads it: OV · (R · X) is the same product."""

    def z(reads):
        norms = [torch.linalg.matrix_norm(OV @ each) for each in (reads, *(R @ reads for R in rotations))]
        own, *drawn = (
            norm / torch.linalg.matrix_norm(OV) / torch.linalg.matrix_norm(reads) for norm in norms
        )
        middle = sum(drawn) / len(drawn)
        spread = (sum((each - middle) ** 2 for each in drawn) / (len(drawn) - 1)) ** 0.5
        return (own - middle) / spread

    return dict(zip("QKV", map(z, (later_QK, later_QK.mT, later_OV)), strict=True))


VARIANTS = {
    "hooked": [
        hooked_by_exit_stack,
        HookedAsClass,
        hooked_by_handles_as_contexts,
        hooked_by_wrapping_forward,
        hooked_one_inside_the_other,
    ],
    "run_with_cache": [
        cache_by_default_argument,
        cache_by_partial,
        cache_without_gradients,
        cache_of_the_model_too,
    ],
    "logit_lens": [lens_by_cache, lens_by_hand, lens_by_functions, lens_in_float64],
    "direct_logit_attribution": [
        attribution_one_by_one,
        attribution_by_gradient,
        attribution_in_float64,
        attribution_prompt_by_prompt,
    ],
    "head_attribution": [heads_one_by_one, heads_from_z, heads_as_writers_in_float64],
    "inside_attention": [
        inside_by_matmul,
        inside_head_by_head,
        inside_by_rearranged_weights,
        inside_by_oneself_switched_off,
    ],
    "logit_difference": [
        difference_by_gather,
        difference_of_log_probabilities,
        difference_by_loop,
        difference_by_one_hot,
        difference_by_numpy,
    ],
    "ablate_head": [
        ablate_by_adding_up_the_others,
        ablate_in_place,
        ablate_by_walking,
        ablate_by_two_functions,
    ],
    "activation_patch": [patch_by_where, patch_by_pieces, patch_in_place, patch_both_in_one_run],
    "head_zoo": [zoo_by_diagonals, zoo_by_loops],
    "knock_out": [knock_out_by_layers, knock_out_by_weights_put_back, knock_out_one_inside_the_other],
    "shape_table": [SHAPES, shapes_in_a_function],
    "ov_circuit": [ov_by_einsum, ov_from_the_inside, ov_word_by_word, ov_in_float64],
    "copying_score": [copying_by_topk, copying_word_by_word, copying_by_diagonals, copying_by_numpy],
    "qk_circuit": [qk_by_einsum, qk_scaled_first, qk_in_float64],
    "k_composition": [composition_by_traces, composition_by_squares, composition_by_numpy],
    "composition_z_scores": [z_without_factors, z_by_numpy, z_with_the_reader_turned],
    "difference_of_means": [
        means_by_weights,
        means_by_where,
        means_example_by_example,
        means_by_index_select,
    ],
    "linear_probe": [probe_by_autograd, probe_by_torchs_sgd, probe_by_two_classes, probe_by_numpy],
    "steer": [steer_in_place, steer_by_where, steer_by_outer_product],
    "keys_and_values": [neurons_by_hooks, neurons_one_by_one, neurons_centred_at_the_end],
    "superposition_model": [superposed_by_einsum, superposed_by_columns, superposed_by_linear],
}
