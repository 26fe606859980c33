"""A limit on how long a piece of the judge's own Python may run, in any thread."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_AGAIN = 0.25
"""Seconds until it is raised again: code that catches every exception may have caught the first."""


class TookTooLong(BaseException):
    """The code inside `time_limit` ran longer than it may. No Exception, which much code catches."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TookTooLong inside the block once it has run that long: at its next line of Python, so that one
    call of C code, on data whose size is bounded, ends first.

    A signal would do the same in a process's first thread alone, and Dask runs tasks in another.
    """
    alarm = _Alarm(threading.get_ident(), seconds)
    try:
        threading.Thread(target=alarm.wait, daemon=True).start()
        yield
    finally:
        try:
            alarm.end()
        except TookTooLong:  # raised just before the end
            alarm.end()
            raise


class _Alarm:
    def __init__(self, thread: int, seconds: float):
        self._thread, self._seconds = ctypes.c_ulong(thread), seconds
        self._lock = threading.Lock()
        self._over = threading.Event()

    def wait(self) -> None:
        """Raises the exception in the other thread when the time has passed, and again until the end."""
        seconds = self._seconds
        while not self._over.wait(seconds):
            with self._lock:
                if not self._over.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, ctypes.py_object(TookTooLong))
            seconds = _AGAIN

    def end(self) -> None:
        """From now on nothing is raised, not even what was on its way."""
        with self._lock:
            self._over.set()
            ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, None)
