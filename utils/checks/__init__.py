"""What is asked: one module a week, each with its checks.

    from utils.checks import week05_attention as checks
    checks.causal_mask(causal_mask)

`engine` holds what a check is and how it is run; `report` what it says. What is *right* lives in
`utils.answers`, which nothing here imports before a check is run without another judge.

In a notebook, importing this also sees to it that a demonstration of what is not written yet says so.
"""

from utils.checks.engine.report import MIME, CheckFailed, Report
from utils.checks.engine.stub_card import explain_unwritten

__all__ = ["MIME", "CheckFailed", "Report"]

explain_unwritten()
