"""`course verify`: the question before a download, the table, the exit code, and a student's own parts."""

import json
from dataclasses import asdict, replace

import nbformat
import pytest
from huggingface_hub import constants
from typer.testing import CliRunner

from grader.build.source import read_source
from tests.repository.checkout import CHECKOUT
from utils.command_line import app as command_line
from utils.verification import CourseParts, OwnParts, PartMissing, load_facts, parts, verify
from utils.weeks import WEEKS

FEW = ("greedy-the-dog", "loss-hello-world", "attention-0.0-ex0")


@pytest.fixture
def run(monkeypatch):
    """A function that runs `course verify` in a wide terminal."""
    monkeypatch.setenv("COLUMNS", "200")

    def run_(*arguments, answer=None):
        return CliRunner().invoke(
            command_line.app, ["verify", *map(str, arguments)], input=answer, prog_name="course"
        )

    return run_


@pytest.fixture
def in_narrow_cache(narrow, monkeypatch):
    """The narrow fake as the command finds it."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(narrow[0]))
    return narrow


@pytest.fixture
def without_gpt2(tmp_path, monkeypatch):
    """An empty cache, and a download that is only noted."""
    import utils.reference

    asked = []

    def load(name, *, download, quiet):
        asked.append(download)
        raise utils.reference.ReferenceMissing("The hub is far away.")

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(utils.reference, "load", load)
    return asked


def written(folder, facts):
    file = folder / "facts.json"
    file.write_text(json.dumps([asdict(fact) for fact in facts]))
    return file


# --- Weights ------------------------------------------------------------------------------------------------


def test_without_weights_and_terminal_it_says_in_one_line_what_to_do(run, without_gpt2):
    seen = run()
    assert seen.exit_code == 2
    assert seen.output.splitlines() == [
        "OpenAI's GPT-2 (0.55 GB) is not in the hub's cache on this machine. "
        "Fetch it once: course verify --download"
    ]
    assert without_gpt2 == []


@pytest.mark.parametrize(("answer", "downloads"), [("n\n", []), ("\n", []), ("y\n", [True])])
def test_in_a_terminal_it_asks_first(run, without_gpt2, monkeypatch, answer, downloads):
    monkeypatch.setattr(command_line, "_in_a_terminal", lambda: True)
    seen = run(answer=answer)
    assert "Download it now, once? [y/N]" in seen.output
    assert (seen.exit_code, without_gpt2) == (2, downloads)
    assert "The hub is far away." in seen.output if downloads else "Nothing was downloaded" in seen.output


def test_the_option_downloads_without_a_question(run, without_gpt2):
    seen = run("--download")
    assert (seen.exit_code, without_gpt2) == (2, [True])
    assert seen.output.strip() == "The hub is far away."


# --- The table ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_it_runs_through_and_everything_agrees(run, in_narrow_cache, tmp_path):
    _, _, facts = in_narrow_cache
    seen = run("--facts", written(tmp_path, facts))
    assert seen.exit_code == 0, seen.output
    assert "OpenAI's GPT-2, by the course's parts" in seen.output
    assert seen.output.count("✓") == 24
    assert "24 agree · 5 are not run" in seen.output
    for fact in facts:
        assert fact.name in seen.output and fact.source.split()[0] in seen.output


def test_a_difference_is_shown_with_both_values_and_the_exit_code_says_so(run, in_narrow_cache, tmp_path):
    _, _, facts = in_narrow_cache
    wrong = [replace(fact, value=5.25) if fact.name == "loss-hello-world" else fact for fact in facts]
    options = [f"--fact={name}" for name in FEW]
    seen = run("--facts", written(tmp_path, wrong), *options)
    assert seen.exit_code == 1
    assert "2 agree · 1 differ" in seen.output
    assert (
        "loss-hello-world: mean loss over the predicted tokens, in nats: published 5.25, ours" in seen.output
    )


def test_a_value_from_memory_decides_nothing(run, in_narrow_cache):
    seen = run("--fact", "file-size")
    assert seen.exit_code == 0
    assert "?" in seen.output and "from memory, so this proves nothing" in seen.output


def test_an_unknown_fact_gets_the_list(run):
    seen = run("--fact", "greedy")
    assert seen.exit_code == 2
    assert "There is no fact greedy" in seen.output and "greedy-the-dog" in seen.output


# --- Whose parts --------------------------------------------------------------------------------------------


@pytest.fixture
def solved(tmp_path, monkeypatch):
    """A student's copy with all twelve notebooks filled in; each has the notebook of its week for a value."""
    home = tmp_path / "copy" / "course"
    notebooks = {}
    for week in WEEKS:
        (home / week.folder).mkdir(parents=True)
        notebooks[week.number] = read_source(CHECKOUT, week).notebook

    def save():
        for week in WEEKS:
            nbformat.write(notebooks[week.number], home / week.folder / f"{week.notebook}.ipynb")

    save()
    monkeypatch.chdir(home.parent)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return home, notebooks, save


def states(own, facts, reference, *names):
    wanted = [fact for fact in facts if fact.name in names]
    return {each.fact.name: (each.state, each.reason) for each in verify(wanted, own, reference)}


@pytest.mark.slow
def test_a_students_own_parts_are_run_from_first_to_last(solved, narrow):
    _, reference, facts = narrow
    own = OwnParts()
    assert all(state[0] == "agrees" for state in states(own, facts, reference, *FEW, "ioi-circuit").values())
    assert own.get("load_gpt2").__module__ == "utils.own_parts.week08_weights"
    made = own.get("load_gpt2")(reference.state_dict, reference.config)
    assert type(made).__module__ == "utils.own_parts.week07_transformer"
    assert type(made.blocks[0].mlp).__module__ == "utils.own_parts.week04_mlp"


@pytest.mark.slow
def test_a_students_own_mistake_is_found(solved, narrow):
    _, reference, facts = narrow
    _, notebooks, save = solved
    cells = [cell for cell in notebooks[4].cells if "torch.tanh" in cell.source and "def gelu" in cell.source]
    for cell in cells:
        cell.source = cell.source.replace("torch.tanh", "torch.sin")
    save()
    said = states(OwnParts(), facts, reference, *FEW)
    assert said["attention-0.0-ex0"][0] == "agrees"  # no MLP comes before the first pattern
    assert said["greedy-the-dog"][0] == said["loss-hello-world"][0] == "differs"


def test_what_is_not_written_yet_is_waited_for(solved, narrow):
    _, notebooks, save = solved
    _, reference, facts = narrow
    for cell in notebooks[9].cells:
        if "def generate(" in cell.source:
            cell.source = "def generate(model, tokens):\n    raise NotImplementedError"
    save()
    said = states(OwnParts(), facts, reference, *FEW)
    assert said["greedy-the-dog"][0] == "waits"
    assert "generate" in said["greedy-the-dog"][1] and "week09_sampling" in said["greedy-the-dog"][1]
    assert said["loss-hello-world"][0] == "agrees"


def test_a_copy_without_later_weeks_and_solutions_says_which_week_is_missing(tmp_path, narrow, monkeypatch):
    _, reference, facts = narrow
    home = tmp_path / "copy" / "course"
    (home / "week09_sampling").mkdir(parents=True)
    released = CHECKOUT / "course" / "week09_sampling" / "parts.py"
    (home / "week09_sampling" / "parts.py").write_text(released.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(home.parent)
    monkeypatch.setattr(parts, "last_week_code", lambda: "")
    said = states(CourseParts(), facts, reference, *FEW, "ioi-logit-diff")
    assert said["loss-hello-world"][0] == said["attention-0.0-ex0"][0] == "agrees"
    assert said["greedy-the-dog"] == ("waits", "generate is from week 9, which is not in this copy")
    assert said["ioi-logit-diff"][0] == "waits"  # week 12's part is the student's, who has no notebook yet


def test_a_part_that_raises_is_an_error_of_its_facts_alone(narrow):
    _, reference, facts = narrow
    broken = CourseParts(last="def logit_difference(logits, right, wrong):\n    return 1 / 0")
    said = states(broken, facts, reference, "ioi-logit-diff", "loss-hello-world")
    assert said["ioi-logit-diff"] == ("error", "ZeroDivisionError: division by zero")
    assert said["loss-hello-world"][0] == "agrees"


def test_a_part_of_no_week_here_is_missing():
    with pytest.raises(PartMissing, match="week 9"):
        CourseParts(code="", last="").get("generate")


def test_help_lists_it():
    seen = CliRunner().invoke(command_line.app, ["--help"], prog_name="course")
    assert "verify" in seen.output
    assert len(load_facts()) == 29
