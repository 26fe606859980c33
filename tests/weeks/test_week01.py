"""What week 1 promises besides its checks: the fourteen words, the prose's claims, no way round."""

import math
from itertools import combinations

import pytest
import torch
from torch.nn import functional as F

from utils.checks import week01_vectors as checks
from utils.checks.watch.step_count import count_steps, result_and_growth
from utils.examples.word_space import WORDS

PLACES = torch.tensor([word.place for word in WORDS])
ROW = {word.word: row for row, word in enumerate(WORDS)}


def place(word: str) -> torch.Tensor:
    return PLACES[ROW[word]]


# --- The fourteen words -------------------------------------------------------------------------------------


def test_there_are_fourteen_words_in_five_groups() -> None:
    assert len({word.word for word in WORDS}) == len(WORDS) == 14
    assert len({word.group for word in WORDS}) == 5


def test_words_of_one_group_are_more_alike_than_any_two_of_different_groups() -> None:
    alike = F.cosine_similarity(PLACES[:, None], PLACES[None], dim=-1)
    pairs = list(combinations(range(len(WORDS)), 2))
    within = min(alike[i, j] for i, j in pairs if WORDS[i].group == WORDS[j].group)
    across = max(alike[i, j] for i, j in pairs if WORDS[i].group != WORDS[j].group)
    assert within > across + 0.2


@pytest.mark.parametrize("order", [1, 2, math.inf])
def test_king_minus_man_plus_woman_is_nearest_to_queen_by_any_distance(order: float) -> None:
    result = place("king") - place("man") + place("woman")
    distances = (PLACES - result).norm(order, dim=1)
    assert WORDS[distances.argmin()].word == "queen"


def test_the_pairs_that_the_notebook_shows_have_all_three_signs() -> None:
    def dot(one: str, other: str) -> float:
        return (place(one) @ place(other)).item()

    assert dot("king", "queen") > 1 < dot("cat", "dog")
    assert dot("woman", "apple") == pytest.approx(0, abs=1e-6)
    assert dot("boy", "dog") < -1 > dot("king", "game")


# --- What the prose says ------------------------------------------------------------------------------------


def test_a_view_alone_gives_head_0_only_pieces_of_token_0() -> None:
    """The third question of the quiz."""
    token = torch.arange(6)[:, None].expand(2, 6, 768)
    assert token.reshape(2, 12, 6, 64)[:, 0].unique().tolist() == [0]


def test_e_to_the_power_of_89_is_beyond_float32() -> None:
    assert torch.exp(torch.tensor(88.0)).isfinite()
    assert torch.exp(torch.tensor(89.0)).isinf()


# --- No way round -------------------------------------------------------------------------------------------

SOFTMAXES = {
    "torch": lambda x, dim=-1: torch.softmax(x, dim),
    "method": lambda x, dim=-1: x.softmax(dim),
    "functional": lambda x, dim=-1: F.softmax(x, dim),
    "special": lambda x, dim=-1: torch.special.softmax(x, dim),
    "module": lambda x, dim=-1: torch.nn.Softmax(dim)(x),
    "exp of the log": lambda x, dim=-1: torch.nn.LogSoftmax(dim)(x).exp(),
    "softmin": lambda x, dim=-1: F.softmin(-x, dim),
    "logsumexp": lambda x, dim=-1: (x - x.logsumexp(dim, keepdim=True)).exp(),
}


@pytest.mark.parametrize("form", SOFTMAXES)
def test_a_ready_made_softmax_is_named_in_every_form(form: str) -> None:
    report = checks.softmax.examine(SOFTMAXES[form])
    assert not report.passed
    assert "softmax" in report.headline or "softmin" in report.headline or "logsumexp" in report.headline
    assert report.mistake.startswith("uses torch.")


LOSSES = {
    "functional": lambda logits, targets: F.cross_entropy(logits.flatten(0, -2), targets.flatten()),
    "module": lambda logits, targets: torch.nn.CrossEntropyLoss()(logits.flatten(0, -2), targets.flatten()),
    "nll": lambda logits, targets: F.nll_loss(logits.flatten(0, -2).log_softmax(-1), targets.flatten()),
}


@pytest.mark.parametrize("form", LOSSES)
def test_a_ready_made_loss_is_named(form: str) -> None:
    assert checks.cross_entropy.examine(LOSSES[form]).mistake.startswith("uses torch.nn.functional.")


def one_hot(tokens: torch.Tensor, W_E: torch.Tensor) -> torch.Tensor:
    return F.one_hot(tokens, len(W_E)).to(W_E.dtype)


LOOKUPS = {
    "index": lambda tokens, W_E: (one_hot(tokens, W_E), W_E[tokens]),
    "index with a comma": lambda tokens, W_E: (one_hot(tokens, W_E), W_E[tokens, :]),
    "lists": lambda tokens, W_E: (
        one_hot(tokens, W_E),
        W_E[tokens.flatten().tolist()].view(*tokens.shape, -1),
    ),
    "index_select": lambda tokens, W_E: (
        one_hot(tokens, W_E),
        W_E.index_select(0, tokens.flatten()).view(*tokens.shape, -1),
    ),
    "of another view": lambda tokens, W_E: (one_hot(tokens, W_E), W_E.clone()[tokens]),
    "gather": lambda tokens, W_E: (
        one_hot(tokens, W_E),
        W_E.gather(0, tokens.flatten()[:, None].expand(-1, W_E.shape[1])).view(*tokens.shape, -1),
    ),
    "one at a time": lambda tokens, W_E: (
        one_hot(tokens, W_E),
        torch.stack([torch.stack([W_E[token] for token in row]) for row in tokens]),
    ),
}


@pytest.mark.parametrize("form", LOOKUPS)
def test_rows_taken_by_index_are_noticed(form: str) -> None:
    report = checks.one_hot_lookup.examine(LOOKUPS[form])
    assert report.mistake == "rows taken by index"


@pytest.mark.parametrize("ready_made", [F.embedding, lambda t, W: torch.nn.Embedding.from_pretrained(W)(t)])
def test_a_ready_made_embedding_is_named(ready_made) -> None:
    report = checks.one_hot_lookup.examine(
        lambda tokens, W_E: (one_hot(tokens, W_E), ready_made(tokens, W_E))
    )
    assert report.mistake.startswith("uses torch")


# --- Steps --------------------------------------------------------------------------------------------------

LOOPS = {
    "comprehension": lambda x: torch.stack([number * 2 for number in x]),
    "for": lambda x: sum(x[place] for place in range(len(x))),
    "recursion": lambda x: x if len(x) < 2 else torch.cat([LOOPS["recursion"](x[: len(x) // 2]), x]),
    "python numbers": lambda x: torch.tensor([2 * number for number in x.tolist()]),
    "numpy": lambda x: torch.tensor([2 * number for number in x.numpy()]),
    "unbind": lambda x: torch.stack(x.unbind()),
}


@pytest.mark.parametrize("loop", LOOPS)
def test_loops_take_more_steps_for_longer_inputs(loop: str) -> None:
    assert result_and_growth(LOOPS[loop], torch.arange(3.0))["more steps for longer inputs"]


ARRAYS = {
    "broadcasting": lambda x: x[:, None] * x,
    "matrix product": lambda x: x @ (x[:, None] * x),
    "index": lambda x: x[torch.arange(len(x)) % 2],
    "where": lambda x: torch.where(x > 0, x, 0.0).sum(),
    "a loop of fixed length": lambda x: sum(x**power for power in range(4)),
}


@pytest.mark.parametrize("operation", ARRAYS)
def test_operations_on_whole_arrays_take_the_same_steps(operation: str) -> None:
    assert not result_and_growth(ARRAYS[operation], torch.arange(3.0))["more steps for longer inputs"]


def test_what_is_counted_is_what_was_called() -> None:
    result, steps = count_steps(lambda x: x.mul(2).add(1), torch.ones(3))
    assert result.tolist() == [3, 3, 3]
    assert steps == 2
