"""A kernel: the process in which a submission's cells run, one after the other, as the trusted side says."""

import base64
import os
import random
import signal
import socket
import sys
from typing import Any

from grader.kernels import snapshot
from grader.kernels.confine import confine
from grader.kernels.messages import MalformedMessage, MessageStream, StreamClosed
from grader.kernels.shell import GradingShell, run_cell
from grader.sandbox.limits import Limits

LONGEST = 16 * 2**20
"""The longest message that a kernel takes: a cell's code, in bytes."""
_SEED = 1


def serve(descriptor: int, shell: GradingShell, settings: dict[str, Any], limits: Limits) -> None:
    """Runs cells until the other side goes. Never returns."""
    try:
        _serve(descriptor, shell, settings, limits)
    except (StreamClosed, MalformedMessage):
        pass
    finally:
        os._exit(0)


def _serve(descriptor: int, shell: GradingShell, settings: dict[str, Any], limits: Limits) -> None:
    stream = MessageStream(socket.socket(fileno=alone_with(descriptor)), LONGEST)
    private, own = settings["private"], os.getpid()
    _settle_in(private)
    writable = (private, "/dev/shm", os.devnull)
    in_force = confine(settings["readable"], writable, base64.b64decode(settings["seccomp"]), limits)
    stream.send({"layers": in_force})
    while True:
        message, given = stream.receive_with_descriptor()
        if given is None:
            answer = run_cell(shell, message["code"], message["limit"])
            if os.getpid() != own:  # a cell has forked, and this is the copy
                return
            stream.send(answer)
        elif os.fork():
            os.close(given)
        else:
            stream.close()
            snapshot.serve(given, shell, message)


def alone_with(descriptor: int) -> int:
    """Closes all other files; input and output lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, 65536)
    return descriptor


def _settle_in(private: str) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(private)
    sys.path.insert(0, private)  # as in a notebook, what lies beside it can be imported
    _same_random_numbers()


def _same_random_numbers() -> None:
    """Every kernel begins alike, or the same submission could get other points another time."""
    import numpy as np
    import torch

    random.seed(_SEED)
    np.random.seed(_SEED)
    torch.manual_seed(_SEED)
