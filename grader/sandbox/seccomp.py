"""seccomp: system calls that no exercise needs, refused in the process of a student's code."""

import ctypes
import errno
import importlib
import socket
import tempfile

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
    # programs: a kernel runs Python, and nothing else
    "execve execveat",
    # the file system's shape
    "mount umount2 pivot_root chroot move_mount open_tree fsopen fsmount fsconfig fspick mount_setattr",
    "open_by_handle_at name_to_handle_at quotactl swapon swapoff",
    # namespaces
    "unshare setns",
    # memory that no address space counts, where only control groups would bound it
    "memfd_create memfd_secret shmget msgget semget",
    # the kernel itself, and parts of it that were ways out before
    "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register",
    "keyctl add_key request_key init_module finit_module delete_module kexec_load kexec_file_load",
    "reboot syslog acct settimeofday clock_settime clock_adjtime adjtimex iopl ioperm modify_ldt",
    "sethostname setdomainname vhangup lookup_dcookie",
)
"""Names of system calls, by what they would reach."""


def program() -> bytes:
    """The filter as the kernel takes it, made by libseccomp; empty where that is not here.

    It is made on the trusted side, since the library is not found by its name where nothing can be executed.
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
    # A process lowers its own limits; whoever lowers process 1's ends the whole room.
    _add(seccomp, wanted, denied, "prlimit64", seccomp.Arg(0, seccomp.NE, 0))
    # Its flags lie in memory, where a filter cannot look. C libraries then take clone.
    _add(seccomp, wanted, seccomp.ERRNO(errno.ENOSYS), "clone3")
    _add(seccomp, wanted, denied, "socket", seccomp.Arg(0, seccomp.NE, int(socket.AF_UNIX)))
    with tempfile.TemporaryFile() as file:
        wanted.export_bpf(file)
        file.seek(0)
        return file.read()


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse(instructions: bytes) -> None:
    """From now on this process and its children are refused the calls of `REFUSED`, new namespaces, and every
    socket but the local ones. The process must have given up new privileges before.

    Raises:
        OSError: this machine has no seccomp.
    """
    if not instructions:
        raise OSError(errno.ENOSYS, "there is no seccomp filter")
    filled = _Program(len(instructions) // _INSTRUCTION, instructions)
    linux.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(filled))


def _add(seccomp, wanted, action, name: str, *arguments) -> None:
    try:
        wanted.add_rule(action, name, *arguments)
    except (ValueError, RuntimeError, OSError):
        # This processor, or this libseccomp, does not know the call by that name.
        if name in {"socket", "clone", "execve", "ptrace"}:
            raise OSError(errno.ENOTSUP, f"seccomp does not know {name}") from None
