"""The weeks that are taught: each with its checks, answer keys, official solutions and right variants."""

import ast
import types
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from grader.build.parts import write_parts
from grader.build.source import Source, read_source, weeks_with_source
from grader.notebook.cells import is_kind, plain_python
from grader.notebook.given_module import importable
from grader.tools.known_mistakes.programs import program_of
from grader.tools.known_mistakes.prove import fingerprints, problem_on_device
from grader.tools.known_mistakes.table import Row, read_table, table_path
from grader.tools.mutation.exercise import unrun_exercises_of
from utils.answers.answer_key import AnswerKey
from utils.answers.judge import LocalCheckRun, LocalJudge, answer_keys_of
from utils.checks.engine.cases import PUBLIC_SEED, Case
from utils.checks.engine.observation import Observation
from utils.checks.engine.report import Report
from utils.weeks import WEEKS, Week, find_week

REPOSITORY = Path(__file__).resolve().parents[2]


def variants_path(week: Week) -> Path:
    """Return the path of a week's right solutions in other styles."""
    return REPOSITORY / "solutions" / week.folder / "variants.py"


def lacks(week: Week) -> list[str]:
    """Return the modules that a taught week has and this one lacks."""
    modules = [f"utils.{half}.{week.folder}" for half in ("checks", "answers")]
    missing = [name for name in modules if find_spec(name) is None]
    files = (variants_path(week), table_path(REPOSITORY, week))
    return [*missing, *(file.name for file in files if not file.is_file())]


NOTEBOOKS = [week for week in weeks_with_source(REPOSITORY) if not read_source(REPOSITORY, week).parts_only]
"""The weeks that have a notebook of their own, not only parts for later weeks."""

HIDDEN_SEEDS = (1, 58, 340_912)
"""Seeds of cases that no student sees."""

TAUGHT = [week for week in NOTEBOOKS if not lacks(week)]
ANSWER_KEYS = [answer_key for week in TAUGHT for answer_key in answer_keys_of(week.folder).values()]


def of_week(week: Week) -> list[AnswerKey]:
    """Return one week's answer keys."""
    return [answer_key for answer_key in ANSWER_KEYS if answer_key.check.week == week.folder]


def name_of(value: Any) -> str:
    """Return the id of a parametrised test: `week05_attention-causal_mask`."""
    return f"{value.check.week}-{value.check.name}" if isinstance(value, AnswerKey) else str(value)


@dataclass(frozen=True)
class Notebook:
    """A week's source as code, with the submissions that its check cells pass to the checks."""

    parts: str
    """The text of parts.py."""
    cells: tuple[str, ...]
    """The set-up and work cells, in order."""
    submitted: dict[str, str]
    """By the check's name: the expression that the check cell passes to it."""


@cache
def notebook_of(folder: str) -> Notebook:
    """Return the notebook of one week."""
    week = next(week for week in WEEKS if week.folder == folder)
    source = read_source(REPOSITORY, week)
    earlier = [each for each in weeks_with_source(REPOSITORY) if each.number < week.number]
    parts = write_parts(week, [read_source(REPOSITORY, each) for each in earlier])
    cells = [cell for cell in source.notebook.cells if is_kind(cell, "set-up") or is_kind(cell, "work")]
    return Notebook(parts or "", tuple(map(plain_python, cells)), _submitted(source))


def _submitted(source: Source) -> dict[str, str]:
    checks = [plain_python(cell) for cell in source.notebook.cells if is_kind(cell, "check")]
    calls = [ast.parse(code).body[-1].value for code in checks]
    return {call.func.attr: ast.unparse(call.args[0]) for call in calls}


def run_cells(notebook: Notebook) -> dict[str, Any]:
    """Return the namespace in which the notebook has run."""
    parts = types.ModuleType("parts")
    exec(notebook.parts, parts.__dict__)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with importable("parts", parts):
        for number, cell in enumerate(notebook.cells):
            exec(compile(cell, f"work cell {number}", "exec"), namespace)
    return namespace


@cache
def _namespace(folder: str) -> dict[str, Any]:
    return run_cells(notebook_of(folder))


def solution(answer_key: AnswerKey) -> Any:
    """Return the notebook's own solution, as it is passed to the check."""
    folder = answer_key.check.week
    return eval(notebook_of(folder).submitted[answer_key.check.name], _namespace(folder))


@cache
def _variants(folder: str) -> dict[str, list]:
    week = next(week for week in TAUGHT if week.folder == folder)
    spec = spec_from_file_location(f"variants_of_{folder}", variants_path(week))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.VARIANTS


def variants(answer_key: AnswerKey) -> list:
    """Return right solutions in other styles."""
    return _variants(answer_key.check.week).get(answer_key.check.name, [])


def cases(answer_key: AnswerKey, seed: int = PUBLIC_SEED) -> list[Case]:
    """Return a check's cases, drawn once in a test run."""
    return judge(seed).open(answer_key.check).cases


def expectations(answer_key: AnswerKey, seed: int = PUBLIC_SEED) -> list[Any]:
    """Return the expected values of a seed's cases, computed once in a test run."""
    return judge(seed).open(answer_key.check).expectations


@cache
def programs(week: str, check: str) -> dict[str, Any]:
    """Return the wrong program of each mistake in a check's table, by the mistake's name."""
    rows, folder = _table(week).get(check, []), REPOSITORY / "solutions" / week
    (exercise,) = (each for each in unrun_exercises_of(REPOSITORY, find_week(week)) if each.name == check)
    exercise = replace(exercise, namespace=_namespace(week))
    return {row.name: program_of(exercise, row, folder) for row in rows}


@cache
def _table(week: str) -> dict[str, list[Row]]:
    return read_table(table_path(REPOSITORY, find_week(week)))


@dataclass(frozen=True)
class Outcome:
    """What becomes of one mistake on the public cases."""

    shown: Report
    """The report in a notebook."""
    hidden: Report
    """The report if the cases are not to be shown."""
    results: tuple[str, ...]
    """The fingerprints of its results."""
    device: str
    """The digest of what goes wrong on an accelerator, if anything does."""


def mistaken(answer_key: AnswerKey, reveal: bool = True) -> dict[str, Report]:
    """Return the check's report on each known mistake, by the mistake's name."""
    outcomes = outcomes_of(answer_key.check.week, answer_key.check.name)
    return {name: each.shown if reveal else each.hidden for name, each in outcomes.items()}


@cache
def outcomes_of(week: str, check: str) -> dict[str, Outcome]:
    """Return what becomes of each known mistake of a check, run once in a test run."""
    answer_key = answer_keys_of(week)[check]
    return {name: _outcome(answer_key, program) for name, program in programs(week, check).items()}


def _outcome(answer_key: AnswerKey, program: Any) -> Outcome:
    observed = _Observed(answer_key, program)
    shown, hidden = (observed.run(judge(PUBLIC_SEED, reveal)) for reveal in (True, False))
    results = fingerprints(answer_key, shown.cases, shown.observations)
    return Outcome(
        shown.report(),
        hidden.report(),
        tuple(str(each or "") for each in results),
        problem_on_device(shown.observations),
    )


class _Observed:
    """A program's observations, each made once: the cases are the same, whether they are shown or not."""

    def __init__(self, answer_key: AnswerKey, program: Any):
        self._check, self._program = answer_key.check, program
        self._observations: dict[tuple[str, bool], Observation] = {}

    def run(self, by: LocalJudge) -> LocalCheckRun:
        """Run the check with this judge."""
        check_run = by.open(self._check)
        for number, case in enumerate(check_run.cases):
            check_run.submit(self._observation(case, not number and self._check.on_accelerator))
        return check_run

    def _observation(self, case: Case, on_accelerator: bool) -> Observation:
        key = case.label, on_accelerator
        if key not in self._observations:
            self._observations[key] = self._check.observe(self._program, case.inputs, first=on_accelerator)
        return self._observations[key]


def fails(answer_key: AnswerKey, submission: Any, seed: int) -> bool:
    """True if some case of the seed finds the submission wrong; the mistake is not diagnosed."""
    nameless = replace(answer_key, mistakes=())
    for number, (case, expected) in enumerate(
        zip(cases(answer_key, seed), expectations(answer_key, seed), strict=True)
    ):
        check_run = LocalCheckRun(nameless, [case], [expected], reveal=True)
        check_run.submit(answer_key.check.observe(submission, case.inputs, first=number == 0))
        if not check_run.report().passed:
            return True
    return False


@cache
def judge(seed: int, reveal: bool = True) -> LocalJudge:
    """Return a judge with the cases of one seed, drawn once in a test run."""
    return LocalJudge(seed, reveal)
