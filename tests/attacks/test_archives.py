"""Archives from a learning platform: what is hostile or damaged costs its own student, and nobody else."""

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from executor import week05

from grader.collect import CarefulExtractor
from grader.student_version import load_config

from .archives import ARCHIVES, MOST_BYTES, MOST_FILES, NOTEBOOK, ArchiveAttack, nested, zipped

HOSTILE = [each for each in ARCHIVES if not each.is_broken]
BROKEN = [each for each in ARCHIVES if each.is_broken]


@pytest.fixture
def unpacked(tmp_path) -> Callable[[str, bytes], Path]:
    """Unpacks an archive between those of two honest students; returns its student's folder."""

    def unpack(name: str, content: bytes) -> Path:
        archive, extracted = tmp_path / "archive", tmp_path / "a/b/extracted"
        archive.mkdir()
        for student in ("ada", "zoe"):
            (archive / f"{student}.zip").write_bytes(zipped())
        (archive / name).write_bytes(content)
        plugin = CarefulExtractor(most_bytes=MOST_BYTES, most_files=MOST_FILES)
        plugin.log.propagate = True
        plugin.extract(str(archive), str(extracted))
        for student in ("ada", "zoe"):
            assert (extracted / student / "attention.ipynb").read_bytes() == NOTEBOOK
        assert not [path for path in tmp_path.rglob("*escaped*") if extracted not in path.parents]
        assert not Path("/tmp/escaped").exists()
        assert not [path for path in extracted.rglob("*") if path.is_symlink()]
        return extracted / "mallory"

    return unpack


def made(attack: ArchiveAttack) -> bytes:
    with warnings.catch_warnings(action="ignore"):  # zipfile's, of two files of one name
        return attack.make()


@pytest.mark.parametrize("attack", HOSTILE, ids=lambda attack: attack.name)
def test_what_is_hostile_in_an_archive_is_left_out(unpacked, caplog, attack):
    folder = unpacked(attack.file, made(attack))
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["attention.ipynb"]
    assert attack.said in caplog.text


@pytest.mark.parametrize("attack", BROKEN, ids=lambda attack: attack.name)
def test_a_broken_archive_stops_nobody_else(unpacked, caplog, attack):
    folder = unpacked(attack.file, made(attack))
    assert attack.said in caplog.text
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= MOST_BYTES


def test_an_archive_in_an_archive_is_opened_once(unpacked):
    folder = unpacked("mallory.zip", nested(4))
    assert (folder / "inner/attention.ipynb").exists()
    assert not (folder / "inner/inner/attention.ipynb").exists()


def test_zip_collect_uses_it():
    plugin = load_config(week05.REPOSITORY).ZipCollectApp.extractor_plugin
    assert plugin == "grader.collect.CarefulExtractor"
