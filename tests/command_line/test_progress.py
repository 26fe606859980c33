"""Progress: written atomically, validated on reading, and shown."""

import json
from datetime import UTC, datetime, timedelta

import filelock
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.progress import NotKept, Record, WeekResult, keep, progress_file, recall
from utils.progress import store as store_module
from utils.weeks import WEEKS, find_week

from . import notebooks as make

WEEK = find_week(5)
NOON = datetime(2025, 11, 22, 12, tzinfo=UTC)

points = st.floats(0, 1000)
moments = st.datetimes(datetime(1971, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))
results = st.builds(
    WeekResult, moments, points, points, points, points, st.dictionaries(st.text(), st.tuples(points, points))
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
one_folder = settings(max_examples=60)


def result(core, stretch=0.0, when=NOON):
    return WeekResult(when, core, 100, stretch, 20, {"causal_mask": (core, 100)})


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "progress.lock"}


@given(results)
def test_a_result_comes_back_from_json_as_it_was(kept):
    assert WeekResult.from_plain(json.loads(json.dumps(kept.to_plain()))) == kept


def test_last_is_the_latest_and_best_the_highest(course_home):
    later = [NOON + timedelta(days=day) for day in range(4)]
    first, better, worse = result(40, 5, later[0]), result(60, 0, later[1]), result(10, 20, later[2])
    for each in (first, better, worse):
        assert keep(WEEK, each) == ""
    assert recall() == ({WEEK.folder: Record(best=better, last=worse)}, "")
    keep(WEEK, more_stretch := result(60, 20, later[3]))
    assert recall()[0][WEEK.folder].best == more_stretch


def test_weeks_do_not_disturb_each_other_and_nothing_else_is_left(course_home):
    for week in WEEKS:
        keep(week, result(week.number))
    records, _ = recall()
    assert [records[week.folder].last.core for week in WEEKS] == list(range(1, 13))
    assert list(files(course_home)) == ["progress.json"]


def test_no_file_is_no_progress_and_no_complaint(course_home):
    assert recall() == ({}, "")
    assert not course_home.exists()


@one_folder
@given(st.binary())
def test_any_bytes_are_survived_and_kept_aside(course_home, content):
    survives(course_home, content)


@one_folder
@given(json_values)
def test_any_json_is_survived_and_kept_aside(course_home, content):
    survives(course_home, json.dumps({"version": 1, "weeks": content}).encode())


@one_folder
@given(st.sampled_from(["when", "core", "core_of", "stretch", "stretch_of", "exercises"]), json_values)
def test_any_field_may_be_damaged_and_the_other_weeks_stay(course_home, field, value):
    good, bad = Record.after(None, result(70)).to_plain(), Record.after(None, result(30)).to_plain()
    bad["last"][field] = value
    content = {"version": 1, "weeks": {"week01_vectors": good, "week02_tokens": bad}}
    survives(course_home, json.dumps(content).encode())
    assert recall()[0]["week01_vectors"].best == result(70)


def survives(course_home, content):
    """Write `content` as the progress file, store a result, and assert that both are kept."""
    course_home.mkdir(exist_ok=True)
    for path in course_home.iterdir():
        path.unlink()
    progress_file().write_bytes(content)
    _, complaint = recall()
    assert files(course_home) == {"progress.json": content}, "reading must not write"
    note = keep(WEEK, result(50))
    assert recall()[0][WEEK.folder].last == result(50)
    assert recall()[1] == ""
    aside = [kept for name, kept in files(course_home).items() if name != "progress.json"]
    assert aside == ([content] if complaint else [])
    assert bool(note) == bool(complaint)


def test_a_damaged_file_is_told_and_named(course, course_home):
    course_home.mkdir()
    progress_file().write_text("{")
    seen = course("progress")
    assert seen.exit_code == 0
    assert "is damaged (it is not JSON)" in seen.stderr
    assert str(course_home / "progress.damaged-") in keep(WEEK, result(1))


def test_a_newer_courses_file_is_left_alone(course_home):
    course_home.mkdir()
    newer = json.dumps({"version": 2, "weeks": {}})
    progress_file().write_text(newer)
    with pytest.raises(NotKept, match="newer"):
        keep(WEEK, result(1))
    assert progress_file().read_text() == newer
    assert "newer" in recall()[1]


def test_a_file_that_cannot_be_read_is_left_alone(course_home):
    progress_file().mkdir(parents=True)
    with pytest.raises(NotKept, match="cannot be read"):
        keep(WEEK, result(1))
    assert "cannot be read" in recall()[1]


def test_when_the_disk_is_full_the_old_file_stays(course_home, monkeypatch):
    keep(WEEK, result(80))
    before = files(course_home)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module.os, "fsync", full)
    with pytest.raises(NotKept, match="No space left on device"):
        keep(WEEK, result(90))
    assert files(course_home) == before


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), True, "9", None, 10**400])
def test_what_cannot_be_points_is_damage(course_home, value):
    plain = Record.after(None, result(70)).to_plain()
    plain["best"]["core"] = value
    course_home.mkdir()
    progress_file().write_text(json.dumps({"version": 1, "weeks": {WEEK.folder: plain}}))
    assert recall()[0] == {}
    assert "is damaged (it holds no result for 'week05_attention')" in recall()[1]


def test_a_check_that_ends_at_the_same_time_is_not_overwritten(course_home, monkeypatch):
    keep(WEEK, result(80))
    before = files(course_home)
    monkeypatch.setattr(store_module, "_LOCK_SECONDS", 0)
    with (
        filelock.FileLock(course_home / "progress.lock"),
        pytest.raises(NotKept, match="another check holds it"),
    ):
        keep(WEEK, result(90))
    assert files(course_home) == before


def test_a_link_to_a_synchronised_folder_stays_a_link(course_home, tmp_path):
    course_home.mkdir()
    (tmp_path / "cloud").mkdir()
    progress_file().symlink_to(tmp_path / "cloud" / "progress.json")
    keep(WEEK, result(80))
    assert progress_file().is_symlink()
    assert recall()[0][WEEK.folder].last == result(80)


def test_the_table_has_every_week_in_its_state_on_one_line_of_80_columns(copy, course, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    make.save(find_week(4), copy)
    keep(WEEK, result(88, 6.5))
    keep(WEEK, result(52, 0))
    seen = course("progress")
    assert seen.exit_code == 0, seen.output
    rows = {int(line.split()[0]): line for line in seen.stdout.splitlines()[1:]}
    assert list(rows) == list(range(1, 13))
    assert "not checked yet" in rows[4]
    assert "not released yet" in rows[6]
    assert rows[5].split()[-5:] == ["88", "52", "6.5/20", *f"{NOON.astimezone():%d %b}".split()]
