"""Makes the student version of a notebook with solutions, by nbgrader's generate_assignment."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log
from traitlets.config import Config, PyFileConfigLoader

from grader.folders import CONFIG
from utils.errors import CourseError
from utils.weeks import Week


def student_version(root: Path, week: Week, files: dict[str, bytes]) -> dict[str, bytes]:
    """Runs nbgrader's generate_assignment, configured as in `root`, on a week's files. `root` is not changed.

    Args:
        files: the source folder's files by name: the notebook with its solutions, and parts.py.

    Returns:
        The release folder's files by name.

    Raises:
        CourseError: nbgrader failed; the message has its log.
    """
    with TemporaryDirectory(prefix="course-build-") as name:
        temporary = Path(name).resolve()
        shutil.copy(root / CONFIG, temporary)
        folder = temporary / "solutions" / week.folder
        folder.mkdir(parents=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        _generate(temporary, week)
        released = temporary / "course" / week.folder
        return {path.name: path.read_bytes() for path in sorted(released.iterdir())}


def _generate(root: Path, week: Week) -> None:
    config = load_config(root)
    config.CourseDirectory.assignment_id = week.folder
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    outcome = capture_log(converter)
    if not outcome["success"]:
        raise CourseError(f"nbgrader could not make {week.folder} for students:\n{outcome['log']}")


def load_config(root: Path) -> Config:
    """Returns the nbgrader configuration of the course folder `root`."""
    config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    config.CourseDirectory.root = str(root)
    return config
