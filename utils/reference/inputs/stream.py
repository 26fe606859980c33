"""What the residual stream of the reference model is the sum of."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from utils.reference import Reference


def stream_parts(reference: Reference, texts: Sequence[str]) -> Float[Tensor, "part text d_model"]:
    """Return what the residual stream at the last token of each text is the sum of.

    The parts are the token embedding, the position embedding, and what each layer adds: its attention and its
    MLP together. Their sum is what ln_f reads.
    """
    return torch.stack([_parts_of(reference, text) for text in texts], dim=1)


@torch.no_grad()
def _parts_of(reference: Reference, text: str) -> Float[Tensor, "part d_model"]:
    ids = torch.tensor([reference.tokenizer.encode(text)])
    transformer = reference.model.transformer
    written: list[list[Tensor]] = [[] for _ in transformer.h]

    def noted_in(layer: list[Tensor]) -> Callable[[nn.Module, Any, Any], None]:
        def note(writer: nn.Module, given: Any, output: Any) -> None:
            layer.append((output[0] if isinstance(output, tuple) else output)[0, -1])

        return note

    hooks = [
        block.get_submodule(writer).register_forward_hook(noted_in(layer))
        for block, layer in zip(transformer.h, written, strict=True)
        for writer in ("attn", "mlp")
    ]
    try:
        transformer(ids)
    finally:
        for hook in hooks:
            hook.remove()
    embedded = [transformer.wte.weight[ids[0, -1]], transformer.wpe.weight[ids.shape[1] - 1]]
    return torch.stack([*embedded, *(attention + mlp for attention, mlp in written)]).float()
