"""The compared value may be computed by the judge from the raw values that a student's code returns."""

from dataclasses import replace

import torch

from .toy import DOUBLE, SQUARED, OneAnswerKey, knowing, report_on, text_of

SUM = knowing(
    replace(
        DOUBLE,
        expected=lambda x: {"sum": 2 * float(x.sum()), "rows": float(len(x))},
        observe=lambda output, x: {"sum": float(output.sum()), "rows": float(len(x))},
    ),
    SQUARED,
)


def test_what_is_observed_is_compared():
    assert report_on(lambda x: 2 * x, SUM).passed
    assert report_on(lambda x: 2 * x.flip(0), SUM).passed


def test_a_difference_is_shown_in_the_terms_of_what_is_observed():
    report = report_on(lambda x: 3 * x, SUM)
    assert not report.passed
    assert text_of(report, "output") == "sum"


def test_what_cannot_be_observed_is_wrong():
    report = report_on(lambda x: 7, SUM)
    assert not report.passed
    assert "expected a dict" in text_of(report, "type")


def test_mistakes_are_recognised_by_what_is_observed():
    assert report_on(lambda x: (x * x).flip(0), SUM).mistake == "squared"


def test_raw_values_are_what_the_students_process_returns():
    observation = SUM.check.observe(lambda x: 2 * x, SUM.check.draw_cases()[0].inputs)
    assert isinstance(observation.output, torch.Tensor)
    assert OneAnswerKey(SUM).open(SUM.check).expectations[0].keys() == {"sum", "rows"}


def test_what_is_observed_cannot_be_returned():
    """Otherwise a label or a share, which the judge finds in raw values, could be forged."""
    forged = report_on(lambda x: {"sum": 2 * float(x.sum()), "rows": float(len(x))}, SUM)
    assert not forged.passed
    assert "got a dict" in text_of(forged, "type")
