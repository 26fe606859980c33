"""What is computed for each kind of fact, in the form of the published value."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from utils.reference.checksums import sha256
from utils.tokens import END_OF_TEXT
from utils.verification.facts import Fact
from utils.verification.machine import Machine

Say = Callable[[str], None]
"""Is told what a long measure is doing."""

_AT_ONCE = 8
_FIRST_IDS, _TOP = 3, 5
_STRONGEST = 10


def _greedy(machine: Machine, fact: Fact, say: Say) -> str | list[int]:
    """Continues the prompt greedily, a few tokens at a time so that progress can be shown."""
    written, left = machine.tokens(fact.prompt["start"]), fact.prompt["new_tokens"]
    generate, n_ctx = machine.parts.get("generate"), machine.config.n_ctx
    while left > 0:
        say(f"{left} tokens left")
        written = generate(machine.model, written, min(_AT_ONCE, left), n_ctx, temperature=0)
        left -= _AT_ONCE
    ids = written[0].tolist()
    return machine.decode(ids) if isinstance(fact.value, str) else ids


@torch.no_grad()
def _loss(machine: Machine, fact: Fact, say: Say) -> float:
    losses = machine.parts.get("token_losses")(machine.model, machine.tokens(fact.prompt))
    return losses.mean().item()


@torch.no_grad()
def _batch_loss(machine: Machine, fact: Fact, say: Say) -> float:
    batches = machine.shakespeare(fact.prompt["shakespeare_batches"])
    losses = []
    for number, batch in enumerate(batches, start=1):
        say(f"batch {number} of {len(batches)}")
        losses.append(machine.parts.get("next_token_loss")(machine.model(batch), batch).item())
    return sum(losses) / len(losses)


def _training(machine: Machine, fact: Fact, say: Say) -> list[float]:
    """Trains on one batch and puts the weights back."""
    (batch,) = machine.shakespeare(fact.prompt["shakespeare_batches"])
    model, next_token_loss = machine.model, machine.parts.get("next_token_loss")
    groups = [{"params": list(model.parameters()), "weight_decay": 0.01}]
    optimizer = machine.parts.get("AdamW")(groups, lr=1e-4, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for step in range(len(fact.value)):
        say(f"step {step + 1} of {len(fact.value)}")
        optimizer.zero_grad()
        loss = next_token_loss(model(batch), batch)
        loss.backward()
        losses.append(loss.item())
        if step + 1 < len(fact.value):  # nothing is computed with the weights after the last step
            optimizer.step()
    optimizer.zero_grad()
    del machine.model  # the next fact loads the weights again
    return losses


@torch.no_grad()
def _logits(machine: Machine, fact: Fact, say: Say) -> dict[str, Any]:
    tokens = machine.tokens(fact.prompt)
    logits = machine.model(tokens)[0, -1]
    top = logits.topk(_TOP)
    # The published ids' logits, so that near ties can be told from other tokens.
    published = fact.value["top"]
    return {
        "ids": tokens[0].tolist(),
        "top": top.indices.tolist(),
        "logits": logits[published].tolist(),
        "top logits": top.values.tolist(),
        "first3": logits[:_FIRST_IDS].tolist(),
    }


def _place(head: str) -> tuple[int, int]:
    layer, number = head.split(".")
    return int(layer), int(number)


def _name(layer: int, head: int) -> str:
    return f"{layer}.{head}"


def _pattern(machine: Machine, fact: Fact, say: Say) -> list[list[float]]:
    layer, head = _place(fact.prompt["head"])
    return machine.patterns(machine.tokens(fact.prompt["text"]))[layer, 0, head].tolist()


def _scores(machine: Machine, fact: Fact, say: Say) -> list[list[float]]:
    """Week 5's scores, times √d_head: the published ones are from before the division."""
    layer, head = _place(fact.prompt["head"])
    q, k = machine.queries_and_keys(machine.tokens(fact.prompt["text"]))[layer]
    scores = machine.parts.get("attention_scores")(q, k) * machine.config.d_head**0.5
    return scores[0, head].tolist()


def _mean_scores(machine: Machine, part: str, prompts: list[str], say: Say) -> Float[Tensor, "layers heads"]:
    """Returns a score of week 6 for every head, on average over the prompts."""
    score, found = machine.parts.get(part), []
    for number, prompt in enumerate(prompts, start=1):
        say(f"prompt {number} of {len(prompts)}")
        found.append(score(machine.patterns(machine.tokens(prompt)))[:, 0])
    return torch.stack(found).mean(dim=0)


def _previous_token(machine: Machine, fact: Fact, say: Say) -> dict[str, Any]:
    scores = _mean_scores(machine, "previous_token_score", fact.prompt, say)
    layer, head = divmod(int(scores.argmax()), scores.shape[1])
    return {"head": _name(layer, head), "share": scores[layer, head].item()}


def _first_token(machine: Machine, fact: Fact, say: Say) -> float:
    scores = _mean_scores(machine, "first_token_score", fact.prompt["texts"], say)
    first, last = fact.prompt["layers"]
    return scores[first : last + 1].mean().item()


def _induction(machine: Machine, fact: Fact, say: Say) -> list[str]:
    """Returns the strongest induction heads on `<|endoftext|>` and random tokens, said twice."""
    period, rows = fact.prompt["period"], fact.prompt["rows"]
    generator = torch.Generator().manual_seed(fact.prompt["seed"])
    (end,) = machine.encode(END_OF_TEXT)
    said = torch.randint(end, (rows, period), generator=generator)
    tokens = torch.cat([torch.full((rows, 1), end), said, said], dim=1)
    scores = machine.parts.get("induction_score")(machine.patterns(tokens)[..., 1:, 1:], period).mean(dim=1)
    strongest = scores.flatten().topk(_STRONGEST).indices.tolist()
    return [_name(*divmod(place, scores.shape[1])) for place in strongest]


def _answers(machine: Machine, words: list[str]) -> Tensor:
    return torch.tensor([only for word in words for only in machine.encode(word)])


@torch.no_grad()
def _logit_difference(machine: Machine, fact: Fact, say: Say) -> float:
    ahead = []
    for number, (prompt, right, wrong) in enumerate(fact.prompt, start=1):
        say(f"prompt {number} of {len(fact.prompt)}")
        logits = machine.model(machine.tokens(END_OF_TEXT + prompt))
        one, other = _answers(machine, [right]), _answers(machine, [wrong])
        ahead.append(machine.parts.get("logit_difference")(logits, one, other).item())
    return sum(ahead) / len(ahead)


@torch.no_grad()
def _attribution(machine: Machine, fact: Fact, say: Say) -> dict[str, list[float]]:
    """Returns what each named head writes towards logit(right) − logit(wrong), on average over the prompts.

    As in week 12: each writer's part of the stream is centred and divided by what ln_f divides the whole by.
    """
    heads = [head for group in fact.value.values() for head in group]
    sums = dict.fromkeys(heads, 0.0)
    for number, (prompt, right, wrong) in enumerate(fact.prompt, start=1):
        say(f"prompt {number} of {len(fact.prompt)}")
        for head, term in _terms(machine, prompt, (right, wrong), heads).items():
            sums[head] += term / len(fact.prompt)
    return {group: [sums[head] for head in names] for group, names in fact.value.items()}


def _terms(machine: Machine, prompt: str, words: tuple[str, str], heads: list[str]) -> dict[str, float]:
    streams = machine.parts.get("residual_stream")(machine.model, machine.tokens(END_OF_TEXT + prompt))
    weights = machine.reference.state_dict
    right, wrong = weights["transformer.wte.weight"][_answers(machine, list(words))]
    towards = (right - wrong) * weights["transformer.ln_f.weight"]
    towards = towards - towards.mean()  # the same as centring what is written
    divisor = (streams[-1][0, -1].var(unbiased=False) + machine.config.layer_norm_eps).sqrt()
    found: dict[str, float] = {}
    for layer in sorted({_place(head)[0] for head in heads}):
        block = machine.model.blocks[layer]
        written = machine.parts.get("inside_attention")(block.attn, block.ln_1(streams[layer]))[1][0, :, -1]
        terms = written @ towards / divisor
        found |= {_name(layer, head): terms[head].item() for head in range(len(terms))}
    return {head: found[head] for head in heads}


def _parameters(machine: Machine, fact: Fact, say: Say) -> int:
    """Week 7's count, if the machine has as many."""
    counted = machine.parts.get("count_parameters")(machine.config)
    made = sum(parameter.numel() for parameter in machine.model.parameters())
    return counted if counted == made else made


def _file_size(machine: Machine, fact: Fact, say: Say) -> int:
    return (machine.reference.folder / "model.safetensors").stat().st_size


def _file_digest(machine: Machine, fact: Fact, say: Say) -> str:
    return sha256(machine.reference.folder / "model.safetensors")


MEASURES: dict[str, Callable[[Machine, Fact, Say], Any]] = {
    "attribution": _attribution,
    "batch loss": _batch_loss,
    "file digest": _file_digest,
    "file size": _file_size,
    "first token": _first_token,
    "greedy": _greedy,
    "induction": _induction,
    "logit difference": _logit_difference,
    "logits": _logits,
    "loss": _loss,
    "parameters": _parameters,
    "pattern": _pattern,
    "previous token": _previous_token,
    "scores": _scores,
    "training": _training,
}
"""By the kind of fact. Each is called with the machine, the fact and `say`."""
