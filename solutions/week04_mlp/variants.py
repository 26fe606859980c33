"""Right solutions of week 4 in other styles: a test proves that the checks accept every one of them.

The first letters of a label say what is unusual about it. The notebook's own solutions are tested besides.
"""

import math

import torch
from einops import einsum, rearrange, reduce
from torch import nn
from torch.nn import functional as F

# --- standardise ------------------------------------------------------------------------------------------


def standard_by_var(x, eps):
    return (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + eps)


def standard_by_var_mean(x, eps):
    variance, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
    return (x - mean) * torch.rsqrt(variance + eps)


def standard_by_std(x, eps):
    deviation = x.std(dim=-1, correction=0, keepdim=True)
    return (x - x.mean(dim=-1, keepdim=True)) / (deviation**2 + eps) ** 0.5


def standard_in_float64(x, eps):
    wide = x.double()
    centred = wide - wide.mean(-1, keepdim=True)
    return (centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt()).to(x.dtype)


def standard_by_einops(x, eps):
    centred = x - reduce(x, "... d_model -> ... 1", "mean")
    return centred / (reduce(centred**2, "... d_model -> ... 1", "mean") + eps).sqrt()


def standard_by_loops(x, eps, dim=-1):
    rows = []
    for vector in x.reshape(-1, x.shape[dim]):
        mean = sum(vector) / len(vector)
        variance = sum((number - mean) ** 2 for number in vector) / len(vector)
        rows.append((vector - mean) / math.sqrt(variance + eps))
    return torch.stack(rows).view(x.shape)


def standard_in_place_on_its_own(x, eps):
    z = x.clone()
    z -= z.mean(-1, keepdim=True)
    z /= z.pow(2).mean(-1, keepdim=True).add_(eps).sqrt_()
    return z


def standard_with_unsqueeze(x, eps):
    z = x - x.mean(-1)[..., None]
    return z / ((z * z).sum(-1) / x.shape[-1] + eps).sqrt().unsqueeze(-1)


def standard_by_biased_correction(x, eps):
    d_model = x.shape[-1]
    variance = x.var(-1, keepdim=True) * (d_model - 1) / d_model
    return (x - x.mean(-1, keepdim=True)) / (variance + eps).sqrt()


# --- LayerNorm --------------------------------------------------------------------------------------------


class NormInOneLine(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.gain, self.bias, self.eps = (
            nn.Parameter(torch.ones(d_model)),
            nn.Parameter(torch.zeros(d_model)),
            eps,
        )

    def forward(self, x):
        return torch.addcmul(self.bias, standard_by_var(x, self.eps), self.gain)


class NormWithMoreArguments(nn.Module):
    """Arguments of its own with defaults, extra methods, and eps kept as a buffer."""

    def __init__(self, d_model, eps=1e-5, *, device=None):
        super().__init__()
        self.register_parameter("gain", nn.Parameter(torch.ones(d_model, device=device)))
        self.register_parameter("bias", nn.Parameter(torch.zeros(d_model, device=device)))
        self.register_buffer("eps", torch.tensor(eps), persistent=False)

    def extra_repr(self):
        return f"d_model={len(self.gain)}"

    def standardised(self, x):
        return standard_by_var_mean(x, self.eps)

    def forward(self, x):
        return einsum(self.standardised(x), self.gain, "... d, d -> ... d") + self.bias


class NormInFloat64(NormInOneLine):
    def forward(self, x):
        wide = standard_in_float64(x.double(), self.eps)
        return (wide * self.gain.double() + self.bias.double()).type_as(x)


class NormByLoops(NormInOneLine):
    def forward(self, x):
        vectors = standard_by_loops(x, self.eps).reshape(-1, x.shape[-1])
        return torch.stack([vector * self.gain + self.bias for vector in vectors]).reshape(x.shape)


class NormInPlaceOnItsOwn(NormInOneLine):
    def forward(self, x):
        z = standard_in_place_on_its_own(x, self.eps)
        z = z * self.gain
        z += self.bias
        return z


# --- gelu -------------------------------------------------------------------------------------------------


def gelu_of_torch(x):
    return F.gelu(x, approximate="tanh")


def gelu_by_module(x, form="tanh"):
    return nn.GELU(approximate=form)(x)


def gelu_by_sigmoid(x):
    """½(1 + tanh z) is sigmoid(2z)."""
    return x * torch.sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x.pow(3)))


def gelu_factored(x):
    return x / 2 + x / 2 * torch.tanh(0.7978845608028654 * x * (1.0 + 0.044715 * x * x))


def gelu_in_float64(x):
    wide = x.double()
    inner = torch.sqrt(torch.tensor(2.0, dtype=torch.float64) / torch.pi) * (wide + 0.044715 * wide**3)
    return (0.5 * wide * (1.0 + inner.tanh())).to(x.dtype)


def gelu_in_place_on_its_own(x):
    gate = x.pow(3).mul_(0.044715).add_(x).mul_(math.sqrt(2 / math.pi)).tanh_().add_(1).mul_(0.5)
    return gate.mul_(x)


def gelu_number_by_number(x):
    def one(number):
        return 0.5 * number * (1 + math.tanh((2 / math.pi) ** 0.5 * (number + 0.044715 * number**3)))

    return torch.tensor([one(number) for number in x.reshape(-1).tolist()], dtype=x.dtype).reshape(x.shape)


# --- MLP --------------------------------------------------------------------------------------------------


class MLPOfParameters(nn.Module):
    """Raw products, torch's own GELU."""

    def __init__(self, d_model, d_mlp):
        super().__init__()
        self.W_in = nn.Parameter(torch.empty(d_model, d_mlp).normal_(std=0.02))
        self.b_in = nn.Parameter(torch.zeros(d_mlp))
        self.W_out = nn.Parameter(torch.empty(d_mlp, d_model).normal_(std=0.02))
        self.b_out = nn.Parameter(torch.zeros(d_model))

    def forward(self, x):
        return gelu_of_torch(x @ self.W_in + self.b_in) @ self.W_out + self.b_out


class MLPOfLinears(nn.Module):
    def __init__(self, d_model, d_mlp, bias=True):
        super().__init__()
        self.W_in, self.W_out = nn.Linear(d_model, d_mlp, bias), nn.Linear(d_mlp, d_model, bias)
        self.act = nn.GELU(approximate="tanh")

    def forward(self, x):
        return self.W_out(self.act(self.W_in(x)))


class MLPOfConv1D(nn.Module):
    """HF's own Conv1D, as GPT-2 keeps its weights."""

    def __init__(self, d_model, d_mlp):
        super().__init__()
        from transformers.pytorch_utils import Conv1D

        self.W_in, self.W_out = Conv1D(d_mlp, d_model), Conv1D(d_model, d_mlp)

    def forward(self, x):
        return self.W_out(gelu_factored(self.W_in(x)))


class MLPOfLinearsAndBiases(nn.Module):
    """Linear layers without bias, and the biases by themselves."""

    def __init__(self, d_model, d_mlp):
        super().__init__()
        self.W_in, self.W_out = nn.Linear(d_model, d_mlp, bias=False), nn.Linear(d_mlp, d_model, bias=False)
        self.b_in, self.b_out = nn.Parameter(torch.zeros(d_mlp)), nn.Parameter(torch.zeros(d_model))

    def forward(self, x):
        return self.W_out(gelu_by_sigmoid(self.W_in(x) + self.b_in)) + self.b_out


class MLPByEinsum(MLPOfParameters):
    def forward(self, x):
        pre = einsum(x, self.W_in, "batch seq d_model, d_model d_mlp -> batch seq d_mlp") + self.b_in
        post = gelu_in_float64(pre)
        return einsum(post, self.W_out, "batch seq d_mlp, d_mlp d_model -> batch seq d_model") + self.b_out


class MLPOneTokenAtATime(MLPOfParameters):
    def forward(self, x):
        written = [
            F.linear(gelu_of_torch(F.linear(token, self.W_in.T, self.b_in)), self.W_out.T, self.b_out)
            for token in rearrange(x, "batch seq d_model -> (batch seq) d_model")
        ]
        return torch.stack(written).reshape(x.shape)


class MLPNeuronByNeuron(MLPOfParameters):
    """What each neuron writes, added up: the loop goes over d_mlp."""

    def forward(self, x):
        written = self.b_out.expand_as(x)
        for neuron in range(len(self.b_in)):
            fires = gelu_of_torch(x @ self.W_in[:, neuron] + self.b_in[neuron])
            written = written + fires[..., None] * self.W_out[neuron]
        return written


# --- residual_add -----------------------------------------------------------------------------------------


def add_in_two_lines(resid, norm, layer):
    update = layer(norm(resid))
    return torch.add(update, resid)


def add_in_place_on_its_own(resid, norm, layer):
    stream = resid.clone()
    stream += layer(norm(stream))
    return stream


def add_with_a_switch(resid, norm, layer, pre_norm=True):
    return resid + layer(norm(resid) if pre_norm else resid)


def add_by_einops(resid, norm, layer):
    return reduce([resid, layer(norm(resid))], "two batch seq d_model -> batch seq d_model", "sum")


def add_in_float64(resid, norm, layer):
    return (resid.double() + layer(norm(resid)).double()).to(resid.dtype)


# --- each_position_alone ----------------------------------------------------------------------------------


def alone_piece_by_piece(layer, x):
    together = layer(x)
    return all(
        torch.allclose(layer(x[:, place : place + 1]), together[:, place : place + 1], atol=1e-4)
        for place in range(x.shape[1])
    )


def alone_by_other_numbers(layer, x):
    before = layer(x)
    for place in range(x.shape[1]):
        changed = x.clone()
        changed[:, place] = torch.randn_like(x[:, place])
        after = layer(changed)
        for other in range(x.shape[1]):
            if other != place and not torch.allclose(before[:, other], after[:, other], atol=1e-4):
                return False
    return True


def alone_by_nan(layer, x):
    """NaN spreads to whatever reads it."""
    for place in range(x.shape[1]):
        poisoned = x.clone()
        poisoned[:, place] = torch.nan
        poisoned_positions = layer(poisoned).isnan().any(dim=-1).any(dim=0)
        poisoned_positions[place] = False
        if poisoned_positions.any():
            return False
    return True


def alone_by_derivative(layer, x):
    given = x.clone().requires_grad_()
    out = layer(given)
    for place in range(x.shape[1]):
        if not out.requires_grad:
            return True
        (gradient,) = torch.autograd.grad(out[:, place].abs().sum(), given, retain_graph=True)
        gradient[:, place] = 0
        if gradient.abs().max() > 1e-6:
            return False
    return True


def alone_by_keeping_one(layer, x):
    """Keeps one position and changes all others at once; answers with a tensor that holds one truth."""
    before, kept = layer(x), []
    for place in range(x.shape[1]):
        changed = x.flip(-1).cos() * 2
        changed[:, place] = x[:, place]
        kept.append(((layer(changed) - before)[:, place].abs() < 1e-4).all())
    return torch.stack(kept).all()


def alone_by_rows(layer, x):
    rows = x.reshape(-1, 1, x.shape[-1])
    return torch.allclose(layer(rows).reshape(x.shape), layer(x), rtol=1e-4, atol=1e-4)


# --- count_mlp_parameters ---------------------------------------------------------------------------------


def count_by_modules(model):
    """Looks for modules, and keeps what has been counted, since modules may share it."""

    def inside(called):
        modules = [module for name, module in model.named_modules() if name.split(".")[-1] == called]
        return sum(each.numel() for each in {id(p): p for m in modules for p in m.parameters()}.values())

    return inside("mlp"), inside("attn"), sum(parameter.numel() for parameter in model.parameters())


def count_by_pattern(model):
    """Dots around the names, so that a test of the text finds whole ones."""
    counts = {"mlp": 0, "attn": 0, "": 0}
    for name, parameter in model.named_parameters():
        for part in counts:
            if not part or f".{part}." in f".{name}":
                counts[part] += math.prod(parameter.shape)
    return list(counts.values())


def count_in_a_tensor(model, parts=("mlp", "attn")):
    """One row for each parameter; three sums as one tensor of integers."""
    rows = [
        [size * (part in name.split(".")[:-1]) for part in parts] + [size]
        for name, size in ((name, parameter.nelement()) for name, parameter in model.named_parameters())
    ]
    return tuple(int(each) for each in torch.tensor(rows).sum(0))


# --- stretch ----------------------------------------------------------------------------------------------


class RMSByMean(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.eps, self.gain = eps, nn.Parameter(torch.ones(d_model))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.gain


class RMSByLength(RMSByMean):
    """Root mean square is length over √d_model."""

    def forward(self, x):
        length = torch.linalg.vector_norm(x.double(), dim=-1, keepdim=True)
        rms = (length**2 / x.shape[-1] + self.eps) ** 0.5
        return (self.gain * x / rms).to(x.dtype)


class RMSByEinops(RMSByMean):
    def forward(self, x):
        return self.gain * (x / (reduce(x * x, "... d -> ... 1", "mean") + self.eps).sqrt())


class SwiGLUOfLinears(nn.Module):
    def __init__(self, d_model, d_mlp):
        super().__init__()
        self.W_gate, self.W_in = (nn.Linear(d_model, d_mlp, bias=False) for _ in range(2))
        self.W_out = nn.Linear(d_mlp, d_model, bias=False)

    def forward(self, x):
        return self.W_out(F.silu(self.W_gate(x)) * self.W_in(x))


class SwiGLUBySigmoid(nn.Module):
    def __init__(self, d_model, d_mlp):
        super().__init__()
        for name in ("W_gate", "W_in"):
            setattr(self, name, nn.Parameter(torch.randn(d_model, d_mlp)))
        self.W_out = nn.Parameter(torch.randn(d_mlp, d_model))

    def forward(self, x):
        gate, value = x @ self.W_gate, x @ self.W_in
        return (gate * gate.sigmoid() * value) @ self.W_out


class SwiGLUByExponential(SwiGLUBySigmoid):
    def forward(self, x):
        gate, value = (einsum(x, W, "b s m, m h -> b s h") for W in (self.W_gate, self.W_in))
        return einsum(gate / (1 + torch.exp(-gate)) * value, self.W_out, "b s h, h m -> b s m")


def dropout_by_rand(x, p, training):
    if not training:
        return x
    return x * (torch.rand_like(x) >= p) / (1 - p)


def dropout_by_bernoulli(x, p, training=True):
    keep = torch.full_like(x, 1 - p)
    return torch.bernoulli(keep) / keep * x if training else x


def dropout_by_where(x, p, training):
    dropped = torch.rand(x.shape, device=x.device) < p
    return torch.where(dropped, 0.0, x / (1 - p)) if training and p > 0 else x.clone()


def dropout_by_masked_fill(x, p, training):
    scaled = x / (1 - p)
    return scaled.masked_fill_(torch.empty_like(x).uniform_() < p, 0.0) if training else x


SHAPES = {
    "resid": (2, 6, 768),
    "mean": (2, 6, 1),
    "normed": (2, 6, 768),
    "gain": (768,),
    "W_in": (768, 3072),
    "b_in": (3072,),
    "pre": (2, 6, 3072),
    "post": (2, 6, 3072),
    "W_out": (3072, 768),
    "b_out": (768,),
    "mlp_out": (2, 6, 768),
}

VARIANTS = {
    "standardise": [
        standard_by_var,
        standard_by_var_mean,
        standard_by_std,
        standard_in_float64,
        standard_by_einops,
        standard_by_loops,
        standard_in_place_on_its_own,
        standard_with_unsqueeze,
        standard_by_biased_correction,
    ],
    "LayerNorm": [
        NormInOneLine,
        NormWithMoreArguments,
        NormInFloat64,
        NormByLoops,
        NormInPlaceOnItsOwn,
    ],
    "gelu": [
        gelu_of_torch,
        gelu_by_module,
        gelu_by_sigmoid,
        gelu_factored,
        gelu_in_float64,
        gelu_in_place_on_its_own,
        gelu_number_by_number,
    ],
    "MLP": [
        MLPOfParameters,
        MLPOfLinears,
        MLPOfConv1D,
        MLPOfLinearsAndBiases,
        MLPByEinsum,
        MLPOneTokenAtATime,
        MLPNeuronByNeuron,
    ],
    "residual_add": [
        add_in_two_lines,
        add_in_place_on_its_own,
        add_with_a_switch,
        add_by_einops,
        add_in_float64,
    ],
    "each_position_alone": [
        alone_piece_by_piece,
        alone_by_other_numbers,
        alone_by_nan,
        alone_by_derivative,
        alone_by_keeping_one,
        alone_by_rows,
    ],
    "count_mlp_parameters": [count_by_modules, count_by_pattern, count_in_a_tensor],
    "shape_table": [SHAPES, {name: list(shape) for name, shape in SHAPES.items()}],
    "RMSNorm": [RMSByMean, RMSByLength, RMSByEinops],
    "SwiGLU": [SwiGLUOfLinears, SwiGLUBySigmoid, SwiGLUByExponential],
    "dropout": [dropout_by_rand, dropout_by_bernoulli, dropout_by_where, dropout_by_masked_fill],
}
"""Right solutions by the name of the check that must accept them."""
