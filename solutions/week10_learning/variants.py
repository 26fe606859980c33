"""Right solutions of week 10 in other styles: a test proves that the checks accept every one of them.

The names say what is unusual about each. The notebook's own solutions are tested besides.
"""

import itertools
import math
from collections import Counter
from typing import ClassVar

import numpy as np
import torch
from torch.nn import functional as F

# --- next_token_loss --------------------------------------------------------------------------------------


def loss_by_cross_entropy(logits, tokens):
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())


def loss_with_the_classes_second(logits, tokens):
    return F.cross_entropy(logits[:, :-1].mT, tokens[:, 1:])


def loss_by_one_hot(logits, tokens):
    hits = F.one_hot(tokens[:, 1:], logits.shape[-1])
    return -(hits * F.log_softmax(logits[:, :-1], dim=-1)).sum(-1).mean()


def loss_by_logsumexp(logits, tokens):
    guesses, targets = logits[:, :-1], tokens[:, 1:]
    chosen = torch.take_along_dim(guesses, targets.unsqueeze(-1), dim=-1).squeeze(-1)
    return (guesses.logsumexp(-1) - chosen).mean()


def loss_by_loops(logits, tokens):
    losses = [
        -logits[row, place].log_softmax(0)[tokens[row, place + 1]]
        for row, place in itertools.product(range(len(tokens)), range(tokens.shape[1] - 1))
    ]
    return sum(losses) / len(losses)


def loss_with_ignored_labels(logits, tokens):
    """Every position keeps its logits; the last one's label is the one that cross_entropy ignores."""
    labels = torch.cat([tokens[:, 1:], torch.full((len(tokens), 1), -100)], dim=1)
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.reshape(-1), ignore_index=-100)


def loss_in_float64(logits, tokens, reduction="mean"):
    wide = logits.double()[:, :-1].log_softmax(-1)
    return F.nll_loss(wide.flatten(0, 1), tokens[:, 1:].flatten(), reduction=reduction).to(logits.dtype)


def loss_by_indexing(logits, tokens):
    batch, seq = tokens.shape
    rows, places = torch.arange(batch)[:, None], torch.arange(seq - 1)
    return -logits.log_softmax(-1)[rows, places, tokens[:, 1:]].mean()


# --- gradient_check ---------------------------------------------------------------------------------------


def _relative(gradient, measured):
    lengths = np.linalg.norm(gradient) + np.linalg.norm(measured)
    return float(np.linalg.norm(gradient - measured) / lengths) if lengths else 0.0


def check_on_a_copy(loss_of, x, gradient, step=1e-5):
    """Moves the entries of one copy, and puts each back where it was."""
    at = x.detach().clone().double()
    flat, slopes = at.view(-1), []
    for place in range(len(flat)):
        here = flat[place].item()
        flat[place] = here + step
        above = float(loss_of(at))
        flat[place] = here - step
        slopes.append((above - float(loss_of(at))) / (2 * step))
        flat[place] = here
    return _relative(gradient.double().numpy().ravel(), np.array(slopes))


def check_by_unit_vectors(loss_of, x, gradient, step=1e-5):
    wide = x.to(torch.float64)
    units = torch.eye(wide.numel(), dtype=torch.float64).reshape(-1, *wide.shape)
    slopes = [(loss_of(wide + step * unit) - loss_of(wide - step * unit)) / step / 2 for unit in units]
    measured = torch.stack(slopes).reshape(wide.shape)
    apart = torch.linalg.vector_norm(gradient - measured)
    lengths = torch.linalg.vector_norm(gradient.double()) + torch.linalg.vector_norm(measured)
    return 0.0 if lengths == 0 else float(apart / lengths)


def check_by_index(loss_of, x, gradient, step=1e-5):
    """Goes through the indices, one axis after the other."""
    measured = torch.empty(x.shape, dtype=torch.double)
    for index in itertools.product(*map(range, x.shape)):
        values = []
        for sign in (1, -1):
            moved = x.double().clone()
            moved[index] += sign * step
            values.append(loss_of(moved).item())
        measured[index] = (values[0] - values[1]) / (2 * step)
    return _relative(gradient.double().numpy(), measured.numpy())


def check_with_numbers(loss_of, x, gradient, step=1e-5):
    entries, squares = x.double().flatten().tolist(), Counter()
    for place, slope in enumerate(gradient.double().flatten().tolist()):
        both = []
        for way in (step, -step):
            moved = list(entries)
            moved[place] += way
            both.append(loss_of(torch.tensor(moved, dtype=torch.float64).reshape(x.shape)).item())
        measured = (both[0] - both[1]) / (2 * step)
        squares.update(apart=(slope - measured) ** 2, one=slope**2, other=measured**2)
    lengths = math.sqrt(squares["one"]) + math.sqrt(squares["other"])
    return math.sqrt(squares["apart"]) / lengths if lengths else 0


# --- backward passes --------------------------------------------------------------------------------------


def softmax_by_scatter(logits, targets):
    gradient = F.softmax(logits, dim=-1)
    gradient.scatter_add_(-1, targets[..., None], torch.full_like(gradient[..., :1], -1.0))
    return gradient / (targets.shape[0] * targets.shape[1])


def softmax_by_exponentials(logits, targets):
    powers = torch.exp(logits - logits.amax(-1, keepdim=True))
    shares = powers / powers.sum(-1, keepdim=True)
    hits = torch.arange(logits.shape[-1]) == targets.unsqueeze(-1)
    return (shares - hits.to(logits.dtype)).div(targets.numel())


def softmax_row_by_row(logits, targets):
    """One position after the other, into a tensor of zeros."""
    gradient = torch.zeros_like(logits)
    for b, s in itertools.product(*map(range, targets.shape)):
        gradient[b, s] = logits[b, s].softmax(0)
        gradient[b, s, targets[b, s]] -= 1
    return gradient / targets.numel()


def softmax_by_index(logits, targets):
    gradient = logits.log_softmax(-1).exp()
    batch, seq = targets.shape
    gradient[torch.arange(batch)[:, None], torch.arange(seq), targets] -= 1
    return gradient.mul_(1 / (batch * seq))


def softmax_by_numpy(logits, targets):
    z = logits.double().numpy()
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    shares = powers / powers.sum(axis=-1, keepdims=True)
    hits = np.arange(z.shape[-1]) == targets.numpy()[..., None]
    gradient = (shares - hits) / targets.numel()
    return torch.from_numpy(gradient).to(logits.dtype)


def linear_by_flattening(grad_out, x, W):
    flat_out, flat_in = grad_out.flatten(0, 1), x.flatten(0, 1)
    return grad_out @ W.t(), flat_in.T @ flat_out, flat_out.sum(0)


def linear_by_torch_einsum(grad_out, x, W):
    return (
        torch.einsum("bso,io->bsi", grad_out, W),
        torch.einsum("bsi,bso->io", x, grad_out),
        torch.einsum("bso->o", grad_out),
    )


def linear_prompt_by_prompt(grad_out, x, W):
    grad_W, grad_b = torch.zeros_like(W), torch.zeros_like(W[0])
    for inputs, back in zip(x, grad_out, strict=True):
        grad_W += inputs.T @ back
        grad_b += back.sum(dim=0)
    return [F.linear(grad_out, W), grad_W, grad_b]


def linear_token_by_token(grad_out, x, W):
    grad_x, grad_W = torch.zeros_like(x), torch.zeros_like(W)
    for b, s in itertools.product(*map(range, x.shape[:2])):
        grad_x[b, s] = W @ grad_out[b, s]
        grad_W += torch.outer(x[b, s], grad_out[b, s])
    return grad_x, grad_W, grad_out.sum(1).sum(0)


def linear_by_batch_products(grad_out, x, W):
    grad_W = torch.bmm(x.transpose(1, 2), grad_out).sum(dim=0)
    ones = torch.ones(1, x.shape[0] * x.shape[1], dtype=x.dtype)
    return (
        torch.matmul(grad_out, W.transpose(0, 1)),
        grad_W,
        (ones @ grad_out.reshape(-1, W.shape[1])).squeeze(0),
    )


def gelu_by_cosh(grad_out, x):
    u = 0.7978845608028654 * (x + 0.044715 * x * x * x)
    steep = 1 / torch.cosh(u.clamp(-40, 40)) ** 2
    slope = (1 + u.tanh()) / 2 + x / 2 * steep * 0.7978845608028654 * (1 + 0.134145 * x * x)
    return slope * grad_out


def gelu_by_sigmoid(grad_out, x):
    """1 + tanh u is twice the sigmoid of 2u."""
    factor = 2 * math.sqrt(2 / math.pi)
    gate = torch.sigmoid(factor * (x + 0.044715 * x.pow(3)))
    return grad_out * (gate + x * gate * (1 - gate) * factor * (1 + 3 * 0.044715 * x.pow(2)))


def gelu_in_float64(grad_out, x):
    return gelu_by_sigmoid(grad_out.double(), x.double()).to(x.dtype)


def gelu_number_by_number(grad_out, x):
    def slope(number):
        u = math.sqrt(2 / math.pi) * (number + 0.044715 * number**3)
        bent = math.tanh(u)
        return 0.5 * (
            1 + bent + number * (1 - bent**2) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * number**2)
        )

    slopes = torch.tensor([slope(number) for number in x.flatten().tolist()], dtype=torch.float64)
    return grad_out * slopes.reshape(x.shape).to(x.dtype)


# --- optimisers -------------------------------------------------------------------------------------------


@torch.no_grad()
def sgd_by_copying(parameters, velocities, lr, momentum):
    for p, velocity in zip(parameters, velocities, strict=True):
        if p.grad is not None:
            velocity[...] = momentum * velocity + p.grad
            p[...] = p - lr * velocity


def sgd_on_data(parameters, velocities, lr, momentum):
    for i, p in enumerate(parameters):
        if p.grad is not None:
            velocities[i].copy_(p.grad + momentum * velocities[i])
            p.data = p.data - lr * velocities[i]


def sgd_with_new_velocities(parameters, velocities, lr, momentum, nesterov=False):
    """Puts new tensors into the list of velocities."""
    with torch.no_grad():
        for i, p in enumerate(parameters):
            if p.grad is None:
                continue
            velocities[i] = momentum * velocities[i] + p.grad
            p -= lr * velocities[i]


@torch.no_grad()
def sgd_all_at_once(parameters, velocities, lr, momentum):
    moving = [(p, v) for p, v in zip(parameters, velocities, strict=True) if p.grad is not None]
    kept = [v for _, v in moving]
    torch._foreach_mul_(kept, momentum)
    torch._foreach_add_(kept, [p.grad for p, _ in moving])
    torch._foreach_add_([p for p, _ in moving], kept, alpha=-lr)


class AdamWOfLists:
    """Moments in lists, the running means written out, the corrections in the step's length."""

    def __init__(self, groups, lr, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.eps, (self.b1, self.b2) = lr, eps, betas
        self.members = [(p, group["weight_decay"]) for group in groups for p in group["params"]]
        self.m = [torch.zeros_like(p.data) for p, _ in self.members]
        self.v = [torch.zeros_like(p.data) for p, _ in self.members]
        self.t = [0] * len(self.members)

    def step(self):
        with torch.no_grad():
            for i, ((p, decay), m, v) in enumerate(zip(self.members, self.m, self.v, strict=True)):
                if p.grad is None:
                    continue
                self.t[i] += 1
                m.mul_(self.b1).add_(p.grad, alpha=1 - self.b1)
                v.mul_(self.b2).addcmul_(p.grad, p.grad, value=1 - self.b2)
                p -= self.lr * decay * p
                root = (v / (1 - self.b2 ** self.t[i])).sqrt() + self.eps
                p.addcdiv_(m, root, value=-self.lr / (1 - self.b1 ** self.t[i]))

    def zero_grad(self):
        for p, _ in self.members:
            p.grad = None

    def state_dict(self):
        return {"t": self.t, "lr": self.lr, "m": self.m, "v": self.v}

    def load_state_dict(self, state):
        self.t, self.lr, self.m, self.v = (state[key] for key in ("t", "lr", "m", "v"))


class AdamWOfStates:
    """A state for each parameter with a step of its own, as torch has it; gradients become 0."""

    def __init__(self, groups, lr, betas=(0.9, 0.999), eps=1e-8, amsgrad=False):
        self.groups, self.lr, self.betas, self.eps = groups, lr, betas, eps
        self.state = {}

    def step(self):
        for group in self.groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.data = self.moved(p, group["weight_decay"])

    def moved(self, p, decay):
        count, mean, square = self.state.get(id(p), (0, 0, 0))
        count += 1
        mean = self.betas[0] * mean + (1 - self.betas[0]) * p.grad
        square = self.betas[1] * square + (1 - self.betas[1]) * p.grad**2
        self.state[id(p)] = count, mean, square
        hats = mean / (1 - self.betas[0] ** count), square / (1 - self.betas[1] ** count)
        return p.data - self.lr * decay * p.data - self.lr * hats[0] / (torch.sqrt(hats[1]) + self.eps)

    def zero_grad(self):
        for p in (p for group in self.groups for p in group["params"]):
            if p.grad is not None:
                p.grad = torch.zeros_like(p.grad)

    def state_dict(self):
        members = [p for group in self.groups for p in group["params"]]
        return {"lr": self.lr, "states": [list(self.state.get(id(p), ())) for p in members]}

    def load_state_dict(self, state):
        self.lr = state["lr"]
        members = [p for group in self.groups for p in group["params"]]
        self.state = {id(p): tuple(kept) for p, kept in zip(members, state["states"], strict=True) if kept}


class AdamWOfForeach(AdamWOfLists):
    """All parameters at once, by torch's functions for lists."""

    @torch.no_grad()
    def step(self):
        ready = [i for i, (p, _) in enumerate(self.members) if p.grad is not None]
        parameters, m, v = (
            [self.members[i][0] for i in ready],
            [self.m[i] for i in ready],
            [self.v[i] for i in ready],
        )
        gradients = [p.grad for p in parameters]
        for i in ready:
            self.t[i] += 1
        first, second = ([1 - beta ** self.t[i] for i in ready] for beta in (self.b1, self.b2))
        torch._foreach_lerp_(m, gradients, 1 - self.b1)
        torch._foreach_mul_(v, self.b2)
        torch._foreach_addcmul_(v, gradients, gradients, 1 - self.b2)
        for p, (_, decay) in zip(parameters, (self.members[i] for i in ready), strict=True):
            p.mul_(1 - self.lr * decay)
        roots = torch._foreach_sqrt(torch._foreach_div(v, second))
        torch._foreach_add_(roots, self.eps)
        torch._foreach_addcdiv_(parameters, m, roots, [-self.lr / each for each in first])


def clip_by_one_vector(parameters, max_norm):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    if norm > max_norm:
        for gradient in gradients:
            gradient *= max_norm / norm
    return norm


def clip_by_squares(parameters, max_norm):
    members = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum((p.grad**2).sum().item() for p in members))
    for p in members:
        p.grad = p.grad * min(1.0, max_norm / (norm + 1e-6))
    return norm


def clip_by_foreach(parameters, max_norm, norm_type=2.0):
    gradients = [p.grad for p in list(parameters) if p.grad is not None]
    total = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients, norm_type)))
    torch._foreach_mul_(gradients, float((max_norm / (total + 1e-6)).clamp(max=1)))
    return total


def clip_on_data(parameters, max_norm):
    parameters = list(parameters)
    norm = sum(p.grad.double().square().sum() for p in parameters if p.grad is not None).sqrt().item()
    factor = max_norm / norm if norm > max_norm else 1
    for p in parameters:
        if p.grad is not None:
            p.grad.data.mul_(factor)
    return torch.tensor(norm)


def schedule_by_interpolation(step, warmup_steps, total_steps, max_lr, min_lr):
    if step < warmup_steps:
        return float(np.interp(step + 1, [0, warmup_steps], [0, max_lr]))
    done = np.clip((step - warmup_steps + 1) / (total_steps - warmup_steps), 0, 1)
    return float(min_lr + 0.5 * (max_lr - min_lr) * (1 + np.cos(np.pi * done)))


def schedule_by_cases(step, warmup_steps, total_steps, max_lr, min_lr):
    if step >= total_steps - 1:
        return min_lr
    if step < warmup_steps:
        return (1 + step) * (max_lr / warmup_steps)
    angle = math.pi * (step + 1 - warmup_steps) / (total_steps - warmup_steps)
    return (max_lr + min_lr) / 2 + math.cos(angle) * (max_lr - min_lr) / 2


def schedule_by_squared_cosine(step, warmup_steps, total_steps, max_lr, min_lr):
    """(1 + cos 2a) / 2 is cos² a."""
    left = max(total_steps - 1 - step, 0) / (total_steps - warmup_steps)
    rising = (step + 1) / warmup_steps * max_lr if step < warmup_steps else math.inf
    falling = min_lr + (max_lr - min_lr) * math.sin(math.pi / 2 * min(left, 1)) ** 2
    return min(rising, falling) if step < warmup_steps else falling


def schedule_as_tensor(step, warmup_steps, total_steps, max_lr, min_lr):
    step = torch.tensor(step, dtype=torch.float64)
    progress = ((step + 1 - warmup_steps) / (total_steps - warmup_steps)).clamp(0, 1)
    falling = min_lr + (max_lr - min_lr) * (1 + torch.cos(torch.pi * progress)) / 2
    return torch.where(step < warmup_steps, max_lr * (step + 1) / max(warmup_steps, 1), falling)


def groups_by_comprehension(model, weight_decay):
    named = dict(model.named_parameters())
    decays = {name for name in named if name.split(".")[-1].startswith("W")}
    return [
        {"params": [p for name, p in named.items() if name in decays], "weight_decay": weight_decay},
        {"params": [p for name, p in named.items() if name not in decays], "weight_decay": 0.0},
    ]


def groups_by_modules(model, weight_decay):
    """Goes through the modules, and remembers which parameters it has seen; the group without decay first."""
    seen, groups = set(), {True: [], False: []}
    for module in model.modules():
        for name, p in module.named_parameters(recurse=False):
            if p not in seen:
                seen.add(p)
                groups[name[0] == "W"].append(p)
    return [
        {"params": groups[False], "weight_decay": 0, "name": "others"},
        {"params": groups[True], "weight_decay": weight_decay, "name": "weights"},
    ]


def groups_as_a_tuple(model, weight_decay):
    parts = [(name.rpartition(".")[2], p) for name, p in model.named_parameters()]
    weights = tuple(p for name, p in parts if name.startswith("W"))
    others = tuple(p for name, p in parts if not name.startswith("W"))
    return dict(params=weights, weight_decay=weight_decay), dict(params=others, weight_decay=0.0)


# --- stretch ----------------------------------------------------------------------------------------------


def norm_by_the_paper(grad_out, x, gain, eps):
    """The three ways from x to the output one by one: through the variance, through the mean, and directly."""
    n = x.shape[-1]
    centred = x - x.mean(-1, keepdim=True)
    inverse = (centred.square().mean(-1, keepdim=True) + eps).rsqrt()
    grad_z = grad_out * gain
    grad_variance = (grad_z * centred).sum(-1, keepdim=True) * -0.5 * inverse**3
    grad_mean = -(grad_z * inverse).sum(-1, keepdim=True)
    grad_x = grad_z * inverse + grad_variance * 2 * centred / n + grad_mean / n
    return grad_x, torch.einsum("bsd,bsd->d", grad_out, centred * inverse), torch.einsum("bsd->d", grad_out)


def norm_token_by_token(grad_out, x, gain, eps):
    grad_x, grad_gain, grad_bias = torch.zeros_like(x), torch.zeros_like(gain), torch.zeros_like(gain)
    for b, s in itertools.product(*map(range, x.shape[:2])):
        deviation = (x[b, s].var(correction=0) + eps).sqrt()
        z = (x[b, s] - x[b, s].mean()) / deviation
        g = grad_out[b, s] * gain
        grad_x[b, s] = (g - g.mean() - z * torch.dot(g, z) / len(z)) / deviation
        grad_gain += grad_out[b, s] * z
        grad_bias += grad_out[b, s]
    return grad_x, grad_gain, grad_bias


def norm_by_the_jacobian(grad_out, x, gain, eps):
    n = x.shape[-1]
    deviation = (x.var(-1, unbiased=False, keepdim=True) + eps).sqrt()
    z = F.layer_norm(x, (n,), eps=eps)
    jacobian = torch.eye(n, dtype=x.dtype) - 1 / n - z[..., :, None] * z[..., None, :] / n
    grad_x = (jacobian @ (grad_out * gain)[..., None])[..., 0] / deviation
    return [grad_x, (grad_out * z).flatten(0, 1).sum(0), grad_out.flatten(0, 1).sum(0)]


def _pattern(q, k):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    hidden = torch.ones(q.shape[-2], q.shape[-2], dtype=torch.bool).triu(1)
    return scores.masked_fill(hidden, -torch.inf).softmax(-1)


def attention_by_einsum(grad_z, q, k, v):
    pattern = _pattern(q, k)
    grad_v = torch.einsum("...qk,...qd->...kd", pattern, grad_z)
    grad_pattern = torch.einsum("...qd,...kd->...qk", grad_z, v)
    grad_scores = pattern * grad_pattern - pattern * (pattern * grad_pattern).sum(-1, keepdim=True)
    grad_scores = grad_scores * q.shape[-1] ** -0.5
    grad_q = torch.einsum("...qk,...kd->...qd", grad_scores, k)
    return grad_q, torch.einsum("...qk,...qd->...kd", grad_scores, q), grad_v


def attention_by_z(grad_z, q, k, v):
    """The weighted mean of the pattern's gradient is the product of grad_z with z: how FlashAttention does it."""
    pattern = _pattern(q, k)
    mean = (grad_z * (pattern @ v)).sum(-1, keepdim=True)
    grad_scores = pattern * (grad_z @ v.mT - mean) / q.shape[-1] ** 0.5
    return [grad_scores @ k, grad_scores.mT @ q, pattern.mT @ grad_z]


def attention_query_by_query(grad_z, q, k, v):
    grad_q, grad_k, grad_v = (torch.zeros_like(each) for each in (q, k, v))
    root = math.sqrt(q.shape[-1])
    for i in range(q.shape[-2]):
        keys, values = k[..., : i + 1, :], v[..., : i + 1, :]
        shares = ((keys * q[..., i, None, :]).sum(-1) / root).softmax(-1)
        back = (values * grad_z[..., i, None, :]).sum(-1)
        of_scores = shares * (back - (shares * back).sum(-1, keepdim=True)) / root
        grad_q[..., i, :] = (of_scores[..., None] * keys).sum(-2)
        grad_k[..., : i + 1, :] += of_scores[..., None] * q[..., i, None, :]
        grad_v[..., : i + 1, :] += shares[..., None] * grad_z[..., i, None, :]
    return grad_q, grad_k, grad_v


class ScalarOfClosures:
    """Each number keeps a function that passes its gradient on, as micrograd has it."""

    def __init__(self, value, children=()):
        self.value, self.grad = value, 0.0
        self._children, self._pass_on = set(children), lambda: None

    def __add__(self, other):
        other = other if isinstance(other, ScalarOfClosures) else ScalarOfClosures(other)
        out = ScalarOfClosures(self.value + other.value, (self, other))

        def pass_on():
            self.grad += out.grad
            other.grad += out.grad

        out._pass_on = pass_on
        return out

    def __mul__(self, other):
        other = other if isinstance(other, ScalarOfClosures) else ScalarOfClosures(other)
        out = ScalarOfClosures(self.value * other.value, (self, other))

        def pass_on():
            self.grad += other.value * out.grad
            other.grad += self.value * out.grad

        out._pass_on = pass_on
        return out

    def tanh(self):
        t = math.tanh(self.value)
        out = ScalarOfClosures(t, (self,))

        def pass_on():
            self.grad += (1 - t**2) * out.grad

        out._pass_on = pass_on
        return out

    def backward(self):
        order, visited = [], set()

        def build(node):
            if node not in visited:
                visited.add(node)
                for child in node._children:
                    build(child)
                order.append(node)

        build(self)
        self.grad = 1.0
        for node in order[::-1]:
            node._pass_on()

    __radd__, __rmul__ = __add__, __mul__


class ScalarOnATape:
    """Every number notes its place on a common tape; backward reads the tape from the end."""

    tape: ClassVar[list] = []

    def __init__(self, value, made_from=()):
        self.value, self.made_from, self.grad = float(value), made_from, 0.0
        self.tape.append(self)

    def __add__(self, other):
        other = other if isinstance(other, ScalarOnATape) else ScalarOnATape(other)
        return ScalarOnATape(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = other if isinstance(other, ScalarOnATape) else ScalarOnATape(other)
        return ScalarOnATape(self.value * other.value, ((self, other.value), (other, self.value)))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def tanh(self):
        return ScalarOnATape(math.tanh(self.value), ((self, 1 / math.cosh(self.value) ** 2),))

    def backward(self):
        self.grad = 1.0
        for number in reversed(self.tape):
            for other, slope in number.made_from:
                other.grad += slope * number.grad
        self.tape.clear()


class ScalarWayByWay(ScalarOnATape):
    """Follows every way from the result down by itself, with the product of the slopes on it: slow, and right."""

    def backward(self):
        def down(number, product):
            number.grad += product
            for other, slope in number.made_from:
                down(other, product * slope)

        down(self, 1.0)
        self.tape.clear()


SHAPES = {
    "logits": (2, 6, 50257),
    "judged_logits": (2, 5, 50257),
    "loss": (),
    "grad_logits": (2, 6, 50257),
    "x": (2, 6, 768),
    "W_in": (768, 3072),
    "pre": (2, 6, 3072),
    "grad_pre": (2, 6, 3072),
    "grad_W_in": (768, 3072),
    "grad_b_in": (3072,),
    "grad_x": (2, 6, 768),
    "square_b_in": (3072,),
    "grad_norm": (),
}

VARIANTS = {
    "next_token_loss": [
        loss_by_cross_entropy,
        loss_with_the_classes_second,
        loss_by_one_hot,
        loss_by_logsumexp,
        loss_by_loops,
        loss_with_ignored_labels,
        loss_in_float64,
        loss_by_indexing,
    ],
    "gradient_check": [check_on_a_copy, check_by_unit_vectors, check_by_index, check_with_numbers],
    "softmax_cross_entropy_backward": [
        softmax_by_scatter,
        softmax_by_exponentials,
        softmax_row_by_row,
        softmax_by_index,
        softmax_by_numpy,
    ],
    "linear_backward": [
        linear_by_flattening,
        linear_by_torch_einsum,
        linear_prompt_by_prompt,
        linear_token_by_token,
        linear_by_batch_products,
    ],
    "gelu_backward": [gelu_by_cosh, gelu_by_sigmoid, gelu_in_float64, gelu_number_by_number],
    "sgd_momentum": [sgd_by_copying, sgd_on_data, sgd_with_new_velocities, sgd_all_at_once],
    "AdamW": [AdamWOfLists, AdamWOfStates, AdamWOfForeach],
    "clip_grad_norm": [clip_by_one_vector, clip_by_squares, clip_by_foreach, clip_on_data],
    "lr_schedule": [
        schedule_by_interpolation,
        schedule_by_cases,
        schedule_by_squared_cosine,
        schedule_as_tensor,
    ],
    "decay_groups": [groups_by_comprehension, groups_by_modules, groups_as_a_tuple],
    "shape_table": [SHAPES, {name: list(shape) for name, shape in SHAPES.items()}, SHAPES.copy],
    "layer_norm_backward": [norm_by_the_paper, norm_token_by_token, norm_by_the_jacobian],
    "attention_backward": [attention_by_einsum, attention_by_z, attention_query_by_query],
    "Scalar": [ScalarOfClosures, ScalarOnATape, ScalarWayByWay],
}
"""Right solutions by the name of the check that must accept them."""
