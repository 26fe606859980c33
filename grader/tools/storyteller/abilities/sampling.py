"""Samples stories with different temperatures, top-k and top-p, and measures them."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from grader.tools.storyteller.abilities.model import StorytellerModel
from utils.story_world import NotAStory, log_probability

# top_k is always given, since HF's generate defaults to 50.
SAMPLERS: dict[str, dict[str, Any]] = {
    "greedy": {"do_sample": False},
    "temperature 0.5": {"do_sample": True, "top_k": 0, "temperature": 0.5},
    "temperature 1": {"do_sample": True, "top_k": 0},
    "temperature 1.5": {"do_sample": True, "top_k": 0, "temperature": 1.5},
    "top-k 3": {"do_sample": True, "top_k": 3},
    "top-p 0.8": {"do_sample": True, "top_k": 0, "top_p": 0.8},
}


class Sampled(NamedTuple):
    """Stories sampled from a model with one sampler."""

    stories: tuple[str, ...]
    """The first ones, not selected."""
    nats: float
    """−log p of their tokens under the model at temperature 1, per token."""
    different: int
    """The number of distinct stories."""
    true_to_the_world: int
    """The number of stories that the generator could have produced, word for word."""


def sample_stories(model: StorytellerModel, sampler: str, n_stories: int = 20, seed: int = 0) -> Sampled:
    """Samples stories with HF's generate from <|endoftext|>, at most as long as the context."""
    start = torch.full((n_stories, 1), model.end_of_text)
    torch.manual_seed(seed)
    rows = model.hf.generate(
        start,
        attention_mask=torch.ones_like(start),
        max_length=model.hf.config.n_positions,
        pad_token_id=model.end_of_text,
        **SAMPLERS[sampler],
    )
    stories = tuple(model.tokenizer.batch_decode(rows, skip_special_tokens=True))
    return Sampled(
        stories, _nats_per_token(model, rows), len(set(stories)), sum(map(_is_of_the_world, stories))
    )


def _nats_per_token(model: StorytellerModel, rows: Int[Tensor, "stories seq"]) -> float:
    """Returns the mean over all stories' tokens with the <|endoftext|> after each, without padding."""
    nats, counted = 0.0, 0
    for row in rows:
        ends = (row[1:] == model.end_of_text).nonzero()[:, 0].tolist()
        story = row[None, : ends[0] + 2] if ends else row[None]
        logits, _ = model.look(story)
        log_p = logits[0, :-1].log_softmax(-1).gather(-1, story[0, 1:, None])
        nats, counted = nats - log_p.sum().item(), counted + len(log_p)
    return nats / counted


def _is_of_the_world(text: str) -> bool:
    try:
        log_probability(text)
    except NotAStory:
        return False
    return True
