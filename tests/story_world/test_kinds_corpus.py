"""A world of some kinds of story only: its stories, and its exact floor."""

import math
from itertools import islice, pairwise

import pytest

from utils.story_world import STORY_KINDS, corpus, entropy, stories, story_tokens
from utils.story_world.kinds_corpus import kinds_corpus


def test_it_holds_the_stories_of_its_kinds_in_their_order():
    made = kinds_corpus(["rest", "banks"], "train", 5, 2000)
    wanted = [told for told in islice(stories(5, split="train"), 400) if told.kind in {"rest", "banks"}]
    for number, (told, start, end) in enumerate(zip(wanted, made.starts, made.starts[1:], strict=False)):
        assert made.token_ids[start + 1 : end].tolist() == story_tokens(told.text), number
    assert made.token_ids[0] == made.token_ids[-1] == 50256
    assert len(made.token_ids) >= 2000


def test_all_kinds_together_are_the_whole_world():
    some, whole = kinds_corpus(STORY_KINDS, "validation", 3, 1500), corpus("validation", 3, 1500)
    assert some.token_ids.tolist() == whole.token_ids.tolist()
    assert some.log_probabilities == pytest.approx(whole.log_probabilities, abs=1e-9)


def test_its_probabilities_are_those_of_the_smaller_world():
    """The kind's own probability is divided out: what is left is log p(story | one of these kinds)."""
    one = kinds_corpus(["rest"], "train", 0, 3000)
    two = kinds_corpus(["rest", "banks"], "train", 0, 6000)
    shared = next(told for told in stories(0, split="train") if told.kind == "rest")
    place = _told(two).index(story_tokens(shared.text))
    # Both kinds have the same weight in the world, so that one more bit says which it is.
    assert one.log_probabilities[0] - two.log_probabilities[place] == pytest.approx(math.log(2), abs=1e-9)


def _told(text):
    starts = text.starts.tolist()
    return [text.token_ids[a + 1 : b].tolist() for a, b in pairwise(starts)]


def test_its_floor_is_below_that_of_the_whole_world():
    """Which of ten kinds a story is of need not be told; these two are among the less surprising besides."""
    assert kinds_corpus(["rest", "banks"], "validation", 1, 20_000).floor < entropy(300).per_token_nats


@pytest.mark.parametrize(("kinds", "named"), [([], "none at all"), (["rest", "poems"], "poems")])
def test_kinds_that_are_not_there_are_named(kinds, named):
    with pytest.raises(ValueError, match=f"meeting, life, .*; not {named}"):
        kinds_corpus(kinds, "train", 0, 100)


def test_a_corpus_needs_a_token():
    with pytest.raises(ValueError, match="at least 1 token"):
        kinds_corpus(["rest"], "train", 0, 0)
