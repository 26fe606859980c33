"""The check server: what a student's process may send, and what becomes of everything else."""

import contextlib
import pickle
import socket
import threading
import weakref
from collections.abc import Callable

import pytest
import torch
from patience import PATIENCE_S

from grader.autograde import check_session
from grader.autograde.check_server import CheckServer, ProtocolViolation, ServedCheck
from grader.autograde.check_session import CheckSessions
from grader.kernels.messages import Deadline, StreamClosed, StreamTimeout
from utils.answers import matching
from utils.answers.judge import LocalCheckRun
from utils.checks import week05_attention as checks
from utils.checks.engine.observation import Observation
from utils.checks.engine.plain_data import PlainDataError
from utils.checks.engine.protocol import ChannelClosed, RemoteJudge, receive, send

LONGEST = 2**20


@pytest.fixture(scope="module")
def sessions() -> CheckSessions:
    return CheckSessions()


def right_mask(scores):
    query, key = scores.shape[-2:]
    future = torch.ones(query, key, dtype=torch.bool, device=scores.device).triu(key - query + 1)
    return torch.where(future, -torch.inf, scores)


def served(sessions: CheckSessions, student: Callable, *asked, seconds: float = 60) -> ServedCheck:
    """What the check server makes of `student(incoming, outgoing)`."""
    ours, theirs = socket.socketpair()

    def run() -> None:
        try:
            with theirs, theirs.makefile("rb") as incoming, theirs.makefile("wb") as outgoing:
                student(incoming, outgoing)
        except (ChannelClosed, OSError):  # the check server has closed the stream
            pass

    thread = threading.Thread(target=run)
    thread.start()
    try:
        with ours:
            check_server = CheckServer(sessions.session(seed=1), asked or (checks.causal_mask,), LONGEST)
            return check_server.serve(ours, Deadline(seconds))
    finally:
        thread.join()


def examine(submission, check=checks.causal_mask) -> Callable:
    """A student's process that does what the course's own code does."""
    return lambda incoming, outgoing: check.examine(submission, RemoteJudge(incoming, outgoing))


def test_what_is_right_passes_on_public_and_hidden_cases(sessions):
    result = served(sessions, examine(right_mask))
    (report,) = result.reports
    public_and_hidden = 2 * len(checks.causal_mask.draw_cases())
    assert (report.passed, report.cases, result.hidden) == (True, public_and_hidden, "passed")


def test_what_is_wrong_is_named(sessions):
    (report,) = served(sessions, examine(lambda scores: scores)).reports
    assert (report.passed, report.mistake) == (False, "no mask")


def test_only_the_cells_own_check_is_served(sessions):
    with pytest.raises(ProtocolViolation, match="another check than its own"):
        served(sessions, examine(right_mask, checks.attention_scores))


def test_a_check_is_served_once(sessions):
    def twice(incoming, outgoing):
        examine(lambda scores: scores)(incoming, outgoing)
        examine(right_mask)(incoming, outgoing)

    result = served(sessions, twice)
    assert [report.passed for report in result.reports] == [False]


def test_a_check_inside_a_check_ends_the_check_run(sessions):
    def nested(incoming, outgoing):
        judge = RemoteJudge(incoming, outgoing)
        checks.causal_mask.examine(lambda scores: judge.open(checks.causal_mask), judge)

    with pytest.raises(ProtocolViolation, match="called once more from inside itself"):
        served(sessions, nested)


def opened(after: Callable) -> Callable:
    """A student's process that opens the check, takes the first case, and then goes its own way."""

    def run(incoming, outgoing):
        send(outgoing, {"open": "causal_mask", "week": checks.WEEK})
        receive(incoming)
        after(incoming, outgoing)

    return run


def raw(data: bytes) -> Callable:
    def write(incoming, outgoing):
        outgoing.write(data)
        outgoing.flush()

    return write


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00" * 8,
        (40).to_bytes(8, "little") + pickle.dumps({"observation": "x" * 40})[:40],
        (12).to_bytes(8, "little") + (4).to_bytes(8, "little") + b"nope",
        (10).to_bytes(8, "little") + (2).to_bytes(8, "little") + b"[]",
    ],
)
def test_bytes_that_are_no_plain_data_are_refused(sessions, sent):
    with pytest.raises((PlainDataError, ProtocolViolation)):
        served(sessions, opened(raw(sent)))


def test_more_than_the_most_is_refused_before_it_is_read(sessions):
    with pytest.raises(ProtocolViolation, match="are the most"):
        served(sessions, opened(raw((LONGEST + 1).to_bytes(8, "little"))))


@pytest.mark.parametrize(
    "observation", [None, 3, {}, {"output": 1}, {**Observation().to_plain(), "changed": 3}]
)
def test_a_malformed_observation_is_refused(sessions, observation):
    with pytest.raises(PlainDataError):
        served(sessions, opened(lambda incoming, outgoing: send(outgoing, {"observation": observation})))


@pytest.mark.parametrize(
    "output",
    [
        torch.zeros(0, 5, 2**20),
        torch.full((2, 2), float("nan")),
        torch.zeros(3, dtype=torch.complex64),
        10**1200,
        float("inf"),
        "\u202e",
        [[[]]],
        {"": None},
        (),
    ],
)
def test_hostile_outputs_are_wrong_and_nothing_more(sessions, output):
    def answer(incoming, outgoing):
        send(outgoing, {"open": "causal_mask", "week": checks.WEEK})
        while "case" in receive(incoming):
            send(outgoing, {"observation": {**Observation().to_plain(), "output": output}})

    (report,) = served(sessions, answer).reports
    assert not report.passed


def test_a_process_that_goes_is_noticed(sessions):
    with pytest.raises(StreamClosed):
        served(sessions, opened(lambda incoming, outgoing: None))


def test_a_process_that_says_nothing_is_late(sessions):
    def wait(incoming, outgoing):
        incoming.read(1)

    with pytest.raises(StreamTimeout):
        served(sessions, wait, seconds=0.2)


def test_an_error_before_the_check_is_reported_with_its_message(sessions):
    result = served(sessions, lambda i, o: send(o, {"raised": ["NameError", "name 'x' is not defined"]}))
    assert (result.raised.type_name, result.raised.message) == ("NameError", "name 'x' is not defined")
    assert result.reports == []


def test_an_error_after_hidden_cases_is_reported_without_its_message(sessions):
    def raise_late(incoming, outgoing):
        examine(right_mask)(incoming, outgoing)
        send(outgoing, {"raised": ["ValueError", "a hidden input"]})

    result = served(sessions, raise_late, checks.causal_mask, checks.attention_scores)
    assert (result.raised.type_name, result.raised.message) == ("an error", "")


def test_hidden_inputs_stay_out_of_the_report(sessions):
    def wrong_when_hidden(scores):
        public = [case.inputs["scores"] for case in checks.causal_mask.draw_cases()]
        if any(each.shape == scores.shape and torch.equal(each, scores) for each in public):
            return right_mask(scores)
        raise ValueError(f"hidden: {scores.tolist()}")

    (report,) = served(sessions, examine(wrong_when_hidden)).reports
    assert not report.passed
    assert "hidden:" not in str(report)


def quick_limits(monkeypatch) -> None:
    for name in ("_NAMING_SECONDS", "_COMPARING_SECONDS"):
        monkeypatch.setattr(check_session, name, 0.05)


def without_end(*_, **__) -> None:
    while True:
        pass


def test_a_comparison_without_end_costs_its_own_exercise(sessions, monkeypatch):
    quick_limits(monkeypatch)
    monkeypatch.setattr(LocalCheckRun, "report", without_end)
    with pytest.raises(ProtocolViolation, match="takes too long to compare"):
        served(sessions, examine(right_mask))


def test_a_mistake_whose_name_takes_too_long_to_find_has_none(sessions, monkeypatch):
    quick_limits(monkeypatch)
    monkeypatch.setattr(matching, "_distance", without_end)
    result = served(sessions, examine(lambda scores: scores))
    assert [(report.passed, report.mistake) for report in result.reports] == [(False, None)]
    assert "cases differ" in result.reports[0].headline


def test_answers_are_kept_no_longer_than_until_they_are_judged(sessions):
    """Twenty checks of a notebook wait for each other: their public answers would add up."""
    kept: list[weakref.ref] = []
    submit = LocalCheckRun.submit

    def watched(self, observation: Observation) -> None:
        kept.append(weakref.ref(observation))
        submit(self, observation)

    ours, theirs = socket.socketpair()

    def student() -> None:
        quiet = contextlib.suppress(ChannelClosed, OSError)
        with quiet, theirs, theirs.makefile("rb") as incoming, theirs.makefile("wb") as outgoing:
            examine(right_mask)(incoming, outgoing)

    thread = threading.Thread(target=student)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalCheckRun, "submit", watched)
        thread.start()
        try:
            with ours:  # whatever fails here, the student's side ends
                check_server = CheckServer(sessions.session(seed=1), (checks.causal_mask,), LONGEST)
                check_server.serve_public(ours, Deadline(PATIENCE_S))
                assert len(kept) == len(checks.causal_mask.draw_cases())
                assert [each() for each in kept if each() is not None] == []
                check_server.serve(ours, Deadline(PATIENCE_S))
        finally:
            thread.join()
    assert [report.passed for report in check_server.result.reports] == [True]
