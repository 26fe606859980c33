"""The handbook names commands that exist, files that are there and sections that it has."""

import re

import pytest
from build.small_course import REPOSITORY
from nbgrader.apps import NbGraderApp
from nbgrader.utils import parse_utc
from typer.main import get_command

from utils.command_line.app import app

from .handbook import BLOCKS, COMMANDS, HANDBOOK

TOOLS = {"course", "nbgrader", "make"}
MENTIONED = re.findall(r"`((?:course|nbgrader|make) [a-z_]+)", HANDBOOK)


def test_every_line_of_a_block_is_a_command():
    assert len(COMMANDS) > 10
    assert all(line.startswith("$ ") for block in BLOCKS for line in block.splitlines())


def targets() -> set[str]:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE))


def commands_of(tool: str) -> set[str]:
    """What a tool can be told to do."""
    if tool == "nbgrader":
        return set(NbGraderApp.subcommands)
    if tool == "course":
        command = get_command(app)
        return set(command.list_commands(command.make_context("course", [], resilient_parsing=True)))
    return targets()


@pytest.mark.parametrize(
    "line", sorted({line for line in (*COMMANDS, *MENTIONED) if line.split()[0] in TOOLS})
)
def test_the_command_exists(line):
    tool, command, *_ = line.split()
    assert command in commands_of(tool)


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("course ")])
def test_options_of_course_exist(line):
    group = get_command(app)
    context = group.make_context("course", [], resilient_parsing=True)
    command = group.get_command(context, line.split()[1])
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in line.split()[2:] if word.startswith("--")} <= known


def test_the_sample_classes_commands_are_in_the_handbook():
    steps = {line.split()[1] for line in COMMANDS if line.startswith("nbgrader")}
    assert {
        "generate_assignment", "release_assignment", "zip_collect", "autograde", "generate_feedback"
    } <= steps  # fmt: skip


def test_links_lead_to_its_own_sections():
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", HANDBOOK, re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([^)]+)\)", HANDBOOK))
    assert links
    assert links <= headings


def test_the_places_that_it_names_are_those_of_the_configuration():
    configuration = (REPOSITORY / "nbgrader_config.py").read_text(encoding="utf-8")
    for place in (
        "submitted",
        "autograded",
        "feedback",
        "downloaded",
        "exchange",
        "gradebook.db",
        "grades.csv",
    ):
        assert f"grader/classroom/{place}" in HANDBOOK
        assert place in configuration


@pytest.mark.parametrize(
    ("zone", "hour"), [("UTC", "18:00:00"), ("Europe/Paris", "17:00:00"), ("+0100", "17:58:20")]
)
def test_nbgrader_reads_time_zones_as_the_handbook_says(zone, hour):
    assert f"{parse_utc(f'2026-03-06 18:00 {zone}')}" == f"2026-03-06 {hour}"
    assert f"`{zone}`" in HANDBOOK
