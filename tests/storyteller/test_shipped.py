"""The storyteller that comes with the course can do what the weeks promise of it, and its card says so."""

import re

import pytest
import torch

from grader.tools.storyteller.abilities import (
    SAMPLERS,
    find_pronoun_heads,
    open_model,
    sample_stories,
    score_analogies,
    score_repeats,
)
from grader.tools.storyteller.measure import measure
from grader.tools.storyteller.official_parts import official_parts
from grader.tools.storyteller.recipe import TrainingRecipe
from grader.tools.storyteller.text import StoryText
from tests.repository.checkout import CHECKOUT

FOLDER = CHECKOUT / "utils" / "reference" / "storyteller"
CARD = (FOLDER / "README.md").read_text(encoding="utf-8")


def stated(pattern: str) -> float:
    """The only number of the card at that place.

    Tests allow it one unit of its last digit, which depends on how a machine's kernels round.
    """
    (number,) = re.findall(pattern, CARD)
    return float(number)


@pytest.fixture(scope="module")
def model():
    return open_model(FOLDER)


def test_its_loss_is_within_3_percent_of_the_entropy():
    recipe = TrainingRecipe()
    text = StoryText(recipe).validation(recipe.final_tokens)
    found = measure(FOLDER, text, official_parts(CHECKOUT).evaluate)
    assert found.floor < found.loss < 1.03 * found.floor
    assert found.loss == pytest.approx(stated(r"Loss on the same stories \| ([\d.]+) nats"), abs=1e-4)
    assert found.floor == pytest.approx(stated(r"validation stories \| ([\d.]+) nats"), abs=1e-4)


def test_the_card_has_twenty_stories():
    assert len(re.findall(r"(?m)^\d+\. [A-Z]", CARD)) == 20


def test_king_minus_man_plus_woman_is_queen_and_most_other_analogies_hold_too(model):
    score = score_analogies(model)
    assert sum(score.asked.values()) >= 30
    assert score.king_gives_queen
    assert score.share >= 0.7
    assert score.share == pytest.approx(stated(r"([\d]+)% right") / 100, abs=0.03)  # one of 42 is 0.024


def test_attention_goes_from_the_pronoun_to_its_noun(model):
    found = find_pronoun_heads(model)
    assert found.sentences == 200
    assert found.any_share >= 0.9
    assert found.best_share == pytest.approx(stated(r"finds it in (\d+)%") / 100, abs=0.01)


def test_induction_heads_read_random_names_the_second_time(model):
    found = score_repeats(model)
    assert found.score >= 0.5
    assert found.second_loss < found.first_loss / 2
    assert found.score == pytest.approx(stated(r"induction score of ([\d.]+)"), abs=0.01)


def test_samplers_change_what_is_told(model):
    few = {name: sample_stories(model, name, 6) for name in ("greedy", "temperature 1", "temperature 1.5")}
    assert few["greedy"].different == 1
    assert few["temperature 1"].different == 6
    assert few["temperature 1.5"].nats > 1.5 * few["temperature 1"].nats
    assert few["temperature 1.5"].true_to_the_world <= few["temperature 1"].true_to_the_world


def test_samplers_change_how_many_words_can_come_next(model):
    """Three hundred draws of the name after the same words."""
    prompt = model.tokenizer.encode("<|endoftext|>One sunny morning, a king called")
    tokens = torch.tensor(prompt).expand(300, -1)
    names = {}
    for name, how in SAMPLERS.items():
        torch.manual_seed(0)
        told = model.hf.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            max_new_tokens=1,
            pad_token_id=model.end_of_text,
            **how,
        )
        names[name] = len(told[:, -1].unique())
    assert names["greedy"] == 1
    assert names["top-k 3"] == 3
    assert names["top-p 0.8"] < names["temperature 1"]
    assert names["temperature 0.5"] <= names["temperature 1"] < names["temperature 1.5"]
