"""Boxes: what cells do in them, and that nothing passes from one to the next."""

import contextlib
from collections.abc import Iterator

import psutil
import pytest
from patience import PATIENCE_S

from grader.kernels import fork_server_client
from grader.kernels.box import Box, Kernel, KernelEnded
from grader.kernels.fork_server_client import ForkServer
from grader.kernels.messages import Deadline, StreamTimeout
from grader.sandbox.limits import MIB, Limits
from grader.sandbox.view import student_view

pytestmark = pytest.mark.slow

LIMITS = Limits(processes=16, file_bytes=4 * MIB, disk_bytes=8 * MIB, open_files=40)
OUTPUT = 2_000

ORPHANS = """
import os, signal, time
for _ in range(3):
    if not os.fork():
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(3600)
"""
THREADS = """
import threading, time
for _ in range(50):
    threading.Thread(target=time.sleep, args=(3600,)).start()
"""
GARBAGE = """
import os
for descriptor in range(3, 40):
    try:
        os.write(descriptor, b"\\xff" * 64)
    except OSError:
        pass
"""


@pytest.fixture(scope="module")
def parent() -> Iterator[ForkServer]:
    parent = ForkServer(student_view(), ("math",), LIMITS)
    yield parent
    parent.close()


@pytest.fixture
def box(parent) -> Iterator[Box]:
    box = parent.box(LIMITS, {"parts.py": "part = 7\n"})
    yield box
    box.close()


@pytest.fixture
def kernel(box) -> Kernel:
    return box.kernel(OUTPUT)


def run(kernel: Kernel, code: str, seconds: float = 60):
    return kernel.run(code, Deadline(seconds))


def text(kernel: Kernel, code: str) -> str:
    """What the cell prints."""
    shown = run(kernel, code)
    assert shown.success, shown.outputs
    return "".join(output["text"] for output in shown.outputs)


def error(kernel: Kernel, code: str) -> str:
    """The error that the cell ends with."""
    shown = run(kernel, code)
    assert not shown.success
    return shown.outputs[-1]["ename"]


def test_a_cells_outputs_are_a_notebooks(kernel):
    code = """
        import sys
        from IPython.display import display
        print("a")
        print("b", file=sys.stderr)
        display(1)
        2
    """
    outputs = run(kernel, code).outputs
    assert [each["output_type"] for each in outputs] == ["stream", "stream", "display_data", "execute_result"]
    assert (outputs[0]["name"], outputs[0]["text"]) == ("stdout", "a\n")
    assert (outputs[1]["name"], outputs[1]["text"]) == ("stderr", "b\n")
    assert outputs[3]["data"]["text/plain"] == "2"


def test_cells_share_their_names_and_the_files_beside_them(kernel):
    run(kernel, "x = 1")
    assert text(kernel, "from parts import part\nprint(x + part)") == "8\n"


def test_magics_and_await_work_as_in_a_notebook(kernel):
    assert "3" in text(kernel, "%time y = 3\nprint(y)")
    assert text(kernel, "import asyncio\nprint(await asyncio.sleep(0, 4))") == "4\n"


@pytest.mark.parametrize("code", ["raise SystemExit", "exit()", "import sys; sys.exit(3)"])
def test_leaving_is_no_way_out(kernel, code):
    run(kernel, code)
    assert text(kernel, "print(1)") == "1\n"


def test_what_is_printed_is_cut_off(kernel):
    printed = text(kernel, "for _ in range(1000): print('x' * 1000)")
    assert len(printed) < OUTPUT + 100
    assert "cut off here" in printed


def test_a_library_may_ask_for_an_absent_package(kernel):
    """As torch._dynamo does for a list of packages; only an import gets the reason."""
    ask = "import importlib.util\nprint(importlib.util.find_spec('transformers'))"
    assert text(kernel, ask) == "None\n"
    say = "try:\n    import transformers\nexcept ModuleNotFoundError as error:\n    print(error)"
    assert "transformers is not there where work is graded" in text(kernel, say)


def test_every_kernel_begins_with_the_same_random_numbers(box):
    code = "import random, torch\nprint(random.random(), torch.rand(1).item())"
    assert text(box.kernel(OUTPUT), code) == text(box.kernel(OUTPUT), code)


def test_one_box_leaves_nothing_for_the_next(parent):
    for _ in range(2):
        box = parent.box(LIMITS, {})
        kernel = box.kernel(OUTPUT)
        assert (
            text(kernel, "import os\nprint(os.listdir(), os.listdir('/dev/shm'), 'left' in globals())")
            == "[] [] False\n"
        )
        run(kernel, "left = open('left', 'w').write('x'), open('/dev/shm/left', 'w').write('x')")
        box.close()


def test_everything_that_was_started_ends_with_the_box(parent):
    box = parent.box(LIMITS, {})
    before = descendants(parent)
    kernel = box.kernel(OUTPUT)
    run(kernel, ORPHANS)
    started = descendants(parent) - before
    assert len(started) >= 4
    box.close()
    _, alive = psutil.wait_procs(list(started), timeout=PATIENCE_S)
    assert alive == []


def descendants(parent: ForkServer) -> set[psutil.Process]:
    return set(psutil.Process(parent._process.pid).children(recursive=True))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("bytearray(8 * 2**30)", "MemoryError"),
        ("open('large', 'wb').write(bytes(5 * 2**20))", "OSError"),
        ("for i in range(3): open(f'{i}', 'wb').write(bytes(4 * 2**20 - 1))", "OSError"),
        ("files = [open('parts.py') for _ in range(100)]", "OSError"),
        (THREADS, "RuntimeError"),
        (
            "import os\nfor _ in range(50):\n    if not os.fork():\n        while True: pass",
            "BlockingIOError",
        ),
        ("import os; os.kill(1, 9)", "PermissionError"),
        ("import os; os.setuid(0)", "OSError"),
        ("import os; os.execv('/bin/sh', ['sh'])", "PermissionError"),
        ("import os; os.listdir('/')", "PermissionError"),
        ("import os; os.listdir('/home')", "FileNotFoundError"),
        ("import socket; socket.socket()", "PermissionError"),
        ("open('/usr/lib/mine', 'w')", "OSError"),
    ],
)
def test_limits_and_layers_show_as_errors(box, kernel, code, expected):
    assert error(kernel, code) in {expected, "PermissionError"}


@pytest.mark.parametrize(
    "call", ["ptrace(16, 1, 0, 0)", "unshare(0x10000000)", "mount(0, b'/', 0, 4096, 0)", "setns(0, 0)"]
)
def test_system_calls_that_no_exercise_needs_are_refused(kernel, call):
    code = f"import ctypes\nc = ctypes.CDLL(None, use_errno=True)\nprint(c.{call}, ctypes.get_errno())"
    assert text(kernel, code) == "-1 1\n"  # EPERM


def test_the_environment_holds_nothing_of_the_instructors(kernel, monkeypatch):
    monkeypatch.setenv("A_TOKEN", "secret")
    names = text(kernel, "import os\nprint(sorted(os.environ))")
    assert "TOKEN" not in names
    assert "HOME" in names


def test_both_sides_of_a_check_compute_by_the_same_instructions(monkeypatch):
    monkeypatch.setenv("A_TOKEN", "secret")
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    given = fork_server_client._environment("/private")
    assert given["ATEN_CPU_CAPABILITY"] == "default"
    assert "secret" not in given.values()
    monkeypatch.delenv("ATEN_CPU_CAPABILITY")
    assert "ATEN_CPU_CAPABILITY" not in fork_server_client._environment("/private")


def test_the_end_of_a_kernel_is_described(kernel):
    with pytest.raises(KernelEnded, match="its process ended itself, with exit code 3"):
        run(kernel, "import os; os._exit(3)")


def test_a_crash_is_described(kernel):
    with pytest.raises(KernelEnded, match=r"its process crashed \(Segmentation fault\)"):
        run(kernel, "import ctypes; ctypes.string_at(0)")


def test_a_cell_that_does_not_end_is_late(kernel):
    with pytest.raises(StreamTimeout):
        run(kernel, "while True: pass", seconds=0.5)


def test_what_is_no_message_ends_the_kernel(kernel):
    with pytest.raises(KernelEnded, match="its process sent a message"):
        run(kernel, GARBAGE)


def test_a_snapshot_is_the_kernel_as_it_was(kernel):
    run(kernel, "x = 1")
    snapshot = kernel.snapshot({"checks": [], "modules": {}})
    run(kernel, "x = 2")
    snapshot.wake("print(x)\nx = 5", Deadline(60))
    assert snapshot.receive_output(Deadline(60)).outputs[0]["text"] == "1\n"
    assert text(kernel, "print(x)") == "2\n"


def test_snapshots_outlive_their_kernel(kernel):
    run(kernel, "x = 3")
    snapshot = kernel.snapshot({"checks": [], "modules": {}})
    kernel.end()
    snapshot.wake("print(x)", Deadline(60))
    assert snapshot.receive_output(Deadline(60)).outputs[0]["text"] == "3\n"


def test_a_copy_that_a_cell_made_says_nothing(kernel):
    run(kernel, "import os\npid = os.fork()")
    assert text(kernel, "print(pid > 0)") == "True\n"
    assert text(kernel, "print(4)") == "4\n"


def states(pids: set[int]) -> list[str]:
    """The states of those of these processes that have not ended."""
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid).status())
    return [state for state in found if state not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)]


def below(parent: ForkServer) -> set[int]:
    """All processes of the boxes, by their numbers outside."""
    return {each.pid for each in psutil.Process(parent._process.pid).children(recursive=True)}


def is_alone(found: list[str], left: int) -> bool:
    return len(found) == left and found.count(psutil.STATUS_STOPPED) == left - 1


BUSY = """
import os, threading
for _ in range(3):
    if not os.fork():
        os.setsid()
        while True:
            pass
"""
BUSY_CHECK = """
import os, threading
if not os.fork():
    while True:
        pass
def go_on():
    while True:
        pass
threading.Thread(target=go_on, daemon=True).start()
print("checked")
"""


AS_MANY = """
import os
try:
    while True:
        if not os.fork():
            while True:
                pass
except OSError:
    print("MANY")
"""


def test_one_check_runs_at_a_time_and_what_others_started_is_ended(parent, kernel):
    if not kernel._box.own_namespaces:
        pytest.skip("no process namespaces here")
    before = below(parent)
    run(kernel, BUSY)
    snapshots = [kernel.snapshot({"checks": [], "modules": {}}) for _ in range(4)]
    assert len(below(parent) - before) == 7
    kernel.end()
    for left, snapshot in zip((4, 3, 2, 1), snapshots, strict=True):
        snapshot.take_turn()
        # One runs, and the others are stopped, as soon as the system has delivered the signals.
        deadline = Deadline(PATIENCE_S)
        while not is_alone(now := states(below(parent) - before), left):
            assert deadline.left(), now
        snapshot.wake(BUSY_CHECK, Deadline(PATIENCE_S))
        assert snapshot.receive_output(Deadline(PATIENCE_S)).success
        snapshot.kill()  # as grading does: it has printed, but the next turn could stop it before it ends


def test_a_waiting_check_goes_on_where_it_was(kernel):
    first, second = (kernel.snapshot({"checks": [], "modules": {}}) for _ in range(2))
    kernel.end()
    first.take_turn()
    second.take_turn()
    first.take_turn()
    first.wake("print('still here')", Deadline(PATIENCE_S))
    assert first.receive_output(Deadline(PATIENCE_S)).outputs[0]["text"] == "still here\n"


def test_as_many_processes_as_there_may_be_are_ended_for_the_next_check(kernel):
    if not kernel._box.own_namespaces:
        pytest.skip("no process namespaces here")
    first, second = (kernel.snapshot({"checks": [], "modules": {}}) for _ in range(2))
    kernel.end()
    first.take_turn()
    first.wake(AS_MANY, Deadline(PATIENCE_S))
    assert "MANY" in first.receive_output(Deadline(PATIENCE_S)).outputs[0]["text"]
    second.take_turn()
    second.wake("print(1)", Deadline(PATIENCE_S))
    assert second.receive_output(Deadline(PATIENCE_S)).success


def test_a_turn_for_an_unknown_process_does_no_harm(box, kernel):
    snapshot = kernel.snapshot({"checks": [], "modules": {}})
    for pid in (0, 1, 2**21, 2**22 - 1):
        box.turn(pid)
    snapshot.take_turn()
    snapshot.wake("print('here')", Deadline(PATIENCE_S))
    assert snapshot.receive_output(Deadline(PATIENCE_S)).success
