"""The contexts that see torch's operations cost a check what they must, and nothing more."""

import subprocess
import sys

import pytest
import torch

from tests.repository.checkout import CHECKOUT
from utils.checks.watch.forbidden_calls import ForbiddenCallWatch

CONTEXTS = {
    "forbidden calls": ("checks.watch.forbidden_calls", "ForbiddenCallWatch(['torch.exp'])"),
    "largest tensor": ("checks.measure.largest_tensor", "LargestTensor()"),
}
WATCHED = """
import sys
import torch
from utils.{} import *
with {}:
    torch.ones(2) + 1
print([name for name in sys.modules if name.startswith("torch._dynamo")])
"""


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
def test_none_imports_torchs_compiler(context):
    """Which would take three seconds of a kernel's first check."""
    command = [sys.executable, "-c", WATCHED.format(*context)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_operations_are_not_slowed_down_where_no_function_is_forbidden():
    with ForbiddenCallWatch(["transformers.generation"]):
        assert torch._C._len_torch_function_stack() == torch._C._len_torch_dispatch_stack() == 0
    with ForbiddenCallWatch(["torch.exp"]):
        assert torch._C._len_torch_function_stack() == torch._C._len_torch_dispatch_stack() == 1
