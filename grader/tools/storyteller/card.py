"""Writes the model card, README.md beside the weights."""

from dataclasses import dataclass

from grader.tools.storyteller.abilities import Abilities
from grader.tools.storyteller.abilities.repeats import LEAD, PERIOD
from grader.tools.storyteller.measure import Measurement
from grader.tools.storyteller.recipe import TrainingRecipe
from utils.training import TrainingSettings


@dataclass(frozen=True)
class Facts:
    """The facts about a trained model that the card states."""

    recipe: TrainingRecipe
    settings: TrainingSettings
    parameters: int
    """The number of trained parameters."""
    ids: int
    """The number of token ids with embedding rows of their own."""
    measured: Measurement
    """The loss of the exported file, under HF's model and the full vocabulary."""
    abilities: Abilities


def card(facts: Facts) -> str:
    """Returns the text of the card, in Markdown."""
    recipe = facts.recipe
    stories = facts.abilities.samples["temperature 1"].stories
    return f"""# The storyteller

A GPT-2 with {recipe.n_layers} layers, {recipe.n_heads} heads and d_model {recipe.d_model},
trained by the code of week 11 on the stories of `utils.story_world`. It has GPT-2's tensor
names, tokenizer and 50,257 ids, so that whatever is written for it works for OpenAI's models
unchanged.

{_training(facts)}

Train it again from nothing: `course train-storyteller`.

## What it can do

Tell stories of this one small world, remember in them who has what and who is who, and show the inner parts
that the course looks for. Measured on these very files:

{_abilities(facts.abilities)}

## What sampling does

{len(stories)} stories each, from nothing but `<|endoftext|>`:

{_sampling(facts.abilities)}

## What it cannot do

Anything else. It has never seen a word outside its stories: other tokens share one row of the embedding,
so that it cannot tell them apart, and it gives all of them next to no probability. It knows nothing about
the real world, and what it says of people and roles follows the generator's rules and nothing more.

## {len(stories)} stories, the first that came, at temperature 1

{_numbered(stories)}
"""


def _training(facts: Facts) -> str:
    settings, measured = facts.settings, facts.measured
    tokens = settings.total_steps * settings.tokens_per_step
    return _table(
        "|  |  |",
        {
            "Text": f"{tokens:,} tokens of stories that the seeded generator told, none of them twice",
            "Parameters": f"{facts.parameters:,} trained; {facts.ids:,} ids have rows of their own, "
            "the others share one",
            "Steps": f"{settings.total_steps:,} of {settings.tokens_per_step:,} tokens, AdamW, learning rate "
            f"{settings.max_lr:g} to {settings.min_lr:g}",
            f"Entropy of {measured.n_stories} validation stories": f"{measured.floor:.4f} nats per token: "
            "no model can do better",
            "Loss on the same stories": f"{measured.loss:.4f} nats per token, {measured.above:.1%} above",
            "Stored": "float16; trained and used in float32",
        },
    )


def _abilities(abilities: Abilities) -> str:
    analogies, pronouns, repeats = abilities.analogies, abilities.pronouns, abilities.repeats
    families = ", ".join(
        f"{family} {right} of {analogies.asked[family]}" for family, right in analogies.right.items()
    )
    king = "the nearest story word" if analogies.king_gives_queen else "not the nearest story word"
    return _table(
        "| What | Measured |",
        {
            "king − man + woman": f"queen is {king}",
            f"{sum(analogies.asked.values())} analogies, stated before the training": (
                f"{analogies.share:.0%} right: {families}"
            ),
            f'"… because it": from the pronoun to its noun, {pronouns.sentences} sentences': (
                f"{_head(pronouns.best)} finds it in {pronouns.best_share:.0%}, "
                f"one head or another in {pronouns.any_share:.0%}"
            ),
            f'"{LEAD}" and {PERIOD} random names, twice': f"{_head(repeats.head)} has an induction score of "
            f"{repeats.score:.2f}; {repeats.first_loss:.2f} nats per name the first time, "
            f"{repeats.second_loss:.2f} the second",
        },
    )


def _sampling(abilities: Abilities) -> str:
    rows = {
        name: f"{drawn.nats:.2f} | {drawn.different} | {drawn.true_to_the_world}"
        for name, drawn in abilities.samples.items()
    }
    heads = ("Sampler", "Nats per token, by the model", "Different", "Could have been told by the generator")
    return _table(f"| {' | '.join(heads)} |", rows)


def _table(header: str, rows: dict[str, str]) -> str:
    rule = "|---" * (header.count("|") - 1) + "|"
    return "\n".join([header, rule, *(f"| {name} | {value} |" for name, value in rows.items())])


def _head(place: tuple[int, int]) -> str:
    return f"head {place[1]} of layer {place[0]}"


def _numbered(stories: tuple[str, ...]) -> str:
    return "\n".join(f"{number}. {story}" for number, story in enumerate(stories, start=1))
