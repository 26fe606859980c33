"""Whole stories as rows: every prediction once, none without the beginning of its story."""

import pytest
import torch

from utils.training import whole_stories

END = 9


def test_every_story_is_a_row_from_end_to_end():
    tokens = torch.tensor([9, 1, 2, 9, 3, 9, 4, 5, 9])
    rows = [row.tolist() for batch in whole_stories(tokens, END) for row in batch]
    assert sorted(rows) == sorted([[9, 1, 2, 9], [9, 3, 9], [9, 4, 5, 9]])


def test_stories_of_one_length_share_a_batch():
    tokens = torch.tensor([9, 1, 2, 9, 3, 9, 4, 5, 9])
    assert [tuple(batch.shape) for batch in whole_stories(tokens, END)] == [(1, 3), (2, 4)]


def test_large_batches_are_divided():
    tokens = torch.tensor([9, 1] * 7 + [9])
    assert [len(batch) for batch in whole_stories(tokens, END, largest_batch=3)] == [3, 3, 1]


def test_each_token_but_the_first_is_predicted_once():
    lengths = torch.randint(1, 12, (40,), generator=torch.Generator().manual_seed(0)).tolist()
    tokens = torch.cat([torch.tensor([END]), *(torch.tensor([5] * n + [END]) for n in lengths)])
    predicted = sum(batch[:, 1:].numel() for batch in whole_stories(tokens, END))
    assert predicted == len(tokens) - 1


@pytest.mark.parametrize("tokens", [[1, 9], [9, 1], [9], [1, 2]])
def test_a_text_without_its_ends_is_refused(tokens):
    with pytest.raises(ValueError, match="must begin and end with the id 9"):
        whole_stories(torch.tensor(tokens), END)
