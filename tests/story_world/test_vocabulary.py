"""The shared row: a softmax over a small vocabulary is the softmax over the large one, exactly."""

import math

import pytest
import torch

from utils.story_world import corpus
from utils.story_world.kinds_corpus import kinds_corpus
from utils.story_world.vocabulary import (
    GPT2_IDS,
    OTHER,
    SharedRowModel,
    SharedRowVocabulary,
    StoryVocabulary,
    UnknownToken,
)
from utils.tokens import load_tokenizer

USED = [7, 3, 50256, 1000, 3]

CLOSE = {"rtol": 1e-6, "atol": 1e-6}
"""The weights are in float64 here; log_counts are kept in float32, which knows 10.8 to within 5e-7."""


@pytest.fixture
def small():
    return SharedRowVocabulary(USED)


@pytest.fixture(scope="module")
def words():
    return StoryVocabulary(kinds_corpus(["rest"], "train", 0, 20_000).token_ids)


class Bigram(torch.nn.Module):
    """Logits from a table: as much of a model as the arithmetic needs."""

    def __init__(self, W_E, config=None):
        super().__init__()
        self.W_E, self.config = torch.nn.Parameter(W_E), config

    def forward(self, rows):
        return self.W_E[rows] @ self.W_E.T


def test_rows_are_the_used_ids_in_order(small):
    assert small.used == (3, 7, 1000, 50256)
    assert (small.d_vocab, small.shared_row, small.multiplicity) == (5, 4, GPT2_IDS - 4)
    assert small.rows([1000, 3, 50256]).tolist() == [2, 0, 3]
    assert small.ids([2, 0, 3]) == [1000, 3, 50256]
    assert small.row_of_id[8].item() == 4


def test_log_counts_are_0_but_for_the_shared_row(small):
    assert small.log_counts[:-1].tolist() == [0, 0, 0, 0]
    assert small.log_counts[-1].item() == pytest.approx(math.log(GPT2_IDS - 4), abs=1e-6)


def test_the_small_softmax_is_the_full_softmax(small):
    """Logits and log-probabilities of a model with all 50,257 rows, against those of the small one."""
    W_E = torch.randn(small.d_vocab, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rows = torch.tensor([[0, 2, 1], [3, 3, 0]])
    with torch.no_grad():
        own = SharedRowModel(Bigram(W_E), small)(rows)
        table = small.full_table(W_E)
        full = table[torch.tensor(small.used)[rows]] @ table.T
    assert full.shape == (2, 3, GPT2_IDS)
    used = torch.tensor(small.used)
    torch.testing.assert_close(full[..., used], own[..., :-1], **CLOSE)
    log_p, own_log_p = full.log_softmax(-1), own.log_softmax(-1)
    torch.testing.assert_close(log_p[..., used], own_log_p[..., :-1], **CLOSE)
    unused = torch.ones(GPT2_IDS, dtype=torch.bool)
    unused[used] = False
    torch.testing.assert_close(log_p[..., unused].logsumexp(-1), own_log_p[..., -1], **CLOSE)
    # Every single unused id has an equal share of the shared row's probability.
    each = own_log_p[..., -1:] - math.log(small.multiplicity)
    torch.testing.assert_close(log_p[..., unused], each.expand(2, 3, small.multiplicity), **CLOSE)


def test_the_gradient_is_that_of_the_full_model_too(small):
    """What the shared row learns is the sum of what its copies would learn."""
    start = torch.randn(small.d_vocab, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    targets = torch.tensor([2, 0])
    own = start.clone().requires_grad_()
    model = SharedRowModel(Bigram(own), small)
    model.model.W_E.requires_grad_()
    torch.nn.functional.cross_entropy(model(torch.tensor([1, 3])), targets).backward()
    full = start.clone().requires_grad_()
    table = small.full_table(full)
    logits = table[torch.tensor(small.used)[torch.tensor([1, 3])]] @ table.T
    torch.nn.functional.cross_entropy(logits, torch.tensor(small.used)[targets]).backward()
    torch.testing.assert_close(model.model.W_E.grad, full.grad, **CLOSE)


@pytest.mark.parametrize("used", [[], range(9), [-1, 2], [3, 9]])
def test_a_vocabulary_that_makes_no_sense_is_refused(used):
    with pytest.raises(ValueError, match="ids 0 to 8 must be used and some not"):
        SharedRowVocabulary(used, d_full=9)


def test_an_unknown_id_is_named(small):
    with pytest.raises(UnknownToken, match="The id 4 is none of the 4"):
        small.rows([3, 4])
    with pytest.raises(UnknownToken, match="Row 4 is shared by 50253 ids"):
        small.ids([0, 4])


def test_words_become_rows_and_words_again(words):
    text = "On Monday morning, Tom opened the red door, and a happy cat came in."
    rows = words.encode(text)
    assert words.decode(rows) == text
    assert words.ids(rows) == load_tokenizer().encode(text)
    assert words.decode([words.end_of_text]) == "<|endoftext|>"
    assert words.decode([*rows[:2], words.shared_row, *rows[2:3]]) == f"On Monday{OTHER} morning"
    assert words.decode([]) == ""
    with pytest.raises(UnknownToken):
        words.encode("quantum chromodynamics")


def test_a_corpus_goes_through_the_vocabulary_unchanged():
    text = corpus("train", 4, 2000)
    words = StoryVocabulary(text.token_ids)
    assert words.ids(words.rows(text.token_ids)) == text.token_ids.tolist()
