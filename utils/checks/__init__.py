"""The checks that students call: one module for each week.

    from utils.checks import week05_attention as checks
    checks.causal_mask(causal_mask)

`engine` defines what a check is and runs it. The expected values are in `utils.answers`, which nothing here
imports before a check is run by this process's own judge.

In a notebook, importing this package also installs the card that explains an error caused by an unwritten
exercise.
"""

from utils.checks.engine.report import MIME, CheckFailed, Report
from utils.checks.engine.stub_card import explain_unwritten

__all__ = ["MIME", "CheckFailed", "Report"]

explain_unwritten()
