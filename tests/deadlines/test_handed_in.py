"""When something was handed in: read strictly, and alike by `course grade`, nbgrader and formgrader."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from build.small_course import REPOSITORY, VECTORS
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from grader.build.release import load_config
from grader.class_run.submission_files import read_submission
from grader.deadlines.handed_in import TIMESTAMP, read_time, time_of_folder, written

TIMES = st.datetimes(datetime(1000, 1, 3), datetime(9999, 12, 29))
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ZONES = st.sampled_from(["Europe/Paris", "America/Los_Angeles", "Asia/Kathmandu", "EST", "Etc/GMT+5"])

READ = {
    "2026-03-07 19:00 UTC": (7, 19, 0),
    "2026-03-07 19:00:30.123456789 UTC\n": (7, 19, 0),
    "2026-03-07T19:00Z": (7, 19, 0),
    "2026-03-07 19:00 Europe/Paris": (7, 18, 0),
    "2026-03-07 19:00 +0130": (7, 17, 30),
    "2026-03-07 19:00:00-08:00": (8, 3, 0),
    "2026-03-07 19:00 GMT": (7, 19, 0),
}
LEFT_OUT = [
    "07/03/2026 17:00",
    "07/03/2026 17:00 UTC",
    "7 March 2026 17:00 UTC",
    "2026-03-06 17:30 PST",
    "2026-03-06 17:30 CEST",
    "2026-03-06 17:30",
    "2026-03-06",
    "2026-3-6 17:30 UTC",
    "2026-02-30 17:30 UTC",
    "2026-03-06 25:30 UTC",
    "2026-03-06 17:30 UTC and more",
    "2026-03-06 17:30 +0199",
    "2026-03-06 17:30 +9900",
    "2026-03-06 17:30 ../UTC",
    "2026-03-06 17:30 /etc/passwd",
    "2026-03-06 17:30 Europe",
    "9999-12-31 23:59:59 -2300",
    "0000-99-99 99:99:99 UTC",
    "٢٠٢٦-03-06 17:30 UTC",
    "yesterday",
    "1772900000",
    "",
]


@pytest.mark.parametrize("text", READ)
def test_a_date_with_a_known_zone_is_read(text):
    day, hour, minute = READ[text]
    time = read_time(text)
    assert (time.tzinfo, time.month, time.day, time.hour, time.minute) == (None, 3, day, hour, minute)


@given(TIMES)
def test_what_is_written_is_read_as_it_was(time):
    assert read_time(written(time)) == time


@given(TIMES, OFFSETS)
def test_offsets_are_read_as_python_writes_them(time, zone):
    aware = time.replace(tzinfo=zone)
    assert read_time(aware.isoformat()) == aware.astimezone(UTC).replace(tzinfo=None)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)), ZONES)
def test_named_zones_are_read_as_their_database_has_them(time, zone):
    aware = time.replace(tzinfo=ZoneInfo(zone))
    assert read_time(f"{time.isoformat(' ')} {zone}") == aware.astimezone(UTC).replace(tzinfo=None)


@pytest.mark.parametrize("text", LEFT_OUT)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="2026-03-07 19:00 UTC"):
        read_time(text)


@given(st.text(max_size=60) | st.from_regex(r"[0-9/:. +-]{8,24}( [A-Za-z/+-]{1,20})?", fullmatch=True))
def test_no_text_ends_in_another_error(text):
    try:
        time = read_time(text)
    except ValueError:
        return
    assert time.tzinfo is None


@pytest.fixture
def folders(tmp_path) -> CourseDirectory:
    """nbgrader's own view of an empty course, as its configuration sets it up."""
    config = load_config(REPOSITORY)
    config.CourseDirectory.root = str(tmp_path)
    config.CourseDirectory.db_url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    return CourseDirectory(config=config)


def handed_in(folders: CourseDirectory, content: bytes) -> Path:
    """A submission of ada's with this timestamp.txt."""
    folder = Path(folders.format_path(folders.submitted_directory, "ada", VECTORS.folder))
    folder.mkdir(parents=True)
    (folder / "vectors.ipynb").write_text("{}")
    (folder / TIMESTAMP).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    "content",
    [*(text.encode() for text in (*READ, *LEFT_OUT)), b"\xff\xfe", b"\0" * 10**6, b"2026-03-06 17:30 UTC\0"],
)
def test_all_ways_of_grading_read_the_same(folders, content):
    folder = handed_in(folders, content)
    submission = read_submission(folder / "vectors.ipynb", folder.parents[1], 10**6)
    assert folders.get_existing_timestamp(str(folder)) == submission.timestamp
    api = NbGraderAPI(folders)
    assert api.get_submitted_timestamp(VECTORS.folder, "ada") == submission.timestamp
    assert bool(submission.odd) == (submission.timestamp is None)


def test_a_link_and_a_folder_in_its_place_are_said(tmp_path):
    assert time_of_folder(tmp_path) == (None, "")
    (tmp_path / "elsewhere").write_text("2026-03-06 17:30 UTC")
    (tmp_path / TIMESTAMP).symlink_to("elsewhere")
    assert time_of_folder(tmp_path) == (None, f"{TIMESTAMP} is a link: ask for the file itself.")
    (tmp_path / TIMESTAMP).unlink()
    (tmp_path / TIMESTAMP).mkdir()
    assert time_of_folder(tmp_path) == (None, f"{TIMESTAMP} is no file.")
