"""Kernels that die, hang, do not start or are interrupted: each has its row or sentence."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from utils.notebook import released
from utils.self_check import _kernel, check_week
from utils.weeks import find_week

from . import notebooks as make

WEEK = find_week(5)


def checked(copy, trouble, timeout=60, in_check=False):
    """The result of a notebook in which one cell, work or check, is `trouble`, between two that pass."""
    cells = [
        make.check("before", "assert True", 50),
        make.check("b", trouble, 10) if in_check else make.work("b", trouble),
        make.check("after", "assert True", 40 if in_check else 50),
    ]
    return check_week(WEEK, make.save(WEEK, copy, *cells), timeout)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("import os\nos._exit(3)", "the kernel ended with exit code 3: something called exit"),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
            "ended by signal 11 (Segmentation fault)",
        ),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
            "ended by signal 9 (Killed), most often because memory ran out",
        ),
        ("exit()", "it called exit() or quit()"),
    ],
)
def test_a_dead_kernel_is_named_with_its_cell_and_the_rest_runs_in_a_new_one(copy, trouble, reason):
    result = checked(copy, trouble)
    assert [(row.points, row.mark) for row in result.rows] == [(50, "✓"), (50, "✓")]
    assert result.notes[0].startswith("The kernel died in cell 2 (b) after ")
    assert reason in result.notes[0]


def test_a_kernel_that_dies_in_a_check_is_that_checks_reason(copy):
    result = checked(copy, "import os\nos._exit(0)", in_check=True)
    assert [row.points for row in result.rows] == [50, 0, 40]
    assert result.rows[1].reason.startswith("the kernel died in this check after ")


def test_an_answer_that_takes_the_kernel_along_keeps_what_it_defines(copy):
    cells = [
        make.work("b", "LIMIT = 3\n\ndef b():\n    return LIMIT\n\nimport os; os._exit(0)"),
        make.check("b", "assert b() == 3", 100),
    ]
    assert check_week(WEEK, make.save(WEEK, copy, *cells)).points("core") == 100


@pytest.fixture
def only_the_endless_cell(monkeypatch, tmp_path):
    """A cell's time begins where it runs the line that this returns, and no other cell's ever begins: on a
    busy machine any cell may need a second.
    """
    begun, watch = tmp_path / "begun", _kernel._Watchdog._wait

    async def wait(self, client, timeout):
        while not begun.exists():
            await asyncio.sleep(0.01)
        begun.unlink()
        await watch(self, client, timeout)

    monkeypatch.setattr(_kernel._Watchdog, "_wait", wait)
    return f"open({str(begun)!r}, 'x').close()"


def test_an_endless_cell_is_stopped_and_the_rest_goes_on(copy, only_the_endless_cell):
    endless = f"{only_the_endless_cell}\nwhile True:\n    pass"
    result = checked(copy, endless, timeout=1, in_check=True)
    assert [row.points for row in result.rows] == [50, 0, 40]
    assert result.rows[1].reason == (
        "CellTimeoutError: stopped after 1 s, the time that a cell has here (--timeout gives it more)"
    )


def test_a_cell_that_ignores_the_interrupt_ends_the_run(copy, monkeypatch, only_the_endless_cell):
    monkeypatch.setattr(_kernel, "_GRACE_SECONDS", 1)
    deaf = "get_ipython().kernel.pre_handler_hook = lambda: None"
    cells = [
        make.check("before", deaf, 50),
        make.work("b", f"{only_the_endless_cell}\nwhile True:\n    pass"),
        make.check("after", "assert True", 50),
    ]
    result = check_week(WEEK, make.save(WEEK, copy, *cells), 1)
    assert [row.points for row in result.rows] == [50, 50]
    assert "it was still running after 1 s and did not heed an interrupt" in result.notes[0]


def test_a_kernel_that_does_not_start_is_one_sentence(copy, course):
    path = make.save(WEEK, copy, make.check("a", "assert True", 100))
    (path.parent / "ipykernel_launcher.py").write_text("raise SystemExit('this is not the launcher')")
    seen = course("check", "5")
    assert seen.exit_code == 2
    assert "The Python kernel did not start" in seen.stderr
    assert "this is not the launcher" in seen.stderr
    assert "rename it" in seen.stderr
    assert len(seen.stderr.splitlines()) == 1


MAIN = """
import sys
from pathlib import Path
from utils.command_line import main
from utils.notebook import released

released.FOLDER = Path({folder!r})
sys.exit(main())
"""
"""The command with this module's releases."""


def _heed_ctrl_c():
    """Shells start background jobs, and with them these tests, so that they ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_stops_everything_and_records_nothing(copy, course_home, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Opening the pipe waits for the test, so the interrupt meets a running cell.
    busy = f"import os\nopen({str(pipe)!r}, 'w').write(str(os.getpid()))\nwhile True:\n    pass"
    path = make.save(WEEK, copy, make.check("a", busy, 100))
    before = path.read_bytes()
    command = [sys.executable, "-c", MAIN.format(folder=str(released.FOLDER)), "check", "5"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # The function only makes a system call, so another thread's lock cannot stop it.
    with subprocess.Popen(command, **streams, preexec_fn=_heed_ctrl_c) as process:  # noqa: PLW1509
        kernel = int(pipe.read_text())
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate()
    assert process.returncode == 130
    assert stderr == "Stopped. Nothing was recorded, and your notebook is as it was.\n"
    assert path.read_bytes() == before
    assert not course_home.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)
