"""The facts of another GPT-2, computed by Hugging Face's own model and torch's own optimiser.

Nothing is published about a fake. These values take the place of the published ones, so that a verification
can be tried where OpenAI's weights are not.
"""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from utils.reference import Reference
from utils.reference.checksums import sha256
from utils.verification import Fact, machine

SHAKESPEARE = Path(machine.__file__).parent / "shakespeare.txt"


def with_hf_values(facts: list[Fact], reference: Reference) -> list[Fact]:
    """Returns the facts with HF's values on this model in place of the published ones.

    Heads that the circuits name are replaced by those that have the property here, and of two names the right
    one is the one that this model prefers.
    """
    hf = _HF(reference)
    facts = [replace(fact, prompt=hf.prompt(fact)) for fact in facts]
    return [replace(fact, value=hf.value(fact), from_memory=False) for fact in facts]


class _HF:
    """HF's model and tokenizer, and what they say to each kind of fact."""

    def __init__(self, reference: Reference):
        self.model, self.tokenizer = reference.model, reference.tokenizer
        self.folder = reference.folder
        self.n_heads = reference.config.n_heads
        self.by_kind: dict[str, Callable[[Fact], Any]] = {
            "attribution": self.attribution,
            "batch loss": self.batch_loss,
            "file digest": lambda fact: sha256(self.folder / "model.safetensors"),
            "file size": lambda fact: (self.folder / "model.safetensors").stat().st_size,
            "first token": self.first_token,
            "greedy": self.greedy,
            "induction": self.induction,
            "logit difference": self.logit_difference,
            "logits": self.logits,
            "loss": self.loss,
            "parameters": lambda fact: sum(each.numel() for each in self.model.parameters()),
            "pattern": self.pattern,
            "previous token": self.previous_token,
            "scores": self.scores,
            "training": self.training,
        }

    def prompt(self, fact: Fact) -> Any:
        """The fact's prompt; with two names for an answer, the likelier one is the right one."""
        if fact.kind not in {"logit difference", "attribution"}:
            return fact.prompt
        return [
            [prompt, *sorted(names, key=lambda name: -self.logit(prompt, name))]
            for prompt, *names in fact.prompt
        ]

    def logit(self, prompt: str, word: str) -> float:
        return self.run("<|endoftext|>" + prompt).logits[0, -1, self.answers(word)].item()

    def value(self, fact: Fact) -> Any:
        """HF's value for a fact; that of a fact that is not run stays."""
        return self.by_kind[fact.kind](fact) if fact.kind in self.by_kind else fact.value

    def tokens(self, prompt: str | list[int]) -> Tensor:
        """One row."""
        return torch.tensor([self.tokenizer.encode(prompt) if isinstance(prompt, str) else prompt])

    @torch.no_grad()
    def run(self, prompt: str | list[int] | Tensor, **options: Any) -> Any:
        """HF's output."""
        tokens = prompt if isinstance(prompt, Tensor) else self.tokens(prompt)
        return self.model(tokens, **options)

    def patterns(self, prompt: Any) -> Tensor:
        """[layers, batch, heads, query, key]"""
        return torch.stack(self.run(prompt, output_attentions=True).attentions)

    def greedy(self, fact: Fact) -> Any:
        tokens = self.tokens(fact.prompt["start"])
        end = self.tokenizer.eos_token_id
        written = self.model.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            max_new_tokens=fact.prompt["new_tokens"],
            do_sample=False,
            pad_token_id=end,
        )[0].tolist()
        return self.tokenizer.decode(written) if isinstance(fact.value, str) else written

    def loss(self, fact: Fact) -> float:
        tokens = self.tokens(fact.prompt)
        return self.run(tokens, labels=tokens).loss.item()

    def batches(self, number: int) -> list[tuple[Tensor, Tensor]]:
        """Inputs and targets, each [4, 64]."""
        speeches = SHAKESPEARE.read_text(encoding="utf-8").split("\n\n")
        ids = self.tokenizer.encode("\n\n".join(f"<|endoftext|>{speech}" for speech in speeches))
        ids = torch.tensor(ids[: 256 * number + 1])
        return list(zip(ids[:-1].view(-1, 4, 64), ids[1:].view(-1, 4, 64), strict=True))

    def of_batch(self, model: Any, inputs: Tensor, targets: Tensor) -> Tensor:
        """torch's cross-entropy."""
        return torch.nn.functional.cross_entropy(model(inputs).logits.flatten(0, 1), targets.flatten())

    @torch.no_grad()
    def batch_loss(self, fact: Fact) -> float:
        batches = self.batches(fact.prompt["shakespeare_batches"])
        return sum(self.of_batch(self.model, *batch).item() for batch in batches) / len(batches)

    def training(self, fact: Fact) -> list[float]:
        model, ((inputs, targets),) = copy.deepcopy(self.model), self.batches(1)
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=1e-4, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01
        )
        losses = []
        for _ in fact.value:
            optimizer.zero_grad()
            loss = self.of_batch(model, inputs, targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    def logits(self, fact: Fact) -> dict[str, Any]:
        logits = self.run(fact.prompt).logits[0, -1]
        top = logits.topk(5)
        return {
            "ids": self.tokenizer.encode(fact.prompt),
            "top": top.indices.tolist(),
            "logits": top.values.tolist(),
            "first3": logits[:3].tolist(),
        }

    def pattern(self, fact: Fact) -> list[list[float]]:
        layer, head = map(int, fact.prompt["head"].split("."))
        return self.patterns(fact.prompt["text"])[layer, 0, head].tolist()

    def scores(self, fact: Fact) -> list[list[float]]:
        layer, head = map(int, fact.prompt["head"].split("."))
        seen: list[Tensor] = []
        attention = self.model.transformer.h[layer].attn
        with attention.c_attn.register_forward_hook(lambda module, inputs, output: seen.append(output)):
            self.run(fact.prompt["text"])
        q, k, _ = (each.unflatten(-1, (self.n_heads, -1))[0, :, head] for each in seen[0].chunk(3, dim=-1))
        return (q @ k.T).tolist()

    def mean_over(self, prompts: list[str], diagonal: Callable[[Tensor], Tensor]) -> Tensor:
        """A mean over queries, then over prompts: [layers, heads]."""
        return torch.stack([diagonal(self.patterns(prompt)[:, 0]).mean(-1) for prompt in prompts]).mean(0)

    def previous_token(self, fact: Fact) -> dict[str, Any]:
        shares = self.mean_over(fact.prompt, lambda pattern: pattern.diagonal(-1, -2, -1))
        layer, head = (shares == shares.max()).nonzero()[0].tolist()
        return {"head": f"{layer}.{head}", "share": shares.max().item()}

    def first_token(self, fact: Fact) -> float:
        first, last = fact.prompt["layers"]
        shares = self.mean_over(fact.prompt["texts"], lambda pattern: pattern[..., 1:, 0])
        return shares[first : last + 1].mean().item()

    def induction(self, fact: Fact) -> list[str]:
        period, rows = fact.prompt["period"], fact.prompt["rows"]
        said = torch.randint(
            50256, (rows, period), generator=torch.Generator().manual_seed(fact.prompt["seed"])
        )
        patterns = self.patterns(torch.cat([torch.full((rows, 1), 50256), said, said], dim=1))
        # From <|endoftext|> on, and without the last query of the first copy.
        repeated = patterns[..., 1:, 1:].diagonal(1 - period, -2, -1)[..., 1:]
        strongest = repeated.mean((1, 3)).flatten().topk(2).indices.tolist()
        return [f"{place // self.n_heads}.{place % self.n_heads}" for place in strongest]

    def answers(self, *words: str) -> list[int]:
        return [only for word in words for only in self.tokenizer.encode(word)]

    def logit_difference(self, fact: Fact) -> float:
        found = []
        for prompt, right, wrong in fact.prompt:
            one, other = self.run("<|endoftext|>" + prompt).logits[0, -1, self.answers(right, wrong)].tolist()
            found.append(one - other)
        return sum(found) / len(found)

    def attribution(self, fact: Fact) -> dict[str, list[str]]:
        """The heads that write most for the right answer, and most against it."""
        total = torch.stack([self.terms(*each) for each in fact.prompt]).mean(0).flatten()
        names = [f"{place // self.n_heads}.{place % self.n_heads}" for place in total.argsort().tolist()]
        return {"for": names[-3:], "against": names[:2]}

    def terms(self, prompt: str, right: str, wrong: str) -> Tensor:
        """What each head writes towards the difference at the last position: [layers, heads]."""
        seen: dict[Any, Tensor] = {}
        body = self.model.transformer
        for layer, block in enumerate(body.h):
            hook = partial(_keep, seen, layer)
            block.attn.c_proj.register_forward_pre_hook(hook)
        body.ln_f.register_forward_pre_hook(partial(_keep, seen, "stream"))
        self.run("<|endoftext|>" + prompt)
        for module in (*(block.attn.c_proj for block in body.h), body.ln_f):
            module._forward_pre_hooks.clear()
        one, other = body.wte.weight[self.answers(right, wrong)].detach()
        scale = (seen["stream"].var(unbiased=False) + body.ln_f.eps).sqrt()
        found = []
        for layer, block in enumerate(body.h):
            z = seen[layer].view(self.n_heads, -1)
            W_O = block.attn.c_proj.weight.detach().view(self.n_heads, z.shape[1], -1)
            written = torch.einsum("hd,hdm->hm", z, W_O)
            centred = written - written.mean(-1, keepdim=True)
            found.append((centred / scale * body.ln_f.weight.detach()) @ (one - other))
        return torch.stack(found)


def _keep(seen: dict[Any, Tensor], key: Any, module: Any, inputs: tuple[Tensor, ...]) -> None:
    seen[key] = inputs[0][0, -1].detach()
