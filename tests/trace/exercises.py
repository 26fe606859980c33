"""Official solutions of a few exercises, with inputs."""

import torch

ATTENTION = """
def attention_head(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    q = x @ W_Q + b_Q
    k = x @ W_K + b_K
    v = x @ W_V + b_V
    matches = einsum(q, k, "batch query d_head, batch key d_head -> batch query key")
    scores = matches / math.sqrt(W_Q.shape[1])
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(diagonal=1)
    visible_scores = scores.masked_fill(future, float("-inf"))
    pattern = torch.softmax(visible_scores, dim=-1)
    return einsum(pattern, v, "batch query key, batch key d_head -> batch query d_head")
"""
ATTENTION_LABEL = "random weights, batch 2 · seq 5 · d_model 7 · d_head 3"

LAYER_NORM = """
def layer_norm(x, gain, bias, eps):
    centred = x - x.mean(-1, True)
    variance = (centred * centred).mean(-1, True)
    normalised = centred / (variance + eps).sqrt()
    return normalised * gain + bias
"""

MERGE = """
def merge_pair(word, pair):
    at, merged = 0, []
    while at != len(word):
        if pair == word[at : at + 2]:
            merged.append("".join(pair))
            at += 2
        else:
            merged.append(word[at])
            at += 1
    return tuple(merged)
"""

GENERATE = """
def generate(model, tokens, n_new):
    for _ in range(n_new):
        logits = model(tokens)[:, -1]
        drawn = logits.argmax(dim=-1, keepdim=True)
        tokens = torch.cat([tokens, drawn], dim=1)
    return tokens
"""

ADAM = """
class Adam:
    def __init__(self, parameters, lr):
        self.parameters, self.lr, self.steps = parameters, lr, 0
        self.m = [torch.zeros_like(p) for p in parameters]
        self.v = [torch.zeros_like(p) for p in parameters]

    def step(self):
        self.steps += 1
        for n, p in enumerate(self.parameters):
            self.m[n] = 0.9 * self.m[n] + 0.1 * p.grad
            self.v[n] = 0.99 * self.v[n] + 0.01 * p.grad**2
            m = self.m[n] / (1 - 0.9**self.steps)
            v = self.v[n] / (1 - 0.99**self.steps)
            change = self.lr * m / (v.sqrt() + 1e-8)
            p.data -= change
"""


def attention_inputs() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator)

    weights = {f"W_{letter}": normal(7, 3) for letter in "QKV"}
    return {"x": normal(2, 5, 7), **weights, **{f"b_{letter}": normal(3) for letter in "QKV"}}


def norm_inputs() -> dict[str, object]:
    generator = torch.Generator().manual_seed(6)
    return {
        "x": torch.randn(2, 3, 6, generator=generator),
        "gain": torch.randn(6, generator=generator),
        "bias": torch.randn(6, generator=generator),
        "eps": 1e-5,
    }


WORD = {"word": tuple("newest newer"), "pair": ("n", "e")}


def run_generate(generate: object, table: torch.Tensor, tokens: torch.Tensor, n_new: int) -> torch.Tensor:
    """Call a student's generate on a model that looks at the last token and the number of tokens."""
    return generate(lambda ids: table[ids] * (1 + ids.shape[1] % 3), tokens, n_new)  # type: ignore[operator]


def generate_inputs() -> dict[str, object]:
    table = torch.randn(11, 11, generator=torch.Generator().manual_seed(7))
    return {"table": table, "tokens": torch.tensor([[3, 1], [7, 2]]), "n_new": 4}


def run_adam(Adam: type, start: torch.Tensor, gradients: torch.Tensor, lr: float) -> list[torch.Tensor]:
    """Call a student's optimiser for a few steps, and return the parameter after each."""
    parameter = torch.nn.Parameter(start.clone())
    optimiser, after = Adam([parameter], lr), []
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimiser.step()
        after.append(parameter.detach().clone())
    return after


def adam_inputs() -> dict[str, object]:
    generator = torch.Generator().manual_seed(8)
    return {
        "start": torch.randn(5, generator=generator),
        "gradients": torch.randn(3, 5, generator=generator),
        "lr": 0.1,
    }
