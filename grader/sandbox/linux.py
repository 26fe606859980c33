"""Linux calls that Python's standard library does not offer; they raise OSError."""

import ctypes
import errno
import os
import signal
import sys

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REC = 16384
MS_PRIVATE = 1 << 18

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """Returns `result`.

    Raises:
        OSError: the result is -1; the error is errno's.
    """
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def call(name: str, *arguments: object) -> int:
    """Calls a function of the C library by its name.

    Raises:
        OSError: it failed, or this is not Linux, where the same name and numbers mean other things.
    """
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"{name} is Linux' own")
    return checked(getattr(_libc, name)(*arguments), name)


def syscall(number: int, *arguments: object) -> int:
    """Makes a system call by its number.

    Raises:
        OSError: it failed.
    """
    return call("syscall", ctypes.c_long(number), *arguments)


def unshare(flags: int) -> None:
    """Moves this process (with CLONE_NEWPID, its children) into new namespaces.

    Raises:
        OSError: this user may not.
    """
    call("unshare", ctypes.c_int(flags))


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mounts a file system, or changes a mount, by the system call mount.

    Raises:
        OSError: it failed.
    """
    encoded = [None if text is None else text.encode() for text in (source, target, kind, options)]
    call("mount", *encoded[:3], ctypes.c_ulong(flags), encoded[3])


def prctl(option: int, *arguments: int) -> None:
    """Changes an attribute of this process by the system call prctl.

    Raises:
        OSError: it failed.
    """
    numbers = [ctypes.c_ulong(number) for number in (*arguments, 0, 0, 0, 0)[:4]]
    call("prctl", ctypes.c_int(option), *numbers)


def no_new_privileges() -> None:
    """Sets no_new_privs: no program that this process starts can gain privileges."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def set_dumpable(dumpable: bool) -> None:
    """Sets whether processes of the same user may read this one's memory."""
    prctl(_PR_SET_DUMPABLE, int(dumpable))


def die_with_parent() -> None:
    """Has this process killed when the thread that forked it ends."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
