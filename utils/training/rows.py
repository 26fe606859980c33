"""Stories as rows of ids, for an evaluation on whole stories."""

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Int
    from torch import Tensor


def whole_stories(
    tokens: "Int[Tensor, ' tokens']", end_of_text: int, largest_batch: int = 64
) -> "list[Int[Tensor, 'batch seq']]":
    """Return every story of a text in a row of its own: `end_of_text`, the story, `end_of_text`.

    Stories of one length share a batch, so that no row needs padding; batches therefore differ in size. All
    rows together predict each token of the text but the first exactly once, always with the beginning of its
    story in view, so the mean loss over them can be compared with an exact entropy.

    Args:
        tokens: stories one after the other, `end_of_text` before the first and after each.
        end_of_text: the id of <|endoftext|>.
        largest_batch: the largest number of rows in a batch.

    Raises:
        ValueError: the text does not begin and end with `end_of_text`, or holds no story.
    """
    import torch

    bounds = (tokens == end_of_text).nonzero()[:, 0].tolist()
    if len(bounds) < 2 or bounds[0] != 0 or bounds[-1] != len(tokens) - 1:
        raise ValueError(f"The text must begin and end with the id {end_of_text}, and hold a story between.")
    rows = defaultdict(list)
    for first, last in itertools.pairwise(bounds):
        rows[last - first].append(tokens[first : last + 1])
    batches = (torch.stack(same).split(largest_batch) for _, same in sorted(rows.items()))
    return [batch for of_one_length in batches for batch in of_one_length]
