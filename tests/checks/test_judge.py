"""The judge at the end of a channel: it answers checks, and validates every message."""

import io

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from utils.answers.judge import LocalJudge, UnknownCheck, answer_keys_of, find_answer_key
from utils.checks.engine.check import current_judge, use_judge
from utils.checks.engine.observation import Observation, StudentError
from utils.checks.engine.plain_data import PlainDataError, pack, unpack
from utils.checks.engine.protocol import ChannelClosed, RemoteCheckRun, RemoteJudge, receive, send

from .same import identical
from .serving import serve

WEEK, CHECK = "week05_attention", "causal_mask"
ATTEMPT = Observation(
    output={"z": torch.ones(2)},
    error=StudentError("ValueError", "no", ("line 1 in f: no",)),
    changed=("x",),
    noise=("UserWarning: old",),
)


def replies(*messages):
    """Return the judge's replies to a student's process that has sent these messages and exited."""
    incoming, outgoing = io.BytesIO(), io.BytesIO()
    for message in messages:
        send(incoming, message)
    incoming.seek(0)
    reports = serve(LocalJudge(), incoming, outgoing)
    return reports, outgoing.getvalue()


def opening(week=WEEK, check=CHECK):
    return {"open": check, "week": week}


@pytest.mark.parametrize(
    "week",
    [
        "week13_more",
        "judge",
        "compare",
        "",
        ".",
        "..",
        "week05_attention.causal_mask",
        "\0",
        "a" * 10_000,
        "os",
    ],
)
def test_only_weeks_have_answer_keys(week):
    with pytest.raises(UnknownCheck) as problem:
        answer_keys_of(week)
    assert len(str(problem.value)) < 100


def test_an_unknown_check_is_told_which_there_are():
    with pytest.raises(UnknownCheck, match=r"has no check 'mask'; it has .*causal_mask"):
        find_answer_key(WEEK, "mask")


def test_a_judge_that_nobody_asks_has_nothing_to_report():
    assert replies() == ([], b"")


def test_a_student_who_goes_in_the_middle_gets_no_report():
    reports, said = replies(opening(), {"observation": Observation(output=torch.zeros(1)).to_plain()})
    assert reports == []
    assert said


DEFECTIVE = {
    "no dict": [],
    "another key": {"close": CHECK},
    "a key too many": opening() | {"seed": 1},
    "no week": {"open": CHECK},
}


@pytest.mark.parametrize("message", DEFECTIVE.values(), ids=DEFECTIVE)
def test_an_opening_that_no_check_sends_is_refused(message):
    with pytest.raises(PlainDataError):
        replies(message)


@pytest.mark.parametrize("week", [[WEEK], {"a": 1}, None, 5, torch.zeros(2)], ids=repr)
def test_a_week_that_is_no_text_is_unknown(week):
    with pytest.raises(UnknownCheck):
        replies(opening(week))


def test_an_attempt_survives_the_way():
    again = Observation.from_plain(unpack(pack(ATTEMPT.to_plain())))
    assert identical(again.output, ATTEMPT.output)
    assert (again.error, again.changed, again.noise) == (ATTEMPT.error, ATTEMPT.changed, ATTEMPT.noise)


def without(name):
    return {key: value for key, value in ATTEMPT.to_plain().items() if key != name}


@pytest.mark.parametrize("name", ATTEMPT.to_plain())
def test_an_attempt_with_a_part_missing_is_refused(name):
    with pytest.raises(PlainDataError, match=name):
        replies(opening(), {"observation": without(name)})


anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.lists(st.text())
    | st.dictionaries(st.text(), st.text())
)


@given(st.sampled_from(sorted(ATTEMPT.to_plain())), anything)
def test_an_attempt_with_a_part_of_another_type_is_refused_or_used(name, value):
    message = ATTEMPT.to_plain() | {name: value}
    cases = len(find_answer_key(WEEK, CHECK).check.draw_cases())
    try:
        reports, _ = replies(opening(), *[{"observation": message}] * cases)
    except PlainDataError:
        return
    assert str(reports[0])


@given(st.sampled_from(["type_name", "message", "where", "written", "misuse"]), anything)
def test_an_error_with_a_part_of_another_type_is_refused_or_used(name, value):
    error = ATTEMPT.to_plain()["error"] | {name: value}
    cases = len(find_answer_key(WEEK, CHECK).check.draw_cases())
    try:
        reports, _ = replies(opening(), *[{"observation": ATTEMPT.to_plain() | {"error": error}}] * cases)
    except PlainDataError:
        return
    assert str(reports[0])


def test_endless_texts_are_cut_on_arrival():
    long = Observation(
        error=StudentError("E" * 10**4, "m" * 10**4, ("w" * 10**4,) * 100), noise=("n" * 10**4,) * 100
    )
    arrived = Observation.from_plain(unpack(pack(long.to_plain())))
    assert len(str(arrived.to_plain())) < 20_000


def test_what_is_too_large_to_send_is_the_students_error():
    incoming, outgoing = io.BytesIO(), io.BytesIO()
    check_run = RemoteCheckRun(RemoteJudge(incoming, outgoing))
    check_run.submit(Observation(output=["text" * 2**20] * 5))
    outgoing.seek(0)
    sent = Observation.from_plain(receive(outgoing)["observation"])
    assert sent.error.misuse
    assert "cannot be sent" in sent.error.message


def test_a_report_is_not_there_before_the_judge_has_made_it():
    with pytest.raises(ChannelClosed, match="not reported yet"):
        RemoteCheckRun(RemoteJudge(io.BytesIO(), io.BytesIO())).report()


class Gone(io.BytesIO):
    """A pipe whose other end is closed."""

    def write(self, data):
        raise BrokenPipeError


def test_a_student_who_does_not_listen_ends_the_check_run():
    incoming = io.BytesIO()
    send(incoming, opening())
    incoming.seek(0)
    assert serve(LocalJudge(), incoming, Gone()) == []


def test_the_judge_in_force_can_be_replaced_and_put_back():
    other = LocalJudge(seed=1)
    own = current_judge()
    use_judge(other)
    try:
        assert current_judge() is other
    finally:
        use_judge(None)
    assert isinstance(own, LocalJudge) and current_judge() is not other


def test_expected_values_are_computed_once():
    judge = LocalJudge()
    first, second = (judge.open_named(WEEK, CHECK) for _ in range(2))
    assert first.expectations is second.expectations
    assert first.observations is not second.observations
