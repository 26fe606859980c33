"""Regression tests: wrong programs that once got the diagnosis of another mistake."""

import functools
import math

import pytest
import regex
import torch
from torch.nn.functional import one_hot

from utils.answers.answer_key import Mistake
from utils.answers.judge import find_answer_key

from .taught import judge, solution
from .toy import DOUBLE, knowing, report_on, text_of


def told(week: str, check: str, submission) -> tuple[str | None, str]:
    """Return the mistake's name, and the whole report."""
    report = find_answer_key(week, check).check.examine(submission, judge(2019))
    assert not report.passed
    return report.mistake, str(report)


def test_a_fixed_vocabulary_is_not_a_transposed_matrix():
    name, said = told(
        "week01_vectors",
        "one_hot_lookup",
        lambda tokens, W_E: (rows := one_hot(tokens, 50_257).float(), rows @ W_E),
    )
    assert name is None
    assert "the last axis of the left and the second to last of the right" in said


def changes_pile_up(layer, x):
    before, other = layer(x), x.clone()
    for place in range(x.shape[1]):
        other[:, place] = torch.randn_like(other[:, place])
        rest = [each for each in range(x.shape[1]) if each != place]
        if not torch.allclose(layer(other)[:, rest], before[:, rest], atol=1e-4):
            return False
    return True


def test_changes_that_pile_up():
    name, said = told("week04_mlp", "each_position_alone", changes_pile_up)
    assert name is None or "is one vector changed at a time" in said


def copies_of_the_prompt(model, tokens, n_new, n_beams, stop_token=None, length_penalty=1.0):
    beams, done = [(0.0, tokens.tolist())] * n_beams, []
    for new in range(1, n_new + 1):
        with torch.no_grad():
            gains = model(torch.tensor([row for _, row in beams]))[:, -1].log_softmax(-1).tolist()
        found = [
            (score + gain, [*row, token])
            for (score, row), steps in zip(beams, gains, strict=True)
            for token, gain in enumerate(steps)
        ]
        best = sorted(found, key=lambda pair: -pair[0])[: 2 * n_beams]
        done += [(score / new**length_penalty, row) for score, row in best[:n_beams] if row[-1] == stop_token]
        beams = [pair for pair in best if pair[1][-1] != stop_token][:n_beams]
    done += [(score / n_new**length_penalty, row) for score, row in beams]
    return torch.tensor(max(done, key=lambda pair: pair[0])[1])


def test_beams_that_are_copies_of_one():
    _, said = told("week09_sampling", "beam_search", copies_of_the_prompt)
    assert "there is only one beam" not in said


def zeroed_before_the_step(model, optimizer, batches, max_norm):
    model.train()
    losses = []
    for batch in batches:
        logits = model(batch)
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), batch[:, 1:].flatten())
        (loss / len(batches)).backward()
        losses.append(loss.item())
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.zero_grad()
    optimizer.step()
    return sum(losses) / len(losses)


def test_gradients_that_are_zeroed_before_the_step():
    name, said = told("week11_training", "train_step", zeroed_before_the_step)
    assert name == "step without gradients"
    assert "not there yet, or zeroed already" in said


def clipped_to_1(train_step, model, optimizer, batches, max_norm):
    return train_step(model, optimizer, batches, 1.0)


def test_gradients_that_are_clipped_to_a_fixed_norm():
    right = solution(find_answer_key("week11_training", "train_step"))
    name, said = told("week11_training", "train_step", functools.partial(clipped_to_1, right))
    assert name == "clipped to norm 1"
    assert "not clipped" not in said


ONE_CLASS = r"'(?:[sdmt]|ll|re|ve)| ?[\p{L}\p{N}]+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def test_letters_and_digits_in_one_class():
    name, said = told("week02_tokens", "pretokenize", lambda text: regex.findall(ONE_CLASS, text))
    assert name is None or "\\w" not in name
    assert "\\w" not in said


def gelu_with(factor, cubic=0.044715):
    """Return GELU's tanh form with these two numbers."""
    return lambda x: 0.5 * x * (1 + torch.tanh(factor * (x + cubic * x**3)))


@pytest.mark.parametrize("numbers", [(math.sqrt(2 / 3.14),), (math.sqrt(7 / 11),), (0.8,), (0.797885, 0.045)])
def test_a_number_that_is_a_little_off_is_no_other_formula(numbers):
    name, said = told("week04_mlp", "gelu", gelu_with(*numbers))
    assert name is None
    assert "erf" not in said


@pytest.mark.parametrize("wide", [torch.float64, torch.float32])
def test_the_other_formula_is_named_however_it_is_computed(wide):
    name, _ = told("week04_mlp", "gelu", lambda x: (x.to(wide) / 2 * (1 + (x.to(wide) / 2**0.5).erf())).to(x))
    assert name == "exact GELU"


def known(*mistakes):
    """Return the toy check with these mistakes."""
    named = ((Mistake(f"mistake {place}", "says", "look"), wrong) for place, wrong in enumerate(mistakes))
    return knowing(DOUBLE, *named)


FIRST = DOUBLE.check.draw_cases()[0].inputs["x"]


def is_first(x):
    return torch.equal(x, FIRST)


@pytest.mark.parametrize("reveal", [True, False])
def test_two_mistakes_at_once_are_named_in_part_where_the_case_is_shown(reveal):
    answer_key = known(lambda x: 3 * x)
    report = report_on(lambda x: 3 * x if is_first(x) else 5 * x, answer_key, reveal)
    assert report.mistake == ("mistake 0 (in part)" if reveal else None)
    assert ("mistake" in dict(report.lines)) == reveal


def test_a_mistake_that_spoils_what_went_well_is_not_named():
    """The student's second case is right; with the known mistake it is wrong: this is another mistake."""
    report = report_on(lambda x: 3 * x if is_first(x) else 2 * x, known(lambda x: 3 * x))
    assert report.mistake is None
    assert "run it line by line" in text_of(report, "look at")


def test_a_mistake_that_shows_in_one_case_only_is_named():
    report = report_on(
        lambda x: 3 * x if is_first(x) else 2 * x, known(lambda x: 3 * x if is_first(x) else x + x)
    )
    assert report.mistake == "mistake 0"
