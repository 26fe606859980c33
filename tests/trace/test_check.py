"""The trace in a check: in a notebook and on public cases only."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.trace.small import defined
from utils.answers import steps
from utils.answers.judge import LocalJudge, find_answer_key
from utils.answers.steps import case_steps, failed_case
from utils.checks.engine import check as check_module
from utils.checks.engine.report import Report, html_card
from utils.checks.week05_attention import WEEK, attention_pattern, attention_scores
from utils.weeks import WEEKS

WRONG = """def attention_scores(q, k):
    d_head = q.shape[-1]
    matches = q @ k.mT
    return matches / d_head
"""
RIGHT = WRONG.replace("/ d_head", "/ math.sqrt(d_head)")
WRONG_PATTERN = """def attention_pattern(q, k):
    scores = attention_scores(q, k)
    query, key = scores.shape[-2:]
    future = torch.ones(query, key).triu(key - query + 1).bool()
    visible = scores.masked_fill(future, 0)
    return visible.softmax(-1)
"""
ANSWERS = Path(check_module.__file__).parents[2] / "answers"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    """Return the list of reports that checks show, as if in a notebook."""
    reports: list[Report] = []

    class Card:
        def __init__(self, *_: Any):
            self.show, self.end = reports.append, lambda: None

    monkeypatch.setattr(check_module, "in_a_notebook", lambda: True)
    monkeypatch.setattr(steps, "_MAX_SECONDS", 60.0)  # the machine may be busy
    monkeypatch.setattr(check_module, "StillRunning", Card)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return reports


def test_the_card_in_a_notebook_names_the_line(shown: list[Report]) -> None:
    attention_scores(defined(WRONG, "attention_scores"))
    (report,) = shown
    assert not report.passed
    assert dict(report.lines)["your steps"].startswith("line 3  matches     as in GPT-2\n")
    assert "return matches / d_head" in str(report) and "return matches / d_head" in html_card(report)


def test_a_line_of_another_cell_has_the_name_of_its_function(shown: list[Report]) -> None:
    scores = defined(RIGHT, "attention_scores")
    attention_pattern(defined(WRONG_PATTERN, "attention_pattern", attention_scores=scores))
    (report,) = shown
    places = [line.partition("  ")[0] for line in dict(report.lines)["your steps"].splitlines()]
    assert places == ["line 3 in attention_scores", "line 4 in attention_scores", "line 5"]


def test_elsewhere_there_is_no_trace(shown: list[Report], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "in_a_notebook", lambda: False)
    report = attention_scores.examine(defined(WRONG, "attention_scores"))
    assert "your steps" not in dict(report.lines)
    monkeypatch.setattr(check_module, "_display", shown.append)
    attention_scores(defined(WRONG, "attention_scores"))
    assert "your steps" not in dict(shown[0].lines)


def test_hidden_cases_are_never_traced() -> None:
    check_run = LocalJudge(seed=5, reveal=False).open(attention_scores)
    attention_scores._run_cases(defined(WRONG, "attention_scores"), check_run)
    assert failed_case(check_run) is None
    assert failed_case(object()) is None


def test_other_inputs_than_those_recorded_are_not_traced() -> None:
    case = attention_scores.draw_cases()[0]
    assert case_steps(WEEK, "attention_scores", 0, case.inputs) is not None
    assert case_steps(WEEK, "attention_scores", 0, {**case.inputs, "q": case.inputs["q"] + 1}) is None
    assert case_steps(WEEK, "attention_scores", 999, case.inputs) is None
    assert case_steps(WEEK, "no such check", 0, case.inputs) is None


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_the_steps_of_a_week(week: Any) -> None:
    text = (ANSWERS / week.folder / "steps.json").read_text("utf-8")
    assert len(text.encode()) < 330_000
    checks = json.loads(text)
    assert checks
    for name, check in checks.items():
        assert not find_answer_key(week.folder, name).secret
        assert check["digest"] and check["cases"]
        assert f"def {name}(" not in text
