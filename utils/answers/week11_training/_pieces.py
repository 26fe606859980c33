"""Steps of training by torch's own functions, which expected values and mistakes are built from."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_

from utils.checks.fakes.trainable_model import SmallModel


def cross_entropy(*, logits: Tensor, tokens: Tensor, reduction: str = "mean") -> Tensor:
    """Return torch's loss of a batch: every position but the last predicts the token after it."""
    judged = logits[:, :-1].flatten(0, 1)
    return F.cross_entropy(judged, tokens[:, 1:].flatten(), reduction=reduction)


def learn(
    model: nn.Module, optimizer: torch.optim.Optimizer, batches: Iterable[Tensor], max_norm: float
) -> float:
    """Take one step on all batches, joined into one instead of accumulated, and return the loss."""
    everything = torch.cat(list(batches))
    optimizer.zero_grad()
    loss = cross_entropy(logits=model(everything), tokens=everything)
    loss.backward()
    clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss.item()


def torch_adamw(
    model: SmallModel, lr: float, weight_decay: float, betas: tuple[float, float] = (0.9, 0.999)
) -> torch.optim.AdamW:
    """Return torch's AdamW with weight decay for the weights, not for biases and gains."""
    named = dict(model.named_parameters())
    decays = [each for name, each in named.items() if name[0] == "W"]
    stays = [each for name, each in named.items() if name[0] != "W"]
    groups = [{"params": decays, "weight_decay": weight_decay}, {"params": stays, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, betas=betas)


def windows(tokens: Tensor, end_of_text: int, seq: int) -> list[int]:
    """Return the places where a window of `seq` tokens can begin, found one token at a time."""
    last = len(tokens) - seq
    return [place for place, token in enumerate(tokens.tolist()) if token == end_of_text and place <= last]


def draw_batch(tokens: Tensor, places: list[int], size: int, seq: int, generator: torch.Generator) -> Tensor:
    """Return `size` windows that begin at some of `places`, drawn with replacement."""
    picks = torch.randint(0, len(places), [size], generator=generator).tolist()
    return torch.stack([tokens[places[pick] : places[pick] + seq] for pick in picks])
