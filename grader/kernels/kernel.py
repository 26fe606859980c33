"""A kernel: the process in which a submission's cells run, one after the other, on request."""

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

_MAX_BYTES = 16 * 2**20
"""Of a message from the trusted side, such as a cell's code."""
_SEED = 1


def serve(descriptor: int, shell: GradingShell, settings: dict[str, Any], limits: Limits) -> None:
    """Runs cells until the other side closes the stream. Never returns."""
    try:
        _serve(descriptor, shell, settings, limits)
    except (StreamClosed, MalformedMessage):
        pass
    finally:
        os._exit(0)


def _serve(descriptor: int, shell: GradingShell, settings: dict[str, Any], limits: Limits) -> None:
    _close_other_files(descriptor)
    stream = MessageStream(socket.socket(fileno=descriptor), _MAX_BYTES)
    private, own = settings["private"], os.getpid()
    _prepare_process(private)
    writable = (private, "/dev/shm", os.devnull)
    in_force = confine(settings["readable"], writable, base64.b64decode(settings["seccomp"]), limits)
    stream.send({"layers": in_force})
    while True:
        message, given = stream.receive_with_descriptor()
        if given is None:
            answer = run_cell(shell, message["code"], message["limit"])
            if os.getpid() != own:  # a cell has forked, and this is the child
                return
            stream.send(answer)
        elif os.fork():
            os.close(given)
        else:
            stream.close()
            snapshot.serve(given, shell, message)


def _close_other_files(descriptor: int) -> None:
    """Closes all other file descriptors; standard input, output and error become /dev/null."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, 65536)


def _prepare_process(private: str) -> None:
    """Gives the process a session, a working folder and random numbers of its own."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(private)
    sys.path.insert(0, private)  # as in Jupyter, files beside the notebook can be imported
    _seed_random_numbers()


def _seed_random_numbers() -> None:
    """Seeds all generators, so that the same submission gets the same points each time."""
    import numpy as np
    import torch

    random.seed(_SEED)
    np.random.seed(_SEED)
    torch.manual_seed(_SEED)
