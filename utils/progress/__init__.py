"""Storage of the results of `course check`: each week's last and best, in a small file on this machine.

keep(week, result)          # after a check
records, note = recall()    # for `course progress`
"""

from utils.progress.result import Record, WeekResult
from utils.progress.store import NotKept, keep, progress_file, recall

__all__ = ["NotKept", "Record", "WeekResult", "keep", "progress_file", "recall"]
