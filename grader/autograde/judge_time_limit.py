"""A limit on how long a piece of the judge's own Python may run, in any thread."""

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_AGAIN = 0.25
"""Seconds until it is raised again: code that catches every exception may have caught the first."""


class TookTooLong(BaseException):
    """The code inside `time_limit` ran longer than it may. Not an Exception, which much code catches."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TookTooLong inside the block once it has run that long.

    It is raised at the next line of Python, so that one call of C code, on data whose size is bounded, ends
    first. A signal would do the same in a process's first thread alone, and Dask runs tasks in another.
    """
    alarm = _Alarm(threading.get_ident(), seconds)
    try:
        threading.Thread(target=alarm.wait, daemon=True).start()
        yield
    finally:
        alarm.end()


class _Alarm:
    """Raises TookTooLong in a thread. Its state is plain attributes and one lock that C code takes and gives.

    The exception may arrive between any two instructions of `end`, so nothing here may be left half done by
    it, as a `with` statement over a lock would be.
    """

    def __init__(self, thread: int, seconds: float):
        self._thread, self._seconds = ctypes.c_ulong(thread), seconds
        self._running = threading.Lock()
        self._running.acquire()
        self._rang = self._finished = False

    def wait(self) -> None:
        """Raise the exception in the other thread when the time has passed, and again until the end."""
        seconds = self._seconds
        while not self._running.acquire(timeout=seconds):
            self._rang = True
            self._raise()
            seconds = _AGAIN
        self._finished = True

    def end(self) -> None:
        """Stop the alarm. Nothing is raised after it, not even what was on its way."""
        while True:
            try:
                self._stop()
                self._deliver()
                return
            except TookTooLong:  # what was on its way has arrived
                continue

    def _stop(self) -> None:
        while not self._finished:
            if self._running.locked():
                self._running.release()
            time.sleep(0)  # lets the other thread take the lock

    def _deliver(self) -> None:
        """Take delivery of an exception that may still be on its way, by a new one in its place.

        To withdraw it (`PyThreadState_SetAsyncExc` with NULL) would leave a flag of CPython's set, which says
        that something is to be raised. Then every call of a function is slow, and CPython 3.11 never returns
        from one while a profile function is set.
        """
        if self._rang:
            self._rang = False
            self._raise()
            while True:
                pass

    def _raise(self) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, ctypes.py_object(TookTooLong))
