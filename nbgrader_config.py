"""nbgrader's configuration for this clone, used by every nbgrader command and by formgrader.

An instructor's own data (gradebook, submissions, feedback, exchange) is kept under grader/classroom/,
which git ignores. grader/README.md explains how to use it.
"""

import contextlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# A course folder made by `course demo` has no grader/, and none must be created there: Python would take it
# for the package `grader`.
CLASSROOM = "grader/classroom" if (ROOT / "grader").is_dir() else "classroom"
EXCHANGE = ROOT / CLASSROOM / "exchange"

RELEASED = {"parts.py", "*.ipynb", "*.png", "*.svg"}
"""The only files of a source folder that are released: nbgrader copies every file that it does not ignore."""


def files_to_ignore() -> list[str]:
    """Return nbgrader's default patterns and the names of all source files that RELEASED does not match."""
    found = sorted((ROOT / "solutions").glob("*/*"))
    kept_back = {path.name for path in found if not any(path.match(pattern) for pattern in RELEASED)}
    return [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", *sorted(kept_back)]


# SQLite and the exchange need existing folders. Where the clone is read-only, nbgrader reports it itself.
with contextlib.suppress(OSError):
    EXCHANGE.mkdir(parents=True, exist_ok=True)

c = get_config()  # defined by traitlets, which executes this file

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

# Downloads from Moodle, Canvas or Blackboard, or archive/ada_attention.ipynb and archive/ada.zip: see
# grader/README.md, Collect. With platform_zone = "Europe/Paris", times in file names are used for lateness.
c.ZipCollectApp.downloaded_directory = f"{CLASSROOM}/downloaded"
# nbgrader's own extractor has no size limits.
c.ZipCollectApp.extractor_plugin = "grader.nbgrader_plugins.extractor.SubmissionExtractor"
c.ZipCollectApp.collector_plugin = "grader.nbgrader_plugins.extractor.StudentFolders"

# Submissions run in a sandbox and are judged outside it: see grader/README.md. The secret, created at first
# use, seeds the hidden cases. Limits are named as in grader/sandbox/limits.py.
c.TrustedExecute.secret_file = str(ROOT / CLASSROOM / "secret")
c.TrustedExecute.limits = {"cell_seconds": 30, "check_seconds": 20, "notebook_seconds": 150}
# Isolation that a machine must offer: without one of these, a submission could reach what it protects.
c.TrustedExecute.required = ["files", "network", "processes"]
c.Autograde.sanitize_preprocessors = []  # TrustedExecute reads the submitted file itself.
c.Autograde.autograde_preprocessors = [
    "grader.nbgrader_plugins.preprocessor.TrustedExecute",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# nbgrader and formgrader parse timestamp.txt as strictly as `course grade` does: see grader/README.md, Late.
# A week that changed after students handed in can be released again without losing its grades.
with contextlib.suppress(ImportError):  # only nbgrader is installed, to fetch and submit
    from grader.deadlines.handed_in import use_in_nbgrader
    from grader.gradebook.keep_grades import release_steps

    use_in_nbgrader()
    c.GenerateAssignment.preprocessors = release_steps()

# Formgrader shows the marking scheme of a week's answer in words below the answer; feedback does not.
c.HTMLExporter.preprocessors = ["grader.nbgrader_plugins.marking_scheme.ShowMarkingScheme"]
c.ShowMarkingScheme.source_folder = str(ROOT / "solutions")

# Late penalties, for weeks with a due date; none by default. percent_per_day = 10 deducts a tenth of the
# points for each started day, up to most_percent; the first grace_minutes after the due date are free.
c.AssignLatePenalties.plugin_class = "grader.nbgrader_plugins.late_policy.LatePolicy"
c.LatePolicy.percent_per_day = 0
c.LatePolicy.most_percent = 100
c.LatePolicy.grace_minutes = 0

# `nbgrader validate` runs an instructor's own notebook with nbgrader's Execute.
c.Execute.timeout = 120  # seconds per cell: the first check loads torch and the reference model.
c.Execute.skip_cells_with_tag = "look"  # demonstrations, which no graded cell needs
