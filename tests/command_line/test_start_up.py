"""Tests of `utils.start_up`: what a command does not load, and what still works without it."""

import subprocess
import sys

_VALIDATION = """
import sys
from utils.start_up import skip_rfc3987_grammar
skip_rfc3987_grammar()
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
    done = subprocess.run([sys.executable, "-c", _VALIDATION], capture_output=True, text=True)
    assert done.stdout == "validates\n", done.stderr
