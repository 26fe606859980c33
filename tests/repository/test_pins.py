"""pip and conda users get the same versions, and those are what pyproject.toml allows."""

import re

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from grader.tools.pins import PinMissing, direct_dependencies, environment, locked_versions

from .checkout import read

PYPROJECT = read("pyproject.toml")
STUDENTS = {canonicalize_name(wanted.name): wanted for wanted in direct_dependencies(PYPROJECT)}
DIRECT = {canonicalize_name(wanted.name): wanted for wanted in direct_dependencies(PYPROJECT, extras=True)}
LOCKED = locked_versions(read("requirements.lock"))


def conda_pins() -> dict[str, Version]:
    """The exact versions in the pip section of environment.yml, by canonical name."""
    parts = yaml.safe_load(read("environment.yml"))["dependencies"]
    (lines,) = [part["pip"] for part in parts if isinstance(part, dict)]
    pins = [Requirement(line) for line in lines if not line.startswith("-")]
    return {canonicalize_name(pin.name): Version(str(pin.specifier).removeprefix("==")) for pin in pins}


def test_the_three_files_name_the_same_packages():
    assert conda_pins().keys() == STUDENTS.keys()
    assert LOCKED.keys() >= DIRECT.keys()


@pytest.mark.parametrize("name", DIRECT)
def test_a_dependency_has_one_version_and_it_is_allowed(name):
    assert name not in STUDENTS or conda_pins()[name] == LOCKED[name]
    assert LOCKED[name] in DIRECT[name].specifier


def test_torch_is_the_build_that_every_system_has():
    assert str(LOCKED["torch"]) == str(conda_pins()["torch"]) == "2.13.0"


def test_the_lock_pins_each_package_once_and_exactly():
    lines = [line for line in read("requirements.lock").splitlines() if re.match(r"\w", line)]
    assert [line for line in lines if not re.match(r"[a-z0-9-]+==[\w.]+( ;|$)", line)] == []
    assert len(lines) == len(LOCKED)


def test_the_lock_leaves_graphics_cards_and_indexes_to_pip():
    lock = read("requirements.lock")
    assert [word for word in ("nvidia", "cuda", "triton", "--", "://") if word in lock] == []


def test_environment_is_what_make_lock_writes():
    assert read("environment.yml") == environment(PYPROJECT, read("requirements.lock"))


def test_a_dependency_that_the_lock_lacks_is_named():
    pyproject = PYPROJECT.replace('"einops', '"a-new-package>=1", "einops')
    with pytest.raises(PinMissing, match=r"no version of a-new-package: call `make lock`"):
        environment(pyproject, read("requirements.lock"))
