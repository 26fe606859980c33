"""nbgrader's front door: maps its folders onto this clone, for every nbgrader command and for formgrader.

Everything of an instructor's own (gradebook, submissions, feedback, exchange) lies under grader/classroom/,
which git ignores. grader/README.md says how to use it.
"""

import contextlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# A folder with the course but not its tools, as `course demo` makes one, has no grader/. It must get none
# either: Python would look for the package `grader` in it.
CLASSROOM = "grader/classroom" if (ROOT / "grader").is_dir() else "classroom"
EXCHANGE = ROOT / CLASSROOM / "exchange"

RELEASED = {"parts.py", "*.ipynb", "*.png", "*.svg"}
"""All that a source folder may give away: nbgrader copies every file that it is not told to ignore."""


def files_to_ignore() -> list[str]:
    """nbgrader's own list, and by name whatever lies in a source folder without being one of RELEASED."""
    found = sorted((ROOT / "solutions").glob("*/*"))
    kept_back = {path.name for path in found if not any(path.match(pattern) for pattern in RELEASED)}
    return [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", *sorted(kept_back)]


# SQLite and the exchange want their folders there; where the clone is read-only, nbgrader says so itself.
with contextlib.suppress(OSError):
    EXCHANGE.mkdir(parents=True, exist_ok=True)

c = get_config()  # traitlets, which runs this file, puts the function here

c.CourseDirectory.course_id = "gpt2"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
c.CourseDirectory.submitted_directory = f"{CLASSROOM}/submitted"
c.CourseDirectory.autograded_directory = f"{CLASSROOM}/autograded"
c.CourseDirectory.feedback_directory = f"{CLASSROOM}/feedback"
c.CourseDirectory.solution_directory = f"{CLASSROOM}/solution"
c.CourseDirectory.source_with_tests_directory = f"{CLASSROOM}/source_with_tests"
c.CourseDirectory.db_url = f"sqlite:///{ROOT / CLASSROOM / 'gradebook.db'}"
c.CourseDirectory.ignore = files_to_ignore()

c.Exchange.root = str(EXCHANGE)
c.Exchange.cache = str(ROOT / CLASSROOM / "cache")
c.ExportPlugin.to = str(ROOT / CLASSROOM / "grades.csv")
c.ExportApp.plugin_class = "grader.report.export_plugin.SpreadsheetExport"  # nbgrader's own runs formulas.

# Downloads of a learning platform, as Moodle, Canvas and Blackboard give them, or archive/ada_attention.ipynb
# and archive/ada.zip: grader/README.md, Collect. platform_zone = "Europe/Paris" makes times in names count.
c.ZipCollectApp.downloaded_directory = f"{CLASSROOM}/downloaded"
c.ZipCollectApp.extractor_plugin = (
    "grader.nbgrader_plugins.extractor.CarefulExtractor"  # nbgrader's own has no limits.
)
c.ZipCollectApp.collector_plugin = "grader.nbgrader_plugins.extractor.StudentFolders"

# Submissions run in a sandbox and are judged outside of it: grader/README.md. The secret draws the hidden
# cases; it is made at the first use. Limits have the names of grader/sandbox/limits.py.
c.TrustedExecute.secret_file = str(ROOT / CLASSROOM / "secret")
c.TrustedExecute.limits = {"cell_seconds": 30, "check_seconds": 20, "notebook_seconds": 150}
c.TrustedExecute.required = ["files", "network", "processes"]  # Less, and a submission can reach it.
c.Autograde.sanitize_preprocessors = []  # TrustedExecute reads the submitted file itself.
c.Autograde.autograde_preprocessors = [
    "grader.nbgrader_plugins.preprocessor.TrustedExecute",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# timestamp.txt is read strictly, by nbgrader and formgrader as by `course grade`: grader/README.md, Late.
# A week that has changed after students handed in can be released again, and keeps its grades.
with contextlib.suppress(ImportError):  # an nbgrader that fetches and submits without the course's package
    from grader.deadlines.handed_in import use_in_nbgrader
    from grader.gradebook.keep_grades import release_steps

    use_in_nbgrader()
    c.GenerateAssignment.preprocessors = release_steps()

# What lateness costs, once a week has a due date; as it stands here, nothing. percent_per_day = 10 takes a
# tenth of the points off for each begun day, at most most_percent; grace_minutes after the due date are free.
c.AssignLatePenalties.plugin_class = "grader.nbgrader_plugins.late_policy.LatePolicy"
c.LatePolicy.percent_per_day = 0
c.LatePolicy.most_percent = 100
c.LatePolicy.grace_minutes = 0

# `nbgrader validate` runs an instructor's own notebook, as nbgrader does.
c.Execute.timeout = 120  # seconds a cell: a first check loads torch and the reference model.
c.Execute.skip_cells_with_tag = "look"  # Demonstrations: nothing that is graded needs them.
