"""Linux namespaces for one submission: its processes end together, and its files, in memory, with them."""

import os

from grader.sandbox import linux
from grader.sandbox.limits import Limits

_HIDDEN_FILES = 1024  # inodes of an empty file system that hides a folder
_INODES = 20_000


def enter(private: str, limits: Limits, no_network: bool) -> None:
    """Moves this process into a user and a mount namespace, and its next children into a process namespace.

    There the private folder is empty and /proc is hidden. Unless there is `no_network` already, it enters a
    network namespace as well, which has none.

    Raises:
        OSError: this user may not.
    """
    uid, gid = os.getuid(), os.getgid()
    linux.set_dumpable(True)  # else /proc/self belongs to root
    flags = linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWIPC
    linux.unshare(flags if no_network else flags | linux.CLONE_NEWNET)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")
    _write("/proc/self/oom_score_adj", "500")  # when memory runs out, these processes are ended first
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    _memory_folder(private, limits.disk_bytes, _INODES)
    _memory_folder("/dev/shm", limits.disk_bytes, _INODES)
    _memory_folder("/proc", 0, _HIDDEN_FILES, linux.MS_RDONLY)
    linux.set_dumpable(False)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _memory_folder(path: str, size: int, inodes: int, flags: int = 0) -> None:
    usual = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    options = f"size={max(size, 4096)},nr_inodes={inodes},mode=0700"
    linux.mount("tmpfs", path, "tmpfs", usual | flags, options)
