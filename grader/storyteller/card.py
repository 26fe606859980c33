"""The model card, README.md beside the weights."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.storyteller.recipe import Recipe
from utils.training import TrainingSettings

SAMPLES = 20
"""Stories in the card: the first that come, unselected."""


@dataclass(frozen=True)
class Facts:
    """What is known of a training when it is over."""

    recipe: Recipe
    settings: TrainingSettings
    parameters: int
    """Numbers that were trained."""
    ids: int
    """Ids that have a row of their own."""
    loss: float
    """Nats per token on validation stories, under the small vocabulary, before rounding to float16."""
    floor: float
    stories: Sequence[str]
    """Samples at temperature 1."""


def card(facts: Facts) -> str:
    """The card's text, in Markdown."""
    recipe, settings = facts.recipe, facts.settings
    told = "\n".join(f"{number}. {story}" for number, story in enumerate(facts.stories, start=1))
    tokens = f"{settings.total_steps * settings.tokens_per_step:,}"
    steps = f"{settings.total_steps:,} of {settings.tokens_per_step:,} tokens"
    rates = f"{settings.max_lr:g} to {settings.min_lr:g}"
    return f"""# The storyteller

A GPT-2 with {recipe.n_layers} layers, {recipe.n_heads} heads and d_model {recipe.d_model},
trained by the code of week 11 on the stories of `utils.story_world`. It has GPT-2's tensor
names, tokenizer and 50,257 ids, so that whatever is written for it works for OpenAI's models
unchanged.

| | |
|---|---|
| Text | {tokens} tokens of stories that the seeded generator told, none of them twice |
| Parameters | {facts.parameters:,} trained; {facts.ids:,} ids have rows of their own, the others share one |
| Steps | {steps}, AdamW, learning rate {rates} |
| Entropy of validation stories | {facts.floor:.4f} nats per token: no model can do better |
| Loss on the same stories | {facts.loss:.4f} nats per token, {facts.loss / facts.floor - 1:.1%} above |
| Stored | float16; trained and used in float32 |

Train it again from nothing: `course train-storyteller`.

## What it can do

Tell stories of this one small world, remember in them who has what and who is who, and show the inner parts
that the course looks for: heads that find a pronoun's noun, heads that copy what came after a repeated name,
directions for gender, number and time.

## What it cannot do

Anything else. It has never seen a word outside its stories: other tokens share one row of the embedding,
so that it cannot tell them apart, and it gives all of them next to no probability. It knows nothing about
the real world, and what it says of people and roles follows the generator's rules and nothing more.

## {len(facts.stories)} stories, the first that came, at temperature 1

{told}
"""
