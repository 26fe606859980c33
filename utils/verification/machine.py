"""GPT-2 as a verification runs it: weights from the reference, everything else from the parts."""

from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from utils.reference import Reference
from utils.tokens import END_OF_TEXT, vocabulary_files
from utils.verification.parts import Parts

_SHAKESPEARE = Path(__file__).parent / "shakespeare.txt"
"""How karpathy/char-rnn's tinyshakespeare/input.txt begins: the first speeches of Coriolanus."""
_ROWS, _SEQ = 4, 64


class Machine:
    """One model for all facts: GPT-2 has 0.5 GB of weights."""

    def __init__(self, parts: Parts, reference: Reference):
        self.parts = parts
        self.reference = reference
        self.config = reference.config

    @cached_property
    def model(self) -> Any:
        """The machine of weeks 3 to 7 with the weights that week 8 loads."""
        return self.parts.get("load_gpt2")(self.reference.state_dict, self.config)

    @cached_property
    def _ranks(self) -> dict[tuple[str, str], int]:
        lines = vocabulary_files()[1].read_text(encoding="utf-8").splitlines()[1:]
        pairs = [tuple(line.split()) for line in lines]
        return {(left, right): rank for rank, (left, right) in enumerate(pairs)}

    @cached_property
    def _vocab(self) -> dict[str, int]:
        return self.parts.get("build_vocab")(list(self._ranks), [END_OF_TEXT])

    def encode(self, text: str) -> list[int]:
        """Returns the ids of a text, by week 2's tokenizer; `<|endoftext|>` in it is one token."""
        return list(self.parts.get("encode_special")(text, self._ranks, self._vocab, [END_OF_TEXT]))

    def decode(self, ids: list[int]) -> str:
        """Returns the text of ids, by week 2's tokenizer."""
        return self.parts.get("decode")(ids, self._vocab)

    def tokens(self, prompt: str | list[int]) -> Int[Tensor, "one seq"]:
        """Returns a text or ids as a batch of one row."""
        return torch.tensor([self.encode(prompt) if isinstance(prompt, str) else prompt])

    def shakespeare(self, batches: int) -> list[Int[Tensor, "4 65"]]:
        """Returns the first batches of tiny Shakespeare, as llm.c's tinyshakespeare.py cuts it.

        `<|endoftext|>` is in front of each speech. A row has one token more than its 64 predictions, the
        first of the next row.
        """
        text = END_OF_TEXT + _SHAKESPEARE.read_text(encoding="utf-8").replace("\n\n", f"\n\n{END_OF_TEXT}")
        ids = torch.tensor(self.encode(text)[: batches * _ROWS * _SEQ + 1])
        return list(ids.unfold(0, _SEQ + 1, _SEQ).split(_ROWS))

    @torch.no_grad()
    def queries_and_keys(self, tokens: Int[Tensor, "batch seq"]) -> list[tuple[Tensor, Tensor]]:
        """Returns q and k of each layer [batch, n_heads, seq, d_head], by week 6's `project_heads`."""
        streams = self.parts.get("residual_stream")(self.model, tokens)
        return [
            self._projected(layer, block.ln_1(resid))
            for layer, (block, resid) in enumerate(zip(self.model.blocks, streams, strict=False))
        ]

    def _projected(self, layer: int, x: Float[Tensor, "batch seq d_model"]) -> tuple[Tensor, Tensor]:
        # From the state dict, since a student's attention may keep its weights in another layout.
        fix_conv1d, project_heads = self.parts.get("fix_conv1d"), self.parts.get("project_heads")
        names = (f"transformer.h.{layer}.attn.c_attn.{kind}" for kind in ("weight", "bias"))
        forms = (fix_conv1d(name, self.reference.state_dict[name], self.config.n_heads) for name in names)
        (W_Q, W_K, _), (b_Q, b_K, _) = forms
        return project_heads(x, W_Q, b_Q), project_heads(x, W_K, b_K)

    def patterns(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "layers batch heads query key"]:
        """Returns every head's attention pattern, by week 5's `attention_pattern`."""
        attention_pattern = self.parts.get("attention_pattern")
        return torch.stack([attention_pattern(q, k) for q, k in self.queries_and_keys(tokens)])
