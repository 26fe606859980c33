"""What a command leaves out when it starts, and what still works without it."""

import subprocess
import sys

_LEFT_OUT = """
import sys
from utils.start_up import without_address_grammar
without_address_grammar()
import nbformat
from nbformat.v4 import new_code_cell, new_notebook
nbformat.validate(new_notebook(cells=[new_code_cell("1")]))
assert "lark" not in sys.modules, "the grammar was compiled all the same"
try:
    nbformat.validate({"cells": [{}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
except nbformat.ValidationError:
    print("validates")
"""


def test_notebooks_are_validated_without_the_grammar_of_addresses():
    done = subprocess.run([sys.executable, "-c", _LEFT_OUT], capture_output=True, text=True)
    assert done.stdout == "validates\n", done.stderr
