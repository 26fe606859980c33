"""The files that git tracks: only what DESIGN.md lists at the top, none large, none that names a registry."""

import pytest

from .checkout import CHECKOUT, places_of, tracked_files

TOP_LEVEL = {
    ".ci",
    ".devcontainer",
    ".github",
    ".gitignore",
    ".pre-commit-config.yaml",
    ".setup",
    "LICENSE",
    "Makefile",
    "README.md",
    "course",
    "environment.yml",
    "grader",
    "make.ps1",
    "nbgrader_config.py",
    "pyproject.toml",
    "requirements.lock",
    "solutions",
    "tests",
    "utils",
}

LARGEST_BYTES = 12_000_000
"""The embedded model's size and a little more: a clone should take seconds."""

# In two parts, so that this file does not hold what it looks for.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted"),
        ("registry", "npmjs"),
        ("deb", "debian.org"),
        ("download", "pytorch"),
    )
]
CONTENT_NETWORKS = [
    ".".join(parts)
    for parts in (
        ("cdn", "jsdelivr"),
        ("cdn", "plot.ly"),
        ("cdnjs", "cloudflare"),
        ("unpkg", "com"),
        ("esm", "sh"),
        ("fonts", "googleapis"),
        ("requirejs", "org"),
    )
]


def test_the_top_level_holds_only_what_the_design_names():
    assert {path.parts[0] for path in tracked_files()} - TOP_LEVEL == set()


def test_no_file_is_large():
    sizes = {path: (CHECKOUT / path).stat().st_size for path in tracked_files()}
    assert {path: size for path, size in sizes.items() if size > LARGEST_BYTES} == {}


def test_no_file_names_a_registry():
    assert places_of(REGISTRIES) == []


def test_no_file_names_the_place_of_this_checkout():
    assert places_of([f"{CHECKOUT}/", f"{CHECKOUT}\n", f'{CHECKOUT}"']) == []


@pytest.mark.parametrize("folder", ["course", "solutions", "utils", "grader"])
def test_nothing_that_a_person_opens_loads_from_a_content_network(folder):
    assert places_of(CONTENT_NETWORKS, folder) == []
