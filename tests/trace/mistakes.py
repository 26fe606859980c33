"""Students' programs with a typical mistake each, in the style of students rather than of the solutions."""

from tests.trace.exercises import (
    ADAM,
    ATTENTION,
    ATTENTION_LABEL,
    GENERATE,
    LAYER_NORM,
    MERGE,
    WORD,
    adam_inputs,
    attention_inputs,
    generate_inputs,
    norm_inputs,
    run_adam,
    run_generate,
)

HEAD = """def attention_head(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    q = x @ W_Q + b_Q
    k = x @ W_K + b_K
    v = x @ W_V + b_V
    scores = q @ k.transpose(-1, -2)
    scores = scores / math.sqrt(W_Q.shape[-1])
    mask = torch.tril(torch.ones(x.shape[1], x.shape[1]))
    scores = scores.masked_fill(mask == 0, float("-inf"))
    pattern = scores.softmax(dim=-1)
    return pattern @ v
"""
NORM = """def layer_norm(x, gain, bias, eps):
    mean = x.mean(dim=-1, keepdim=True)
    var = ((x - mean) ** 2).mean(dim=-1, keepdim=True)
    x_hat = (x - mean) / torch.sqrt(var + eps)
    return gain * x_hat + bias
"""


def attention(old: str, new: str) -> tuple:
    assert HEAD.count(old) == 1
    wrong = HEAD.replace(old, new)
    return ATTENTION, wrong, "attention_head", attention_inputs(), {"label": ATTENTION_LABEL}


def norm(old: str, new: str) -> tuple:
    assert NORM.count(old) == 1
    return LAYER_NORM, NORM.replace(old, new), "layer_norm", norm_inputs(), {}


def merge(old: str, new: str) -> tuple:
    assert MERGE.count(old) == 1
    return MERGE, MERGE.replace(old, new), "merge_pair", WORD, {}


def generate(old: str, new: str) -> tuple:
    assert GENERATE.count(old) == 1
    return GENERATE, GENERATE.replace(old, new), "generate", generate_inputs(), {"run": run_generate}


def adam(old: str, new: str) -> tuple:
    assert ADAM.count(old) == 1
    return ADAM, ADAM.replace(old, new), "Adam", adam_inputs(), {"run": run_adam}


TYPICAL = {
    "scaled by d_model": attention("W_Q.shape[-1]", "x.shape[-1]"),
    "not scaled": attention("scores / math.sqrt(W_Q.shape[-1])", "scores"),
    "mask the other way round": attention("mask == 0", "mask == 1"),
    "softmax over the queries": attention("dim=-1)", "dim=-2)"),
    "bias forgotten": attention("x @ W_K + b_K", "x @ W_K"),
    "values instead of keys": attention("q @ k.transpose", "q @ v.transpose"),
    "variance over the batch": norm(
        "var = ((x - mean) ** 2).mean(dim=-1", "var = ((x - mean) ** 2).mean(dim=0"
    ),
    "gain added": norm("gain * x_hat", "gain + x_hat"),
    "moves on by one": merge("at += 2", "at += 1"),
    "argmax of the first position": generate("[:, -1]", "[:, 0]"),
    "no bias correction": adam("self.v[n] / (1 - 0.99**self.steps)", "self.v[n]"),
}
"""By a name: the official solution, the program, what it defines, the inputs, and how it is called."""
