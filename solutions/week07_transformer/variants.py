"""Right solutions of week 7 in other styles: a test proves that the checks accept every one of them.

The first letters of a label say what is unusual about it. The notebook's own solutions are tested besides.
"""

import math
from functools import partial, reduce

import torch
from einops import einsum
from torch import nn
from torch.nn import functional as F

# --- Parts that one might have written otherwise ------------------------------------------------------------


class Norm(nn.Module):
    """LayerNorm by torch's function."""

    def __init__(self, width, eps):
        super().__init__()
        self.gain, self.bias, self.eps = (
            nn.Parameter(torch.ones(width)),
            nn.Parameter(torch.zeros(width)),
            eps,
        )

    def forward(self, x):
        return F.layer_norm(x, self.gain.shape, self.gain, self.bias, self.eps)


class Attention(nn.Module):
    """All heads by einsum and torch's fused attention."""

    def __init__(self, config):
        super().__init__()
        heads, width, d_head = config.n_heads, config.d_model, config.d_head
        for letter in "QKV":
            self.register_parameter(f"W_{letter}", nn.Parameter(torch.randn(heads, width, d_head)))
            self.register_parameter(f"b_{letter}", nn.Parameter(torch.zeros(heads, d_head)))
        self.W_O = nn.Parameter(torch.randn(heads, d_head, width))
        self.b_O = nn.Parameter(torch.zeros(width))

    def qkv(self, x):
        for letter in "QKV":
            W, b = getattr(self, f"W_{letter}"), getattr(self, f"b_{letter}")
            yield einsum(x, W, "b s m, h m d -> b h s d") + b[:, None]

    def forward(self, x):
        z = F.scaled_dot_product_attention(*self.qkv(x), is_causal=True)
        return einsum(z, self.W_O, "b h s d, h d m -> b s m") + self.b_O


class AttentionByHand(Attention):
    """The same with scores, a mask of finfo.min and a softmax, head by head."""

    def forward(self, x):
        q, k, v = self.qkv(x)
        written = self.b_O.expand_as(x)
        for head in range(len(self.W_O)):
            scores = q[:, head] @ k[:, head].mT / math.sqrt(q.shape[-1])
            future = torch.ones_like(scores[0]).triu(1).bool()
            pattern = scores.masked_fill(future, torch.finfo(scores.dtype).min).softmax(-1)
            written = written + pattern @ v[:, head] @ self.W_O[head]
        return written


class AttentionOfLinears(nn.Module):
    """Four nn.Linear layers, heads side by side."""

    def __init__(self, config):
        super().__init__()
        self.n_heads = config.n_heads
        width = config.n_heads * config.d_head
        self.W_Q, self.W_K, self.W_V = (nn.Linear(config.d_model, width) for _ in range(3))
        self.W_O = nn.Linear(width, config.d_model)

    def forward(self, x):
        q, k, v = (
            each(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for each in (self.W_Q, self.W_K, self.W_V)
        )
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.W_O(z.transpose(1, 2).flatten(2))


class Neurons(nn.Module):
    """The MLP by matmul."""

    def __init__(self, config):
        super().__init__()
        self.W_in = nn.Parameter(torch.randn(config.d_model, config.d_mlp))
        self.b_in = nn.Parameter(torch.zeros(config.d_mlp))
        self.W_out = nn.Parameter(torch.randn(config.d_mlp, config.d_model))
        self.b_out = nn.Parameter(torch.zeros(config.d_model))

    def forward(self, x):
        post = F.gelu(torch.matmul(x, self.W_in) + self.b_in, approximate="tanh")
        return torch.matmul(post, self.W_out) + self.b_out


class NeuronsOfLinears(nn.Module):
    """Two nn.Linear layers."""

    def __init__(self, config):
        super().__init__()
        self.W_in, self.W_out = (
            nn.Linear(config.d_model, config.d_mlp),
            nn.Linear(config.d_mlp, config.d_model),
        )
        self.act = nn.GELU(approximate="tanh")

    def forward(self, x):
        return self.W_out(self.act(self.W_in(x)))


class Table(nn.Module):
    """A matrix under its name."""

    def __init__(self, name, rows, width):
        super().__init__()
        setattr(self, name, nn.Parameter(torch.randn(rows, width)))


# --- TransformerBlock ---------------------------------------------------------------------------------------


class BlockOfOwnParts(nn.Module):
    """torch's layer_norm and fused attention inside, and names for what is read and written."""

    def __init__(self, config):
        super().__init__()
        self.ln_1, self.ln_2 = (Norm(config.d_model, config.layer_norm_eps) for _ in range(2))
        self.attn, self.mlp = Attention(config), Neurons(config)

    def forward(self, resid_pre):
        attn_out = self.attn(self.ln_1(resid_pre))
        resid_mid = resid_pre + attn_out
        mlp_out = self.mlp(self.ln_2(resid_mid))
        return resid_mid + mlp_out


class BlockByHand(BlockOfOwnParts):
    """Attention head by head; the two halves in a loop."""

    def __init__(self, config):
        super().__init__(config)
        self.attn = AttentionByHand(config)

    def forward(self, stream):
        for norm, half in ((self.ln_1, self.attn), (self.ln_2, self.mlp)):
            stream = torch.add(half(norm(stream)), stream)
        return stream


class BlockOfTorchsModules(nn.Module):
    """nn.LayerNorm and nn.Linear throughout."""

    def __init__(self, config):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.d_model, eps=config.layer_norm_eps)
        self.ln_2 = nn.LayerNorm(config.d_model, eps=config.layer_norm_eps)
        self.attn, self.mlp = AttentionOfLinears(config), NeuronsOfLinears(config)

    def forward(self, x, verbose=False):
        x = x + self.attn(self.ln_1(x))
        x = x + self.mlp(self.ln_2(x))
        return x


class BlockInPlaceOnItsOwn(BlockOfOwnParts):
    """In place, on a tensor of its own."""

    def forward(self, x):
        x = x.clone()
        x += self.attn(self.ln_1(x))
        x += self.mlp(self.ln_2(x))
        return x


class BlockInFloat64(BlockOfOwnParts):
    """Keeps its weights in float64 and answers in the input's dtype."""

    def __init__(self, config):
        super().__init__(config)
        self.double()

    def forward(self, x):
        return super().forward(x.double()).to(x.dtype)


class BlockOnePromptAtATime(BlockOfOwnParts):
    """A loop over the batch."""

    def forward(self, x):
        return torch.cat([BlockOfOwnParts.forward(self, prompt[None]) for prompt in x])


class BlockWithDropout(BlockOfOwnParts):
    """Dropout layers that drop nothing, a buffer, an extra method."""

    def __init__(self, config, dropout=0.0):
        super().__init__(config)
        self.drop = nn.Dropout(dropout)
        self.register_buffer("calls", torch.zeros(()), persistent=False)

    def half(self, norm, layer, x):
        return x + self.drop(layer(norm(x)))

    def forward(self, x):
        self.calls += 1
        return self.half(self.ln_2, self.mlp, self.half(self.ln_1, self.attn, x))


# --- GPT2 ---------------------------------------------------------------------------------------------------


class ModelOfTables(nn.Module):
    """Tables looked up by F.embedding, the unembedding by F.linear, blocks appended one by one."""

    block = BlockOfOwnParts

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embed = Table("W_E", config.d_vocab, config.d_model)
        self.pos_embed = Table("W_pos", config.n_ctx, config.d_model)
        self.blocks = nn.ModuleList()
        for _ in range(config.n_layers):
            self.blocks.append(self.block(config))
        self.ln_f = Norm(config.d_model, config.layer_norm_eps)

    def forward(self, tokens):
        seq = tokens.shape[1]
        if not seq <= self.config.n_ctx:
            raise ValueError(f"n_ctx is {self.config.n_ctx}; these prompts have {seq} tokens.")
        places = torch.arange(seq, device=tokens.device)
        stream = F.embedding(tokens, self.embed.W_E) + F.embedding(places, self.pos_embed.W_pos)
        stream = reduce(lambda x, block: block(x), self.blocks, stream)
        return F.linear(self.ln_f(stream), self.embed.W_E)


class ModelOfTorchsModules(nn.Module):
    """nn.Embedding twice, a tied nn.Linear without a bias, nn.LayerNorm, nn.Sequential for the blocks."""

    def __init__(self, config):
        super().__init__()
        self.n_ctx = config.n_ctx
        self.embed = nn.Embedding(config.d_vocab, config.d_model)
        self.pos_embed = nn.Embedding(config.n_ctx, config.d_model)
        self.blocks = nn.Sequential(*(BlockOfTorchsModules(config) for _ in range(config.n_layers)))
        self.ln_f = nn.LayerNorm(config.d_model, config.layer_norm_eps)
        self.unembed = nn.Linear(config.d_model, config.d_vocab, bias=False)
        self.unembed.weight = self.embed.weight

    def forward(self, tokens):
        n_tokens = tokens.size(1)
        if n_tokens > self.n_ctx:
            raise ValueError(f"Too long: {n_tokens} tokens, and n_ctx is {self.n_ctx}.")
        x = self.embed(tokens) + self.pos_embed(torch.arange(n_tokens))
        return self.unembed(self.ln_f(self.blocks(x)))


class ModelByHand(ModelOfTables):
    """Blocks written out, and a loop with an index."""

    block = BlockByHand

    def forward(self, tokens):
        seq = tokens.shape[-1]
        if seq > (limit := self.config.n_ctx):
            raise LengthError(seq, limit)
        stream = self.embed.W_E[tokens] + self.pos_embed.W_pos[:seq]
        for layer in range(len(self.blocks)):
            stream = self.blocks[layer](stream)
        return torch.einsum("bsd,vd->bsv", self.ln_f(stream), self.embed.W_E)


class LengthError(ValueError):
    """A ValueError of one's own."""

    def __init__(self, seq, n_ctx):
        super().__init__(f"a prompt of {seq} tokens (the model has {n_ctx} positions)")


class ModelInFloat64(ModelOfTables):
    """Works in float64 and answers in float32."""

    def __init__(self, config):
        super().__init__(config)
        self.double()

    def forward(self, tokens):
        return super().forward(tokens).float()


class ModelWithACache(ModelOfTables):
    """Notes every block's output on itself, with an argument to switch it off."""

    def forward(self, tokens, keep=True):
        self.seen = []
        hooks = [block.register_forward_hook(lambda *it: self.seen.append(it[2])) for block in self.blocks]
        logits = super().forward(tokens)
        for hook in hooks:
            hook.remove()
        return logits if keep else logits.detach()


# --- residual_stream ----------------------------------------------------------------------------------------


def stream_by_hooks(model, tokens):
    seen = []
    first = model.blocks[0].register_forward_pre_hook(lambda block, given: seen.append(given[0]))
    hooks = [first, *(block.register_forward_hook(lambda *it: seen.append(it[2])) for block in model.blocks)]
    try:
        model(tokens)
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack(seen, dim=0)


def stream_into_a_large_tensor(model, tokens):
    start = model.embed(tokens) + model.pos_embed(tokens)
    stream = torch.empty(len(model.blocks) + 1, *start.shape)
    stream[0] = start
    with torch.no_grad():
        for number, block in enumerate(model.blocks):
            stream[number + 1] = block(stream[number])
    return stream


def stream_before_each_block(model, tokens):
    resid, found = model.embed(tokens) + model.pos_embed(tokens), []
    for block in [*model.blocks, nn.Identity()]:
        found.append(resid)
        resid = block(resid)
    return torch.cat([each.unsqueeze(0) for each in found])


def stream_by_reduce(model, tokens):
    start = [model.embed(tokens) + model.pos_embed(tokens)]
    return torch.stack(reduce(lambda found, block: [*found, block(found[-1])], model.blocks, start))


def stream_from_updates(model, tokens):
    start = model.embed(tokens) + model.pos_embed(tokens)
    updates, resid = [start], start
    for block in model.blocks:
        updates.append(block(resid) - resid)
        resid = resid + updates[-1]
    return torch.stack(updates).cumsum(dim=0)


# --- count_parameters ---------------------------------------------------------------------------------------


def count_by_shapes(config):
    d, h, e, m = config.d_model, config.n_heads, config.d_head, config.d_mlp
    block = [(d,)] * 4 + [(h, d, e)] * 3 + [(h, e)] * 3 + [(h, e, d), (d,), (d, m), (m,), (m, d), (d,)]
    rest = [(config.d_vocab, d), (config.n_ctx, d), (d,), (d,)]
    return sum(map(math.prod, block * config.n_layers + rest))


def count_on_the_meta_device(config):
    with torch.device("meta"):
        model = ModelOfTables(config)
    return sum(parameter.numel() for parameter in model.parameters())


def count_in_one_formula(c):
    return (
        c.n_layers * (4 * c.d_model**2 + 2 * c.d_model * c.d_mlp + 9 * c.d_model + c.d_mlp)
        + (c.d_vocab + c.n_ctx + 2) * c.d_model
    )


def count_as_a_tensor(config):
    return torch.tensor(count_in_one_formula(config))


# --- init_weights -------------------------------------------------------------------------------------------


def init_by_torchs_functions(model, seed):
    source = torch.Generator().manual_seed(seed)
    residual = 0.02 / math.sqrt(2 * len(model.blocks))
    for name, parameter in model.named_parameters():
        if name.endswith("gain"):
            nn.init.ones_(parameter)
        elif name.endswith(("W_O", "W_out")):
            nn.init.normal_(parameter, std=residual, generator=source)
        elif parameter.dim() >= 2 and "b_" not in name:
            nn.init.normal_(parameter, std=0.02, generator=source)
        else:
            nn.init.zeros_(parameter)
    return model


def init_part_by_part(model, seed):
    source = torch.Generator()
    source.manual_seed(seed)

    @torch.no_grad()
    def draw(parameter, std=0.02):
        parameter.copy_(torch.randn(parameter.shape, generator=source) * std)

    @torch.no_grad()
    def plain(norm):
        norm.gain.fill_(1), norm.bias.zero_()

    for block in model.blocks:
        plain(block.ln_1), plain(block.ln_2)
        for letter in "QKV":
            draw(getattr(block.attn, f"W_{letter}"))
            getattr(block.attn, f"b_{letter}").data.zero_()
        draw(block.attn.W_O, 0.02 * (2 * model.config.n_layers) ** -0.5)
        draw(block.mlp.W_in)
        draw(block.mlp.W_out, 0.02 * (2 * model.config.n_layers) ** -0.5)
        for bias in (block.attn.b_O, block.mlp.b_in, block.mlp.b_out):
            bias.data.zero_()
    plain(model.ln_f)
    draw(model.embed.W_E), draw(model.pos_embed.W_pos)
    return model


def init_by_data(model, seed):
    source = torch.Generator().manual_seed(seed + 10)
    stds = dict.fromkeys(("W_O", "W_out"), 0.02 / (2 * model.config.n_layers) ** 0.5)
    for name, parameter in model.state_dict().items():
        kind = name.split(".")[-1]
        if kind[0] == "W":
            parameter.data = parameter.data.normal_(std=stds.get(kind, 0.02), generator=source)
        else:
            parameter.data.fill_(float(kind == "gain"))
    return model


def init_in_a_forked_state(model, seed):
    """torch's global generator, put back as it was."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for name, parameter in model.named_parameters():
            kind = name.rpartition(".")[2]
            if kind in {"W_O", "W_out"}:
                parameter.copy_(torch.normal(0.0, 0.02 / (2 * model.config.n_layers) ** 0.5, parameter.shape))
            elif kind.startswith("W_"):
                parameter.copy_(torch.normal(0.0, 0.02, parameter.shape))
            else:
                parameter.copy_(torch.full_like(parameter, 1.0 if kind == "gain" else 0.0))
    return model


# --- is_causal ----------------------------------------------------------------------------------------------

close = partial(torch.allclose, rtol=1e-4, atol=1e-4)


def causal_by_changing_one_token(model, tokens):
    before = model(tokens)
    for place in range(1, tokens.shape[1]):
        changed = tokens.clone()
        changed[:, place] = tokens[:, place - 1]
        if not close(model(changed)[:, :place], before[:, :place]):
            return False
    return True


def causal_by_last_positions(model, tokens):
    """Each position as the last of a prompt, and inside the whole."""
    whole, seq = model(tokens), tokens.shape[1]
    alone = torch.stack([model(tokens[:, : n + 1])[:, -1] for n in range(seq)], dim=1)
    return close(alone, whole)


def causal_by_another_ending(model, tokens):
    """The rest of the prompt turned round, from every place on, and each beginning alone."""
    for n in range(1, tokens.shape[1]):
        other = torch.cat([tokens[:, :n], tokens[:, n:].flip(1)], dim=1)
        if not close(model(other)[:, :n], model(tokens)[:, :n]):
            return False
        if not close(model(tokens[:, :n]), model(tokens)[:, :n]):
            return False
    return True


def causal_one_prompt_at_a_time(model, tokens):
    return all(causal_by_last_positions(model, prompt[None]) for prompt in tokens)


def causal_with_numbers(model, tokens):
    with torch.inference_mode():
        whole = model(tokens)
        gaps = [(model(tokens[:, :n]) - whole[:, :n]).abs().max().item() for n in range(1, tokens.shape[1])]
    return max(gaps) < 2e-4


# --- flops_per_token ----------------------------------------------------------------------------------------


def flops_by_list(config, seq):
    d, h, e = config.d_model, config.n_heads, config.d_head
    pairs = []
    for _ in range(config.n_layers):
        pairs += [h * d * e] * 3 + [h * e * seq, h * seq * e, h * e * d]
        pairs += [d * config.d_mlp, config.d_mlp * d]
    return sum(2 * each for each in [*pairs, d * config.d_vocab])


def flops_of_a_prompt(c, seq, batch=1):
    weights = c.n_layers * (4 * c.d_model**2 + 2 * c.d_model * c.d_mlp) + c.d_vocab * c.d_model
    squares = c.n_layers * c.n_heads * 2 * seq**2 * c.d_head
    return 2 * batch * (weights * seq + squares) // (batch * seq)


def flops_as_a_float(c, seq):
    return float(flops_of_a_prompt(c, seq))


# --- The shape table ----------------------------------------------------------------------------------------

SHAPES = {
    **dict.fromkeys(("resid", "normed", "attn_out", "mlp_out", "block_out", "last"), (2, 6, 768)),
    **{"tokens": (2, 6), "W_pos": (1024, 768), "W_O": (12, 64, 768), "stream": (13, 2, 6, 768)},
    **{"logits": (2, 6, 50257), "next_logits": (2, 50257)},
}


# --- Stretch ------------------------------------------------------------------------------------------------


def memory_by_tensors(config, batch, seq, bytes_per_number=4):
    with torch.device("meta"):
        weights = torch.empty(count_in_one_formula(config))
        pattern = torch.empty(batch, config.n_heads, seq, seq)
        logits = torch.empty(batch, seq, config.d_vocab)
    sizes = {"weights": weights.numel(), "gradients": weights.numel(), "moments": 2 * weights.numel()}
    sizes |= {"patterns": config.n_layers * pattern.numel(), "logits": logits.numel()}
    return {name: size * bytes_per_number for name, size in sizes.items()}


def memory_with_a_total(config, batch, seq, bytes_per_number=4):
    each = count_by_shapes(config) * bytes_per_number
    heads = config.n_layers * config.n_heads
    found = dict(
        logits=bytes_per_number * batch * seq * config.d_vocab,
        patterns=bytes_per_number * batch * heads * seq * seq,
        moments=each + each,
        gradients=each,
        weights=each,
    )
    return {**found, "together": sum(found.values())}


class PostNormOfOwnParts(BlockOfOwnParts):
    """Two steps with names."""

    def forward(self, x):
        attended = self.ln_1(self.attn(x) + x)
        return self.ln_2(self.mlp(attended) + attended)


class PostNormOfTorchsModules(BlockOfTorchsModules):
    """nn.LayerNorm and nn.Linear, in a loop."""

    def forward(self, x):
        for half, norm in ((self.attn, self.ln_1), (self.mlp, self.ln_2)):
            x = norm(torch.add(x, half(x)))
        return x


class ParallelOfOwnParts(BlockOfOwnParts):
    """The norm called twice."""

    def __init__(self, config):
        super().__init__(config)
        del self.ln_2

    def forward(self, x):
        return self.mlp(self.ln_1(x)) + self.attn(self.ln_1(x)) + x


class ParallelOfTorchsModules(BlockOfTorchsModules):
    """nn.LayerNorm and nn.Linear; the terms in a list."""

    def __init__(self, config):
        super().__init__(config)
        self.ln_2 = None

    def forward(self, x):
        read = self.ln_1(x)
        return sum([x, self.attn(read), self.mlp(read)])


# --- Gradients ----------------------------------------------------------------------------------------------


def norms_by_autograd(model, tokens):
    """torch.autograd.grad, which leaves .grad alone, and one flat vector for each block."""
    log_p = model(tokens).log_softmax(dim=-1)[:, :-1]
    loss = -log_p.gather(-1, tokens[:, 1:, None]).mean()
    groups = [list(block.parameters()) for block in model.blocks]
    gradients = iter(torch.autograd.grad(loss, [each for group in groups for each in group]))
    return torch.stack([torch.cat([next(gradients).flatten() for _ in group]).norm() for group in groups])


def norms_of_norms(model, tokens):
    """The length of the vector of the parameters' own lengths; gradients set to None one by one."""
    for parameter in model.parameters():
        parameter.grad = None
    logits = model(tokens)
    loss = F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:])
    loss.backward()
    with torch.no_grad():
        return torch.tensor(
            [torch.tensor([p.grad.norm() for p in block.parameters()]).norm() for block in model.blocks]
        )


def norms_prompt_by_prompt(model, tokens):
    """The mean over prompts by adding up their gradients; torch's own function for the length."""
    model.zero_grad(set_to_none=False)
    for prompt in tokens:
        (F.cross_entropy(model(prompt[None])[0, :-1], prompt[1:]) / len(tokens)).backward()
    return torch.stack(
        [nn.utils.get_total_norm([p.grad for p in block.parameters()]) for block in model.blocks]
    )


def norms_before_the_call(model, tokens):
    """The difference of .grad before and after, where there is one before."""
    before = {p: 0 if p.grad is None else p.grad.clone() for p in model.parameters()}
    F.cross_entropy(model(tokens)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
    return torch.stack(
        [sum(((p.grad - before[p]) ** 2).sum() for p in b.parameters()) ** 0.5 for b in model.blocks]
    )


# --- Llama --------------------------------------------------------------------------------------------------


class RMS(nn.Module):
    """RMSNorm by torch's function."""

    def __init__(self, width, eps):
        super().__init__()
        self.gain, self.eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x):
        return F.rms_norm(x, self.gain.shape, self.gain, self.eps)


def rotated(x, base):
    """The pairs as complex numbers."""
    half = x.shape[-1] // 2
    pairs = torch.complex(x[..., :half].contiguous(), x[..., half:].contiguous())
    angles = torch.arange(x.shape[-2])[:, None] * base ** (-torch.arange(half) / half)
    turned = pairs * torch.polar(torch.ones_like(angles), angles)
    return torch.cat([turned.real, turned.imag], dim=-1)


class LlamaAttentionOfLinears(nn.Module):
    """nn.Linear, view and transpose, torch's fused attention with its own groups, a table of angles."""

    def __init__(self, config):
        super().__init__()
        self.n_heads, self.n_kv, self.d_head = config.n_heads, config.n_kv_heads, config.d_head
        self.W_Q = nn.Linear(config.d_model, self.n_heads * self.d_head, bias=False)
        self.W_K = nn.Linear(config.d_model, self.n_kv * self.d_head, bias=False)
        self.W_V = nn.Linear(config.d_model, self.n_kv * self.d_head, bias=False)
        self.W_O = nn.Linear(self.n_heads * self.d_head, config.d_model, bias=False)
        self.base = config.rotary_base

    def turned(self, x):
        speeds = 1 / self.base ** (torch.arange(0, self.d_head, 2) / self.d_head)
        angles = torch.outer(torch.arange(x.shape[2]), speeds).repeat(1, 2)
        a, b = x.chunk(2, dim=-1)
        return x * angles.cos() + torch.cat([-b, a], dim=-1) * angles.sin()

    def forward(self, x):
        batch, seq, _ = x.shape
        q, k, v = (
            W(x).view(batch, seq, -1, self.d_head).transpose(1, 2) for W in (self.W_Q, self.W_K, self.W_V)
        )
        z = F.scaled_dot_product_attention(self.turned(q), self.turned(k), v, is_causal=True, enable_gqa=True)
        return self.W_O(z.transpose(1, 2).reshape(batch, seq, -1))


class LlamaAttentionWithHeads(nn.Module):
    """An axis for the heads in every matrix, and one for the group in the queries."""

    def __init__(self, config):
        super().__init__()
        self.config, width, d_head = config, config.d_model, config.d_head
        self.W_Q = nn.Parameter(torch.empty(config.n_heads, width, d_head))
        self.W_K = nn.Parameter(torch.empty(config.n_kv_heads, width, d_head))
        self.W_V = nn.Parameter(torch.empty(config.n_kv_heads, width, d_head))
        self.W_O = nn.Parameter(torch.empty(config.n_heads, d_head, width))

    def forward(self, x):
        q, k, v = (torch.einsum("bsm,hmd->bhsd", x, W) for W in (self.W_Q, self.W_K, self.W_V))
        q, k = rotated(q, self.config.rotary_base), rotated(k, self.config.rotary_base)
        q = q.unflatten(1, (self.config.n_kv_heads, -1))
        scores = torch.einsum("bgnqd,bgkd->bgnqk", q, k) / q.shape[-1] ** 0.5
        seq = x.shape[1]
        scores = scores + torch.full((seq, seq), -torch.inf).triu(1)
        z = torch.einsum("bgnqk,bgkd->bgnqd", scores.softmax(-1), v).flatten(1, 2)
        return torch.einsum("bhsd,hdm->bsm", z, self.W_O)


class LlamaAttentionHeadByHead(nn.Module):
    """A loop over the query heads, in float64."""

    def __init__(self, config):
        super().__init__()
        self.config, queries, keys = (
            config,
            config.n_heads * config.d_head,
            config.n_kv_heads * config.d_head,
        )
        shapes = {"Q": (config.d_model, queries), "K": (config.d_model, keys), "V": (config.d_model, keys)}
        for letter, shape in (shapes | {"O": (queries, config.d_model)}).items():
            self.register_parameter(f"W_{letter}", nn.Parameter(torch.randn(shape)))

    def forward(self, x):
        config, seq, written = self.config, x.shape[1], []
        q, k, v = (
            (x.double() @ W.double()).split(config.d_head, dim=-1) for W in (self.W_Q, self.W_K, self.W_V)
        )
        for head, query in enumerate(q):
            shared = head * config.n_kv_heads // config.n_heads
            turned = rotated(query, config.rotary_base), rotated(k[shared], config.rotary_base)
            scores = turned[0] @ turned[1].mT / math.sqrt(config.d_head)
            scores = scores.masked_fill(~torch.ones(seq, seq, dtype=torch.bool).tril(), -1e300)
            written.append(scores.softmax(-1) @ v[shared])
        return (torch.cat(written, dim=-1) @ self.W_O.double()).to(x.dtype)


class Gated(nn.Module):
    """SwiGLU by parameters and F.silu written out."""

    def __init__(self, config):
        super().__init__()
        for name in ("W_gate", "W_in"):
            self.register_parameter(name, nn.Parameter(torch.randn(config.d_model, config.d_mlp)))
        self.W_out = nn.Parameter(torch.randn(config.d_mlp, config.d_model))

    def forward(self, x):
        gate = x @ self.W_gate
        return torch.sigmoid(gate) * gate * (x @ self.W_in) @ self.W_out


class LlamaByHand(nn.Module):
    """Blocks that are containers, all computation in one forward, rows of W_E by indexing."""

    def __init__(self, config):
        super().__init__()
        self.embed = nn.Module()
        self.embed.W_E = nn.Parameter(torch.randn(config.d_vocab, config.d_model))
        self.blocks = nn.ModuleList()
        for _ in range(config.n_layers):
            block = nn.ModuleDict({name: RMS(config.d_model, config.norm_eps) for name in ("ln_1", "ln_2")})
            block.attn, block.mlp = LlamaAttentionHeadByHead(config), Gated(config)
            block.ln_1, block.ln_2 = block["ln_1"], block["ln_2"]
            self.blocks.append(block)
        self.ln_f = RMS(config.d_model, config.norm_eps)
        self.W_U = nn.Parameter(torch.randn(config.d_model, config.d_vocab))

    def forward(self, tokens):
        x = self.embed.W_E[tokens]
        for block in self.blocks:
            x = x + block.attn(block.ln_1(x))
            x = x + block.mlp(block.ln_2(x))
        return torch.einsum("bsm,mv->bsv", self.ln_f(x), self.W_U)


class LlamaOfTorchsModules(nn.Module):
    """nn.Embedding, nn.RMSNorm, nn.Linear; blocks of another class."""

    class Block(nn.Module):
        """Attention of nn.Linear, and nn.RMSNorm."""

        def __init__(self, config):
            super().__init__()
            self.ln_1, self.ln_2 = (nn.RMSNorm(config.d_model, eps=config.norm_eps) for _ in range(2))
            self.attn, self.mlp = LlamaAttentionOfLinears(config), Gated(config)

        def forward(self, x):
            x = self.attn(self.ln_1(x)) + x
            return self.mlp(self.ln_2(x)) + x

    def __init__(self, config):
        super().__init__()
        self.embed = nn.Embedding(config.d_vocab, config.d_model)
        self.blocks = nn.ModuleList([self.Block(config) for _ in range(config.n_layers)])
        self.ln_f = nn.RMSNorm(config.d_model, eps=config.norm_eps)
        self.W_U = nn.Linear(config.d_model, config.d_vocab, bias=False)

    def forward(self, tokens):
        return self.W_U(self.ln_f(reduce(lambda x, block: block(x), self.blocks, self.embed(tokens))))


VARIANTS = {
    "TransformerBlock": [
        BlockOfOwnParts,
        BlockByHand,
        BlockOfTorchsModules,
        BlockInPlaceOnItsOwn,
        BlockInFloat64,
        BlockOnePromptAtATime,
        BlockWithDropout,
    ],
    "GPT2": [ModelOfTables, ModelOfTorchsModules, ModelByHand, ModelInFloat64, ModelWithACache],
    "residual_stream": [
        stream_by_hooks,
        stream_into_a_large_tensor,
        stream_before_each_block,
        stream_by_reduce,
        stream_from_updates,
    ],
    "count_parameters": [count_by_shapes, count_on_the_meta_device, count_in_one_formula, count_as_a_tensor],
    "init_weights": [
        init_by_torchs_functions,
        init_part_by_part,
        init_by_data,
        init_in_a_forked_state,
    ],
    "is_causal": [
        causal_by_changing_one_token,
        causal_by_last_positions,
        causal_by_another_ending,
        causal_one_prompt_at_a_time,
        causal_with_numbers,
    ],
    "flops_per_token": [flops_by_list, flops_of_a_prompt, flops_as_a_float],
    "shape_table": [SHAPES, {name: list(shape) for name, shape in SHAPES.items()}, SHAPES.copy],
    "memory_needed": [memory_by_tensors, memory_with_a_total],
    "PostNormBlock": [PostNormOfOwnParts, PostNormOfTorchsModules],
    "ParallelBlock": [ParallelOfOwnParts, ParallelOfTorchsModules],
    "gradient_norms": [norms_by_autograd, norms_of_norms, norms_prompt_by_prompt, norms_before_the_call],
    "LlamaAttention": [LlamaAttentionOfLinears, LlamaAttentionWithHeads, LlamaAttentionHeadByHead],
    "Llama": [LlamaByHand, LlamaOfTorchsModules],
}
"""Right solutions by the name of the check that must accept them."""
