"""seccomp: refuses system calls that no exercise needs."""

import ctypes
import errno
import importlib
import socket
import tempfile
from types import ModuleType
from typing import Any

from grader.sandbox import linux

_PR_SET_SECCOMP = 22  # linux/prctl.h
_MODE_FILTER = 2
_INSTRUCTION = 8  # bytes

_NAMESPACES = (
    linux.CLONE_NEWNS,
    linux.CLONE_NEWUTS,
    linux.CLONE_NEWIPC,
    linux.CLONE_NEWUSER,
    linux.CLONE_NEWPID,
    linux.CLONE_NEWNET,
)

REFUSED = (
    # other processes
    "ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd",
    # programs: a kernel runs only Python
    "execve execveat",
    # mounts
    "mount umount2 pivot_root chroot move_mount open_tree fsopen fsmount fsconfig fspick mount_setattr",
    "open_by_handle_at name_to_handle_at quotactl swapon swapoff",
    # namespaces
    "unshare setns",
    # memory outside of any address space, which only control groups would limit
    "memfd_create memfd_secret shmget msgget semget",
    # the operating system, and parts of it through which sandboxes were left before
    "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register",
    "keyctl add_key request_key init_module finit_module delete_module kexec_load kexec_file_load",
    "reboot syslog acct settimeofday clock_settime clock_adjtime adjtimex iopl ioperm modify_ldt",
    "sethostname setdomainname vhangup lookup_dcookie",
)
"""Names of system calls, by what they reach."""


def program() -> bytes:
    """Returns the filter as a BPF program, made by libseccomp; empty where that is not installed.

    It is made on the trusted side: ctypes executes programs to find a library, which the sandbox refuses.
    """
    try:
        seccomp = importlib.import_module("pyseccomp")
    except (ImportError, RuntimeError, OSError):  # the binding, or the library that it binds
        return b""
    wanted = seccomp.SyscallFilter(seccomp.ALLOW)
    denied = seccomp.ERRNO(errno.EPERM)
    for name in " ".join(REFUSED).split():
        _add(seccomp, wanted, denied, name)
    for flag in _NAMESPACES:
        _add(seccomp, wanted, denied, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    # A process may lower its own limits; lowering those of process 1 would end the whole box.
    _add(seccomp, wanted, denied, "prlimit64", seccomp.Arg(0, seccomp.NE, 0))
    # Its flags are in memory, which a filter cannot read. C libraries use clone instead.
    _add(seccomp, wanted, seccomp.ERRNO(errno.ENOSYS), "clone3")
    _add(seccomp, wanted, denied, "socket", seccomp.Arg(0, seccomp.NE, int(socket.AF_UNIX)))
    with tempfile.TemporaryFile() as file:
        wanted.export_bpf(file)
        file.seek(0)
        return file.read()


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse(instructions: bytes) -> None:
    """Refuses the calls of `REFUSED`, new namespaces, and all but local sockets, for good.

    It holds for this process and its children. The process must have set no_new_privs before.

    Raises:
        OSError: this machine has no seccomp.
    """
    if not instructions:
        raise OSError(errno.ENOSYS, "there is no seccomp filter")
    filter_program = _Program(len(instructions) // _INSTRUCTION, instructions)
    linux.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(filter_program))


def _add(seccomp: ModuleType, wanted: Any, action: int, name: str, *arguments: Any) -> None:
    """Adds a rule to the filter; pyseccomp has no types."""
    try:
        wanted.add_rule(action, name, *arguments)
    except (ValueError, RuntimeError, OSError):
        # This architecture, or this libseccomp, does not have a call of that name.
        if name in {"socket", "clone", "execve", "ptrace"}:
            raise OSError(errno.ENOTSUP, f"seccomp does not know {name}") from None
