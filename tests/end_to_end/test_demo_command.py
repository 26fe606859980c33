"""`course demo`, which is what `make demo` calls."""

import pytest
from build.small_course import VECTORS, small_course
from typer.testing import CliRunner

from utils.command_line.app import app

pytestmark = pytest.mark.slow


def test_it_takes_a_sample_class_through_the_cycle_and_ends_with_its_table(tmp_path, monkeypatch):
    course = small_course(tmp_path / "course")
    own = course / "grader/classroom/gradebook.db"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"an instructor's own")
    monkeypatch.chdir(course)
    monkeypatch.setenv("COLUMNS", "120")

    done = CliRunner().invoke(app, ["demo", "1"])

    assert done.exit_code == 0, done.output
    assert "✗ nbgrader" not in done.output
    table = done.output[done.output.index(f"✓ nbgrader generate_feedback {VECTORS.folder}") :]
    for student in ("untouched", "perfect", "half-done", "broken"):
        assert student in table
    assert "not written yet" in table
    assert (own.parent / f"demo/classroom/feedback/perfect/{VECTORS.folder}/vectors.html").is_file()
    assert own.read_bytes() == b"an instructor's own"
