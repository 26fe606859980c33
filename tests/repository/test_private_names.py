"""The private names of other libraries that our code uses are there: a new version that drops one fails here.

Each is used because nothing public does the same; the comment beside its use says what for.
"""

import atexit
import inspect
import tempfile

import torch
import typer._click.core
import typer._click.formatting
from nbgrader.preprocessors import AssignLatePenalties
from transformers import GPT2Config


def test_pythons():
    with tempfile.TemporaryDirectory() as name:
        folder = tempfile.TemporaryDirectory(dir=name)
        detached = folder._finalizer.detach()
        assert detached is not None, "it is not removed any more when it is collected"
    assert callable(atexit._run_exitfuncs)


def test_nbgraders():
    names = list(inspect.signature(AssignLatePenalties._check_late_penalty).parameters)
    assert names == ["self", "notebook", "penalty"]


def test_torchs():
    class Loud(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            raise AssertionError("an override ran")

    loud = torch.ones(2).as_subclass(Loud)
    with torch._C.DisableTorchFunctionSubclass():
        assert (loud + 1).tolist() == [2.0, 2.0]


def test_hfs():
    config = GPT2Config(attn_implementation="eager")
    assert config._attn_implementation == "eager"


def test_typers():
    assert {"list_commands", "get_command", "invoke", "format_help"} <= set(dir(typer.core.TyperGroup))
    assert typer._click.core.Context and typer._click.formatting.HelpFormatter
