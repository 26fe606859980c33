"""Writes environment.yml from requirements.lock, so that conda installs the same versions as pip.

Run it as `python -m grader.tools.pins`; `make lock` does so after each new lock.
"""

import sys
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from utils.errors import CourseError

CHECKOUT = Path(__file__).resolve().parents[2]

ENVIRONMENT = """\
# Written by `make lock` from pyproject.toml and requirements.lock: change those, not this file.
# What students need; for grading, in the environment: pip install -c requirements.lock -e ".[grader]"
name: {name}
channels:
  - conda-forge
dependencies:
  - python={python}
  - pip
  - pip:
      - -c requirements.lock
{pins}
      - -e .
"""


class PinMissing(CourseError):
    """requirements.lock has no version of a package that pyproject.toml requires."""


def direct_dependencies(pyproject: str, extras: bool = False) -> list[Requirement]:
    """Returns the requirements in the text of pyproject.toml, optionally with its extras, sorted by name."""
    project = tomllib.loads(pyproject)["project"]
    groups = [project["dependencies"]]
    if extras:
        groups += project.get("optional-dependencies", {}).values()
    wanted = [Requirement(text) for group in groups for text in group]
    return sorted(wanted, key=lambda requirement: canonicalize_name(requirement.name))


def locked_versions(lock: str) -> dict[str, Version]:
    """Returns the versions in the text of requirements.lock, by canonical package name."""
    lines = [line for line in lock.splitlines() if line and not line.lstrip().startswith("#")]
    pins = map(Requirement, lines)
    return {canonicalize_name(pin.name): Version(str(pin.specifier).removeprefix("==")) for pin in pins}


def environment(pyproject: str, lock: str) -> str:
    """Returns the text of environment.yml, from the texts of pyproject.toml and requirements.lock.

    Raises:
        PinMissing: a dependency in pyproject.toml is not in the lock.
    """
    project = tomllib.loads(pyproject)["project"]
    versions = locked_versions(lock)
    pins = []
    for name in (canonicalize_name(requirement.name) for requirement in direct_dependencies(pyproject)):
        if name not in versions:
            raise PinMissing(
                f"requirements.lock has no version of {name}: call `make lock`, which looks it up."
            )
        pins.append(f"      - {name}=={versions[name]}")
    return ENVIRONMENT.format(name=project["name"], python=oldest_python(project), pins="\n".join(pins))


def oldest_python(project: dict[str, Any]) -> str:
    """Returns the oldest Python that the `project` table allows, as `3.11`."""
    specifiers = Requirement(f"python{project['requires-python']}").specifier
    return next(specifier.version for specifier in specifiers if specifier.operator == ">=")


def main() -> None:
    """Writes environment.yml; on an error leaves it unchanged and exits with code 1."""
    pyproject = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    lock = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    try:
        text = environment(pyproject, lock)
    except PinMissing as problem:
        sys.exit(str(problem))
    (CHECKOUT / "environment.yml").write_text(text, encoding="utf-8")
    print("environment.yml has the versions of requirements.lock.")


if __name__ == "__main__":
    main()
