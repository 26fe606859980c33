"""The limit on the judge's own work: it ends what has no end, and leaves all else alone."""

import subprocess
import sys
import threading

import pytest
from patience import PATIENCE_S

from grader.autograde.judge_time_limit import TookTooLong, time_limit


def forever() -> None:
    while True:
        pass


def ended_by_the_limit() -> bool:
    try:
        with time_limit(0.01):
            forever()
    except TookTooLong:
        return True
    return False


def test_what_has_no_end_is_ended():
    assert ended_by_the_limit()


def test_in_another_thread_too():
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(ended_by_the_limit()))
    thread.start()
    thread.join()
    assert found == [True]


def test_code_that_catches_everything_is_ended_too():
    caught = 0

    def stubborn() -> None:
        nonlocal caught
        while caught < 3:
            try:
                forever()
            except BaseException:
                caught += 1
        forever()

    with pytest.raises(TookTooLong), time_limit(0.01):
        stubborn()
    assert caught == 3


def test_an_error_inside_is_the_blocks_own():
    with pytest.raises(ZeroDivisionError), time_limit(1000):
        _ = 1 / 0


def test_nothing_comes_after_the_block():
    for number in range(300):  # the alarm rings about when the block ends
        try:
            with time_limit(1e-3):
                sum(range(150 * number))
        except TookTooLong:
            pass
    assert sum(range(100_000)) == 4_999_950_000


@pytest.mark.parametrize("body", ["pass", "forever()"], ids=["in time", "too late"])
def test_a_profile_function_works_afterwards(body):
    """A flag that CPython 3.11 keeps set would make the next call of a function last for ever."""
    script = f"""
import sys
from autograde.test_judge_time_limit import TookTooLong, forever, time_limit
for _ in range(20):
    try:
        with time_limit(0.01 if {body!r} != "pass" else 1000):
            {body}
    except TookTooLong:
        pass
calls = []
sys.setprofile(lambda frame, event, argument: calls.append(event))
sum(map(lambda number: number + 1, range(1000)))
sys.setprofile(None)
print(calls.count("call"))
"""
    paths = f"import sys; sys.path[:0] = {sys.path!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", paths + script], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert (done.stdout, done.stderr) == ("1000\n", "")
