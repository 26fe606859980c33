"""What week 3 promises besides its checks: its words are single tokens, and what its prose claims holds."""

import re
from pathlib import Path

import jupytext
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from utils.answers.judge import find_answer_key
from utils.checks import week03_embeddings as checks
from utils.checks.fakes.modules import READS, PositionTable, TokenTable
from utils.checks.measure.learned_parameters import (
    SMALL_RANDOM,
    count_learned,
    first_numbers,
    rows_with_gradient,
    spread_in_words,
)
from utils.story_world.analogies import ANALOGIES
from utils.tokens import load_tokenizer

SOURCE = Path(__file__).resolve().parents[2] / "solutions" / "week03_embeddings" / "embeddings.py"
SETTINGS = settings(max_examples=30)


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer()


def code(kind: str) -> str:
    """The source's code cells of a kind, one after the other."""
    cells = jupytext.read(SOURCE).cells
    return "\n".join(cell.source for cell in cells if kind in cell.metadata.get("tags", []))


# --- Words --------------------------------------------------------------------------------------------------


def test_every_word_of_the_checks_is_one_token(tokenizer) -> None:
    assert [word for word in checks.WORDS if len(tokenizer.encode(f" {word}")) != 1] == []


def test_every_word_that_the_looks_ask_for_is_one_token(tokenizer) -> None:
    """They stand in strings of small words, with spaces and slashes between them."""
    strings = re.findall(r'"((?:[A-Za-z]+[ /])+[A-Za-z]+)"', code("look") + code("set-up"))
    rows = [text for text in strings if text.islower() or re.match(r"(Monday|January|Tom|king)", text)]
    words = {word for row in rows for word in re.split("[ /]", row)}
    assert {"king", "queen", "bananas", "danced", "hockey", "Anna"} <= words
    prose = {"cosine", "similarity", "before", "training", "of", "the", "steps", "from", "to", "embeddings"}
    assert [word for word in words - prose if len(tokenizer.encode(f" {word}")) != 1] == []


def test_the_looks_ask_for_analogies_that_the_storyteller_was_meant_to_learn() -> None:
    meant = {each[:3] for family in ANALOGIES.values() for each in family}
    asked = re.search(r"QUESTIONS = (\[.*?\])", code("look"), re.DOTALL)[1]
    questions = {tuple(question.split()) for question in re.findall(r'"(.*?)"', asked)}
    assert {("king", "man", "woman"), ("aunt", "woman", "man"), ("cat", "dog", "dogs")} <= questions & meant


def test_gpt3s_embedding_matrix_has_617_million_numbers() -> None:
    d_vocab, d_model = map(int, re.search(r'"GPT-3": \((\d+), (\d+)\)', code("look")).groups())
    assert d_vocab * d_model == 617_558_016


# --- Places -------------------------------------------------------------------------------------------------


@st.composite
def shuffles(draw):
    """A seed, a prompt's length, and an order of its positions."""
    seq = draw(st.integers(2, 7))
    return draw(st.integers(0, 10**6)), seq, torch.tensor(draw(st.permutations(range(seq))))


def gap(reads: str, seed: int, seq: int, order: torch.Tensor, positions: bool) -> float:
    generator = torch.Generator().manual_seed(seed)
    W_E = torch.randn(9, 4, generator=generator)
    W_pos = torch.randn(8, 4, generator=generator) if positions else None
    tokens = torch.randperm(9, generator=generator)[:seq][None]
    inputs = {"reads": reads, "tokens": tokens, "order": order, "W_E": W_E, "W_pos": W_pos}
    return find_answer_key(checks.WEEK, "order_matters").expected(**inputs)


@SETTINGS
@given(shuffles(), st.sampled_from(READS[:2]))
def test_without_positions_shuffled_tokens_give_shuffled_vectors(shuffle, reads) -> None:
    assert gap(reads, *shuffle, positions=False) < 1e-5


@SETTINGS
@given(shuffles())
def test_with_positions_any_real_shuffle_shows(shuffle) -> None:
    seed, seq, order = shuffle
    moved = gap(READS[1], seed, seq, order, positions=True) > 1e-4
    assert moved == (not torch.equal(order, torch.arange(seq)))


def test_reading_only_what_came_before_brings_order_in_by_itself() -> None:
    assert gap(READS[2], 3, 4, torch.tensor([1, 2, 3, 0]), positions=False) > 0.1


# --- What the checks of modules look at ---------------------------------------------------------------------


def test_rows_that_were_looked_up_learn_and_no_others() -> None:
    table = TokenTable(torch.randn(5, 3))
    assert rows_with_gradient(table(torch.tensor([[4, 1, 1]])), table.W_E) == [1, 4]
    assert rows_with_gradient(table(torch.tensor([[4]])).detach(), table.W_E) == []
    assert rows_with_gradient("no tensor", table.W_E) == []


def test_a_softmax_does_not_hide_what_learns() -> None:
    table = PositionTable(torch.randn(3, 4))
    shares = table(torch.zeros(1, 2, dtype=torch.long)).softmax(dim=-1)
    assert rows_with_gradient(shares, table.W_pos) == [0, 1]


def test_learned_numbers_are_counted_without_those_of_somebody_else() -> None:
    tied, own = nn.Linear(3, 5, bias=False), nn.Linear(3, 5)
    assert count_learned(tied, beside=tied.weight) == 0
    assert count_learned(own) == 20
    own.bias.requires_grad_(False)
    assert count_learned(own) == 15


@pytest.mark.parametrize(
    ("spread", "said"),
    [(0.02, SMALL_RANDOM), (0.01, SMALL_RANDOM), (1.0, "of standard deviation 1"), (0.0, "all equal")],
)
def test_first_numbers_in_words(spread: float, said: str) -> None:
    torch.manual_seed(0)
    assert spread_in_words(first_numbers(TokenTable(spread * torch.randn(500, 40)))) == said


def test_a_module_without_parameters_has_no_first_numbers() -> None:
    assert spread_in_words(first_numbers(nn.Module())) == "no parameters"
