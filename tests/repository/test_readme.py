"""The pages that a newcomer reads are true: their commands, links and paths exist."""

import re

import pytest

from .checkout import CHECKOUT, read

README = read("README.md")
PAGES = ("README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md")
PATHS = re.findall(r"`((?:course|grader|solutions|tests|utils)/[\w/.]*)`", read(".github/CONTRIBUTING.md"))


def anchor(heading: str) -> str:
    """The anchor that a Markdown page gives to a heading: lower case, hyphens for spaces, no other signs."""
    return re.sub(r"[^\w-]", "", heading.strip().lower().replace(" ", "-"))


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`| {4})make ([a-z]+)", README))))
def test_make_knows_the_command(target):
    assert re.search(rf"^{target}:", read("Makefile"), flags=re.MULTILINE)


def links_of(page: str) -> list[tuple[str, str]]:
    """The page's links to files, each with the page's name."""
    return [(page, link) for link in sorted(set(re.findall(r"\]\(([^)]+)\)", read(page)))) if ":" not in link]


@pytest.mark.parametrize(("where", "link"), [pair for page in PAGES for pair in links_of(page)])
def test_a_link_leads_somewhere(where, link):
    name, _, wanted = link.partition("#")
    page = CHECKOUT / where if not name else (CHECKOUT / where).parent / name
    assert page.is_file()
    if wanted:
        headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert wanted in map(anchor, headings)


def test_it_tells_how_to_start_jupyterlab_without_make():
    configs = re.findall(r"--config=(\S+)", README)
    assert {config.replace("\\", "/") for config in configs} == {"utils/lab/config.py"}
    assert (CHECKOUT / "utils/lab/config.py").is_file()


def test_the_pythons_that_it_names_are_the_ones_that_the_project_allows():
    oldest, after = re.search(r'requires-python = ">=(3\.\d+),<(3\.\d+)"', read("pyproject.toml")).groups()
    newest = f"3.{int(after.split('.')[1]) - 1}"
    named = {
        f"{first} to {last}"
        for text in (README, read("Makefile"), read("make.ps1"))
        for first, last in re.findall(r"\b(3\.\d+) to (3\.\d+)", text)
    }
    assert named == {f"{oldest} to {newest}"}
    numbers = [tuple(map(int, version.split("."))) for version in (oldest, newest)]
    assert f"OLDEST, NEWEST = {numbers[0]}, {numbers[1]}" in read(".setup/set_up.py")


@pytest.mark.parametrize("path", sorted(set(PATHS)))
def test_the_map_for_contributors_names_what_is_there(path):
    assert (CHECKOUT / path).exists()
