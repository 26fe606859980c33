"""The facts find errors in the course's parts: each of a table's, and none where there is none."""

import pytest

from tests.verification.planted import CAUGHT, NOT_CAUGHT, found_by, outcomes

NOT_RUN = {"shakespeare-train-first", "hellaswag", "fineweb-val", "openwebtext-val", "paper-zero-shot"}


@pytest.mark.slow
def test_every_fact_agrees_where_no_error_is_planted(narrow):
    _, reference, facts = narrow
    said = {outcome.fact.name: outcome.state for outcome in outcomes(None, facts, reference)}
    assert {name: state for name, state in said.items() if state != "agrees"} == dict.fromkeys(
        NOT_RUN, "not run"
    )


def worth_running(planted, facts):
    """Ten steps of training take as long as all other facts: for the optimiser's errors alone."""
    return [fact for fact in facts if fact.kind != "training" or planted.week == 10]


@pytest.mark.slow
@pytest.mark.parametrize("planted", CAUGHT, ids=str)
def test_an_error_is_found_by_at_least_one_fact(planted, narrow, record_property):
    _, reference, facts = narrow
    names = found_by(planted, worth_running(planted, facts), reference)
    record_property("found by", names)
    assert names


@pytest.mark.slow
@pytest.mark.parametrize("planted", NOT_CAUGHT, ids=str)
def test_what_no_fact_finds_is_said(planted, narrow):
    _, reference, facts = narrow
    assert found_by(planted, facts, reference) == [], "a fact finds it: move it to CAUGHT"


@pytest.mark.slow
def test_some_errors_are_found_by_one_fact_alone(narrow):
    _, reference, facts = narrow
    of_week = {planted.mistake: planted for planted in CAUGHT}
    assert found_by(of_week["no bias correction"], facts, reference) == ["adamw-10-steps"]
    assert found_by(of_week["sign swapped"], facts, reference) == ["ioi-logit-diff"]
