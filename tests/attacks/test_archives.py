"""Archives from a learning platform: what is hostile or damaged costs its own student, and nobody else."""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from autograde import week05

from grader.build.release import load_config
from grader.nbgrader_plugins.extractor import SubmissionExtractor

from .archives import (
    ARCHIVES,
    MOST_BYTES,
    MOST_FILES,
    NOTEBOOK,
    OTHER,
    ArchiveAttack,
    named,
    nested,
    packed,
    zipped,
)  # fmt: skip

HOSTILE = [each for each in ARCHIVES if not each.is_broken and each.gives is None]
BROKEN = [each for each in ARCHIVES if each.is_broken]
OWNED = [each for each in ARCHIVES if each.gives is not None]
HONEST = ("ada", "zoe")
Unpack = Callable[[dict[str, bytes]], dict[str, bytes]]


@pytest.fixture
def unpacked(tmp_path) -> Unpack:
    """Unpacks a download between those of two honest students; returns all other students' notebooks."""

    def unpack(files: dict[str, bytes]) -> dict[str, bytes]:
        archive, extracted = tmp_path / "archive", tmp_path / "a/b/extracted"
        archive.mkdir()
        for name, content in files.items():
            (archive / name).write_bytes(content)
        for student in HONEST:
            (archive / f"{student}.zip").write_bytes(zipped())
        plugin = SubmissionExtractor(most_bytes=MOST_BYTES, most_files=MOST_FILES)
        plugin.log.propagate = True
        plugin.extract(str(archive), str(extracted))
        assert {path.name for path in tmp_path.iterdir()} == {"archive", "a"}
        assert {path.name for path in archive.iterdir()} == {*files, *(f"{each}.zip" for each in HONEST)}
        assert not Path("/tmp/escaped").exists()
        found = notebooks_in(extracted)
        assert all(found.pop(student) == NOTEBOOK for student in HONEST)
        return found

    return unpack


def notebooks_in(extracted: Path) -> dict[str, bytes]:
    """Each student's notebook. There must be nothing else."""
    paths = [path for path in extracted.rglob("*") if not path.is_dir() or path.is_symlink()]
    assert all(path.parent.parent == extracted and not path.is_symlink() for path in paths)
    assert {path.name for path in paths} == {"attention.ipynb"}
    return {path.parent.name: path.read_bytes() for path in paths}


def made(attack: ArchiveAttack) -> dict[str, bytes]:
    with warnings.catch_warnings(action="ignore"):  # zipfile's, of two files of one name
        return attack.files()


def said(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("attack", HOSTILE, ids=lambda attack: attack.name)
def test_what_is_hostile_in_an_archive_is_left_out(unpacked, caplog, attack):
    caplog.set_level(logging.INFO)
    assert unpacked(made(attack)) == {"mallory": NOTEBOOK}
    assert attack.said in said(caplog)


@pytest.mark.parametrize("attack", BROKEN, ids=lambda attack: attack.name)
def test_a_broken_archive_stops_nobody_else(unpacked, caplog, attack):
    caplog.set_level(logging.INFO)
    found = unpacked(made(attack))
    assert attack.said in said(caplog)
    assert set(found) <= {"mallory"}
    assert sum(map(len, found.values())) <= MOST_BYTES


@pytest.mark.parametrize("attack", OWNED, ids=lambda attack: attack.name)
def test_a_notebook_is_its_students_and_nobody_elses(unpacked, caplog, attack):
    caplog.set_level(logging.INFO)
    assert unpacked(made(attack)) == attack.gives
    assert attack.said in said(caplog)


def test_an_archive_in_an_archive_is_opened_once(unpacked, caplog):
    assert unpacked({"mallory.zip": nested(4)}) == {"mallory": NOTEBOOK}
    assert "'inner.zip/inner.zip' is left out: archives in archives are opened 2 deep" in said(caplog)


def test_a_bomb_in_a_classs_download_costs_its_student_alone(unpacked, caplog):
    zeros = bytes(MOST_BYTES + 1)
    form = "{}_assignsubmission_file_/attention.ipynb"
    content = packed(
        named(form.format("Bob_1"), NOTEBOOK),
        named(form.format("Mal_2"), zeros),
        named(form.format("Kim_3"), OTHER),
    )
    assert unpacked({"class5.zip": content}) == {"Bob": NOTEBOOK, "Kim": OTHER}
    assert "Mal_2_assignsubmission_file_/attention.ipynb' is left out: it holds too much" in said(caplog)


def test_zip_collect_uses_it():
    config = load_config(week05.REPOSITORY).ZipCollectApp
    assert config.extractor_plugin == "grader.nbgrader_plugins.extractor.SubmissionExtractor"
    assert config.collector_plugin == "grader.nbgrader_plugins.extractor.StudentFolders"
