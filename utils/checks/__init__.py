"""What is asked: one module a week, each with its checks.

    from utils.checks import week05_attention as checks
    checks.causal_mask(causal_mask)

`engine` holds what a check is and how it is run; `report` what it says. What is *right* lives in
`utils.verdicts`, which nothing here imports before a check is run without another judge.
"""

from utils.checks.report import MIME, CheckFailed, Report

__all__ = ["MIME", "CheckFailed", "Report"]
