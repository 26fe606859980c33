"""The stories themselves: the same everywhere, told in one way only, with words that are single tokens."""

import hashlib
import math
import re
from itertools import islice, pairwise

import numpy as np
import pytest

from utils.story_world import (
    STORY_KINDS,
    WORLD,
    NotAStory,
    corpus,
    entropy,
    exact_entropy,
    log_probability,
    split_of,
    stories,
    story,
    story_tokens,
)
from utils.story_world._grammar import derivations, prefix_probability
from utils.story_world._kinds import KINDS
from utils.story_world._words import POOLS
from utils.story_world.analogies import ANALOGIES
from utils.tokens import load_tokenizer

SAMPLE = list(islice(stories(seed=11), 3000))


def test_the_same_seed_gives_the_same_stories_on_every_machine():
    # The shipped storyteller was trained on exactly these: a change of the world means to train it again.
    texts = "\n".join(told.text for told in islice(stories(seed=0), 1000))
    assert hashlib.sha256(texts.encode()).hexdigest() == (
        "51a0dcadd1928ca5c1e440c75f794d33db1db9bc322509388f781210bee38068"
    )


def test_any_story_can_be_asked_for_alone():
    assert story(11, 2000) == SAMPLE[2000]
    assert next(stories(seed=11, start=2000)) == SAMPLE[2000]


def test_other_seeds_give_other_stories():
    assert not {told.text for told in islice(stories(seed=12), 3000)} & {told.text for told in SAMPLE}


def test_a_negative_index_is_refused():
    with pytest.raises(ValueError, match="none at -1"):
        story(0, -1)


def test_each_story_can_be_told_in_one_way_only():
    for told in SAMPLE[:150]:
        (way,) = derivations(WORLD, told.text)
        assert way.log_probability == pytest.approx(told.log_probability, abs=1e-9)


def test_equal_texts_have_equal_probabilities():
    known = {}
    for told in SAMPLE:
        assert known.setdefault(told.text, told.log_probability) == told.log_probability


def test_the_sample_has_every_kind_by_its_weight():
    total = sum(weight for weight, _ in KINDS.values())
    for kind in STORY_KINDS:
        share = sum(told.kind == kind for told in SAMPLE) / len(SAMPLE)
        p = KINDS[kind][0] / total
        assert abs(share - p) < 4 * math.sqrt(p * (1 - p) / len(SAMPLE))


def test_reading_gives_the_probability_of_a_text():
    assert log_probability(SAMPLE[0].text) == pytest.approx(SAMPLE[0].log_probability, abs=1e-9)


@pytest.mark.parametrize("change", [str.lower, lambda text: text[:-1], lambda text: text + " The end."])
def test_a_text_that_is_no_story_has_no_probability(change):
    with pytest.raises(NotAStory, match="cannot tell this text"):
        log_probability(change(SAMPLE[0].text))


def test_the_probabilities_of_its_tokens_multiply_to_that_of_the_story():
    told = SAMPLE[3]
    words = re.findall(r"\s?\S+", told.text)
    prefixes = ["".join(words[:n]) for n in range(0, len(words) + 1, 12)] + [told.text]
    probabilities = [prefix_probability(WORLD, prefix) for prefix in prefixes]
    assert probabilities[0] == pytest.approx(1)
    assert all(later <= earlier for earlier, later in pairwise(probabilities))
    assert math.log(probabilities[-1]) == pytest.approx(told.log_probability)


def test_the_sampled_entropy_agrees_with_the_exact_one():
    estimate = entropy(4000, seed=3)
    assert abs(estimate.per_story_nats - exact_entropy(WORLD)) < 4 * estimate.per_story_standard_error
    assert estimate.per_token_nats == pytest.approx(estimate.per_story_nats / estimate.tokens_per_story)


def test_the_standard_error_per_token_is_the_spread_over_samples():
    estimates = [entropy(300, seed) for seed in range(40)]
    spread = np.std([estimate.per_token_nats for estimate in estimates], ddof=1)
    stated = np.mean([estimate.per_token_standard_error for estimate in estimates])
    # The spread of 40 estimates is itself known to 1/√78, about 11%.
    assert spread == pytest.approx(stated, rel=0.4)


def test_an_entropy_of_one_story_is_refused():
    with pytest.raises(ValueError, match="at least 2 stories"):
        entropy(1)


@pytest.mark.parametrize("kind", STORY_KINDS)
def test_stories_are_clean_text(kind):
    for told in [told for told in SAMPLE if told.kind == kind][:100]:
        assert told.text.isascii() and told.text == told.text.strip()
        assert "  " not in told.text and not re.search(r"[\[\]{}<>|_'\n]| [.,!?]", told.text)
        assert told.text.count('"') % 2 == 0
        assert told.text[0].isupper() and told.text[-1] in '."'
        assert not re.search(r"\b[Aa] [aeiou]", told.text) and not re.search(r"\b[Aa]n [^aeiou]", told.text)
        assert not re.search(r"[.?] [a-z]", told.text)
        assert not re.search(r"\b(the|a|an) (the|a|an|in|on|at|by|was|and|to)\b", told.text)
        assert not re.search(r"\b(\w+) \1\b", told.text)
        assert 20 <= len(story_tokens(told.text)) <= 150


NOUNS = ("boys", "girls", "surnames", "pet_names", "characters", "elders", "farm", "zoo", "fruits", "resting")


@pytest.mark.parametrize("pool", [*NOUNS, "activities", "feelings", "games", "days", "months"])
def test_words_that_matter_are_single_tokens(pool):
    for entity in POOLS[pool]:
        assert len(story_tokens(f" {entity.forms['word']}")) == 1, entity.forms["word"]


def test_pronouns_are_single_tokens():
    for word in ("he", "she", "him", "her", "his", "it", "He", "She", "His", "Her", "It"):
        assert len(story_tokens(f" {word}")) == 1


def test_names_never_stand_without_their_blank():
    names = {entity.forms["word"] for pool in ("names", "surnames", "pet_names") for entity in POOLS[pool]}
    for told in SAMPLE:
        assert not {told.text.split()[0], *re.findall(r'"(\w+)', told.text)} & names


def test_pronouns_agree_with_their_nouns():
    people = [entity.forms for pool in ("names", "characters", "elders") for entity in POOLS[pool]]
    nouns_of = {
        gender: {forms["word"] for forms in people if forms["he"] == gender} for gender in ("he", "she")
    }
    checked = 0
    for told in SAMPLE:
        nouns = {}
        for mention in told.mentions:
            word = told.text[mention.start : mention.end]
            if not mention.pronoun:
                nouns[mention.slot] = word
            elif word.lower() not in {"it", "its"}:
                gender = "he" if word.lower() in {"he", "him", "his"} else "she"
                assert nouns[mention.slot] in nouns_of[gender], told.text
                checked += 1
    assert checked > 5000


def test_every_pronoun_has_a_noun_before_it():
    for told in SAMPLE:
        known = set()
        for mention in told.mentions:
            if mention.pronoun:
                assert mention.slot in known, told.text[: mention.end]
            else:
                known.add(mention.slot)


def test_fast_encoding_is_gpt2s_encoding():
    tokenizer = load_tokenizer()
    texts = [told.text for told in SAMPLE[:500]]
    assert [story_tokens(text) for text in texts] == tokenizer(texts)["input_ids"]


def test_a_corpus_is_whole_stories_of_its_split():
    train = corpus("train", seed=11, n_tokens=20_000)
    tokenizer = load_tokenizer()
    assert len(train.token_ids) >= 20_000
    assert (train.token_ids[train.starts] == tokenizer.eos_token_id).all()
    for i in range(len(train.log_probabilities)):
        text = tokenizer.decode(train.token_ids[train.starts[i] + 1 : train.starts[i + 1]])
        assert split_of(text) == "train"
    assert log_probability(text) == pytest.approx(train.log_probabilities[-1])
    assert train.floor == pytest.approx(-train.log_probabilities.sum() / (len(train.token_ids) - 1))


def test_an_empty_corpus_is_refused():
    with pytest.raises(ValueError, match="at least 1 token"):
        corpus("train", seed=0, n_tokens=0)


def test_no_text_is_in_both_splits():
    halves = {
        split: {told.text for told in islice(stories(seed=11, split=split), 150)}
        for split in ("train", "validation")
    }
    assert not halves["train"] & halves["validation"]
    assert [split_of(text) for text in halves["validation"]] == ["validation"] * 150


def test_the_validation_split_is_a_fair_twentieth():
    logs = {"train": [], "validation": []}
    for told in SAMPLE:
        logs[split_of(told.text)].append(told.log_probability)
    share = len(logs["validation"]) / len(SAMPLE)
    assert abs(share - 1 / 20) < 4 * math.sqrt(19 / 400 / len(SAMPLE))
    gap = np.mean(logs["train"]) - np.mean(logs["validation"])
    assert abs(gap) < 4 * np.std(logs["train"]) / math.sqrt(len(logs["validation"]))


def test_the_stated_analogies_are_of_words_that_the_stories_use():
    used = set(corpus("train", seed=0, n_tokens=200_000).token_ids.tolist())
    analogies = [analogy for family in ANALOGIES.values() for analogy in family]
    assert len(set(analogies)) == len(analogies) >= 30
    for analogy in analogies:
        assert len(set(analogy)) == 4
        for word in analogy:
            (token,) = story_tokens(f" {word}")
            assert token in used, word
