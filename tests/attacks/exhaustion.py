"""Attacks on the machine: memory, processor, processes, disk, output. Each costs its own exercise at most."""

import json

from autograde import week05

from grader.sandbox.limits import Limits

from .attack import EVERY, NOTHING, Attack, Expected
from .notebooks import in_a_cell, in_the_mask, solved_and, while_checked

SHORT = Limits(cell_seconds=3)


def _mask_only(reason: str) -> Expected:
    return Expected(points=0, why={"causal_mask": reason, EVERY: "not written yet"})


EXHAUSTION = [
    Attack(
        "kernel ended",
        "a cell ends the kernel with os._exit",
        solved_and("import os; os._exit(1)"),
        Expected(signs=("os._exit",)),
    ),
    Attack(
        "kernel crashed",
        "a cell reads address 0",
        solved_and("import ctypes; ctypes.string_at(0)"),
        Expected(),
    ),
    Attack(
        "exit 0 in a check",
        "the tested function ends the process as if all were well",
        in_the_mask("""
            import os
            def causal_mask(scores):
                os._exit(0)
        """),
        _mask_only("its process ended itself, with exit code 0"),
    ),
    Attack(
        "stack used up",
        "C code and Python call each other until the stack ends",
        in_the_mask("""
            import sys
            def deeper(_):
                return max([0], key=deeper)
            def causal_mask(scores):
                sys.setrecursionlimit(10**9)
                return deeper(scores)
        """),
        _mask_only("its process crashed (Segmentation fault)"),
    ),
    Attack(
        "grader killed",
        "kills the process that started it, all others, and process 1",
        solved_and("""
            import os, signal
            for pid in (os.getppid(), 1, 2, 3):
                for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD):
                    try:
                        os.kill(pid, number)
                    except OSError:
                        pass
        """),
        Expected(signs=("os.kill",)),
    ),
    Attack(
        "everything killed",
        "kills every process that it may",
        solved_and("import os; os.kill(-1, 9)"),
        Expected(),
    ),
    Attack(
        "endless loop",
        "a cell that never ends",
        in_a_cell("while True: pass"),
        Expected(points=0, why=NOTHING, shows=("it ran longer than 3 s",)),
        SHORT,
    ),
    Attack(
        "endless check",
        "a function that never returns",
        in_the_mask("""
            def causal_mask(scores):
                while True:
                    pass
        """),
        _mask_only("it ran longer than 3 s"),
        SHORT,
    ),
    Attack(
        "signals ignored",
        "ignores every signal that can be ignored, and sleeps",
        in_the_mask("""
            import signal, time
            def causal_mask(scores):
                for number in range(1, 65):
                    try:
                        signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError):
                        pass
                while True:
                    time.sleep(1000)
        """),
        _mask_only("it ran longer than 3 s"),
        SHORT,
    ),
    Attack(
        "stopped",
        "stops its own process, so that it never ends by itself",
        in_the_mask("""
            import os, signal
            def causal_mask(scores):
                os.kill(os.getpid(), signal.SIGSTOP)
        """),
        _mask_only("it ran longer than 3 s"),
        SHORT,
    ),
    Attack(
        "a slow notebook",
        "every cell takes nearly as long as a cell may",
        lambda: _slow(),
        Expected(points=0, why={EVERY: ""}, shows=("left out: cells of your own used up the time",)),
        Limits(cell_seconds=3, notebook_seconds=5),
    ),
    Attack(
        "orphans",
        "starts daemons in sessions of their own, which ignore signals",
        solved_and("""
            import os, signal, time
            for _ in range(5):
                if not os.fork():
                    os.setsid()
                    if os.fork():
                        os._exit(0)
                    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                        signal.signal(number, signal.SIG_IGN)
                    while True:
                        time.sleep(1000)
        """),
        Expected(),
    ),
    Attack(
        "fork bomb",
        "every process starts two more, for ever",
        in_a_cell("""
            import os
            while True:
                try:
                    os.fork()
                except OSError:
                    pass
        """),
        Expected(points=0, why={EVERY: ""}),
        SHORT,
    ),
    Attack(
        "memory, at once",
        "asks for 100 GB",
        in_the_mask("""
            import torch
            def causal_mask(scores):
                return torch.ones(25, 10**9)
        """),
        _mask_only(""),
    ),
    Attack(
        "memory, bit by bit",
        "keeps asking for more",
        in_the_mask("""
            import torch
            def causal_mask(scores):
                kept = []
                while True:
                    kept.append(torch.empty(64 * 2**20))
        """),
        _mask_only("all cases end in an error"),
    ),
    Attack(
        "disk",
        "fills the disk with files",
        solved_and("""
            import os
            written = 0
            try:
                for number in range(10_000):
                    with open(f"file{number}", "wb") as file:
                        for _ in range(32):
                            written += file.write(bytes(2**20))
            except OSError as error:
                print("DISK", error.strerror, written <= 160 * 2**20)
            for number in range(10_000):
                if os.path.exists(f"file{number}"):
                    os.unlink(f"file{number}")
        """),
        Expected(shows=("DISK No space left on device True",)),
    ),
    Attack(
        "one large file",
        "writes one file without end",
        in_a_cell("""
            import signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            with open("large", "wb") as file:
                while True:
                    file.write(bytes(2**20))
        """),
        Expected(points=0, why=NOTHING, shows=("File too large",)),
    ),
    Attack(
        "inodes",
        "makes empty files without end",
        solved_and("""
            import os
            made = 0
            try:
                while True:
                    open(f"empty{made}", "w").close()
                    made += 1
            except OSError as error:
                print("INODES", error.strerror)
        """),
        Expected(shows=("INODES No space left on device",)),
    ),
    Attack(
        "threads",
        "starts threads until there are no more, and keeps them: checks start without that cell alone",
        solved_and("""
            import threading, time
            started = 0
            try:
                while True:
                    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
                    started += 1
            except RuntimeError as error:
                print("THREADS", error, started < 100)
        """),
        Expected(
            shows=("THREADS can't start new thread True",),
        ),
    ),
    Attack(
        "open files",
        "opens files until there are no more",
        solved_and("""
            kept = []
            try:
                while True:
                    kept.append(open("/dev/null"))
            except OSError as error:
                print("FILES", error.strerror, len(kept) < 300)
            del kept
        """),
        Expected(shows=("FILES Too many open files True",)),
    ),
    Attack(
        "output flood",
        "prints 100 MB on one line",
        solved_and("print('x' * 10**8)"),
        Expected(shows=("cut off here",)),
    ),
    Attack(
        "many outputs",
        "shows 30,000 values",
        solved_and("""
            from IPython.display import display
            for number in range(30_000):
                display(number)
        """),
        Expected(),
    ),
    Attack(
        "large error",
        "raises an exception whose text has 5 MB, through 200 frames",
        solved_and("""
            def deeper(n):
                if not n:
                    raise ValueError("x" * 5_000_000)
                deeper(n - 1)
            deeper(200)
        """),
        Expected(),
    ),
    Attack(
        "more than the most",
        "shows more points than there are",
        in_the_mask("""
            import sys
            def causal_mask(scores):
                sys.displayhook(10**6)
                return scores
        """),
        _mask_only("no mask"),
    ),
    Attack(
        "memory in a file of its own",
        "memfd_create: files in memory that no address space counts",
        solved_and("""
            import os
            try:
                os.memfd_create("more")
                print("MEMFD there")
            except OSError as error:
                print("MEMFD", error.strerror)
        """),
        Expected(shows=("MEMFD Operation not permitted",)),
    ),
    Attack(
        "shared memory",
        "System V segments, which outlive their process and count for no address space",
        solved_and("""
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            print("SHMGET", libc.shmget(0, ctypes.c_size_t(2**30), 0o1600))
        """),
        Expected(shows=("SHMGET -1",)),
    ),
    Attack(
        "code too long to read",
        "an import of 100,000 dots: to parse it in search of signs takes gigabytes and minutes",
        lambda: solved_and("if False:\n    import a" + ".b" * 100_000)(),
        Expected(),
        Limits(cell_seconds=5),
    ),
    Attack(
        "code too large to read",
        "a cell of two million statements",
        lambda: solved_and("'''" + "a;" * 2_000_000 + "'''\n" + "a=0;" * 500_000)(),
        Expected(),
        Limits(cell_seconds=3),
    ),
    Attack(
        "code too deep to read",
        "a cell with 50,000 calls of calls, and as many minus signs",
        lambda: solved_and(f"f{'()' * 50_000}\n{'-' * 50_000}1")(),
        Expected(),
    ),
    Attack(
        "signs without number",
        "ten thousand lines that each look like cheating, to bury the instructor's list",
        solved_and("\n".join(["import ctypes"] * 10_000)),
        Expected(),
    ),
    Attack(
        "processor of others",
        "four processes keep the processors busy while the checks run",
        while_checked("""
            import os
            if not hasattr(causal_mask, "busy"):
                causal_mask.busy = True
                for _ in range(4):
                    if not os.fork():
                        while True:
                            pass
        """),
        Expected(),
    ),
    Attack(
        "link that takes hours",
        "a link in the answer in words with a million spaces in it, over which a pattern would go back again "
        "and again",
        lambda: week05.solved(own_words=f"[a]({' ' * 10**6}https://example.org)"),
        Expected(),
    ),
    Attack(
        "words that take hours",
        "mathematics without an end in the answer in words: to make a page of it is to look for the end of "
        "each beginning",
        lambda: week05.solved(own_words="\\begin{a}" * 10**6),
        Expected(shows=("cut off here: of a cell a page shows 20,000 characters",)),
    ),
    Attack(
        "limits of the first process",
        "lowers the limits of process 1, which starts and ends all others: no files, no memory, no time",
        solved_and("""
            import os, resource, signal
            for name in ("NOFILE", "AS", "CPU", "FSIZE", "NPROC"):
                try:
                    resource.prlimit(1, getattr(resource, f"RLIMIT_{name}"), (0, 0))
                except (OSError, ValueError):
                    pass
            for _ in range(10_000):
                os.kill(1, signal.SIGCHLD)
        """),
        Expected(),
    ),
    Attack(
        "cells longer than a message",
        "holds five cells whose code no kernel takes, each of which ends one",
        lambda: _long_cells(),
        Expected(),
    ),
    Attack(
        "hooks everywhere",
        "audit hooks, collector's callbacks, an alarm and finalisers that raise errors at every turn",
        solved_and("""
            import gc, signal, sys, threading
            def fail(*_, **__):
                raise RuntimeError("at every turn")
            class Final:
                def __del__(self):
                    raise SystemExit(1)
            gc.callbacks.append(fail)
            sys.unraisablehook = sys.excepthook = threading.excepthook = fail
            final = [Final() for _ in range(100)]
            del final
            signal.signal(signal.SIGALRM, lambda *_: None)
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        """),
        Expected(),
    ),
]


def _slow():
    notebook = week05.released()
    for _ in range(4):
        week05.insert_after(notebook, "set_up", "import time; time.sleep(2.5)")
    return notebook


def _long_cells():
    notebook = week05.solved()
    for _ in range(5):
        week05.insert_after(notebook, "set_up", f"# {'é' * 3_000_000}")
    return json.dumps(notebook, ensure_ascii=False).encode()
