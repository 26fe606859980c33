"""`course check`: a run of a week's notebook in a fresh kernel, as the grader would run it.

    result = check_week(find_week(5), find_notebook(find_week(5)))

Importing this package loads neither nbclient nor nbgrader; the first check imports both.
"""

from utils.self_check.check import DEFAULT_TIMEOUT, check_week
from utils.self_check.result import CheckRow, SelfCheck

__all__ = ["DEFAULT_TIMEOUT", "CheckRow", "SelfCheck", "check_week"]
