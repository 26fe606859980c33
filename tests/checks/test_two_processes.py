"""Every check with the student's code in one process and the answers in another, over two pipes."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from utils.answers.judge import LocalJudge
from utils.checks.engine.report import Report

from .serving import serve
from .taught import ANSWER_KEYS, REPOSITORY, TAUGHT, notebook_of

FORBIDDEN = (
    "utils.answers",
    "utils.answers.judge",
    "solutions",
    "grader",
    "transformers.models.gpt2.modeling_gpt2",
    *(f"utils.answers.{week.folder}" for week in TAUGHT),
)

# Written out as a student would write them, so that nothing of the judge's side is in the student's process.
MISTAKES = {
    "week05_attention": {
        "project_qkv": {"biases forgotten": "lambda x, Q, K, V, *biases: (x @ Q, x @ K, x @ V)"},
        "attention_scores": {"not scaled": "lambda q, k: q @ k.mT"},
        "causal_mask": {
            "past hidden": "lambda s: s.masked_fill("
            "torch.ones_like(s).tril(s.shape[-1] - s.shape[-2] - 1) == 1, -math.inf)",
            "no mask": "lambda s: s",
        },
        "attention_pattern": {"no mask": "lambda q, k: attention_scores(q, k).softmax(-1)"},
        "weighted_values": {"not summed": "lambda p, v: p[..., None] * v[..., None, :, :]"},
    }
}


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> dict:
    """What the two processes came to: one start-up for all checks, because it takes seconds."""
    job = tmp_path_factory.mktemp("student") / "job.json"
    job.write_text(json.dumps({"forbidden": FORBIDDEN, "notebooks": _notebooks()}), encoding="utf-8")
    to_student, from_judge = os.pipe()
    to_judge, from_student = os.pipe()
    command = [sys.executable, str(Path(__file__).with_name("two_processes.py")), str(job)]
    with (
        job.with_name("said.txt").open("w+", encoding="utf-8") as said,
        subprocess.Popen(
            [*command, str(to_student), str(from_student)],
            pass_fds=(to_student, from_student),
            cwd=job.parent,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            stdout=said,
            stderr=said,
        ) as student,
    ):
        os.close(to_student)
        os.close(from_student)
        with os.fdopen(to_judge, "rb") as incoming, os.fdopen(from_judge, "wb") as outgoing:
            judged = serve(LocalJudge(), incoming, outgoing)
    assert student.returncode == 0, job.with_name("said.txt").read_text(encoding="utf-8")
    return {"judged": judged, **json.loads(job.with_name("done.json").read_text(encoding="utf-8"))}


def _notebooks() -> dict:
    return {
        week.folder: {
            **vars(notebook_of(week.folder)),
            "mistakes": {
                check: list(wrong.values()) for check, wrong in MISTAKES.get(week.folder, {}).items()
            },
        }
        for week in TAUGHT
    }


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_students_process_cannot_import_what_the_judges_can(done, name):
    assert find_spec(name) is not None
    assert done["blocked"][name]
    assert not [module for module in done["imported"] if module.startswith(name)]


def test_both_sides_hold_the_same_reports(done):
    assert done["judged"] == [Report.from_plain(report) for report in done["reports"]]
    asked = {(report.week, report.check) for report in done["judged"]}
    assert asked == {(answer_key.check.week, answer_key.check.name) for answer_key in ANSWER_KEYS}


def test_solutions_pass_and_mistakes_are_named(done):
    reports = iter(done["judged"])
    for week in TAUGHT:
        for check in notebook_of(week.folder).submitted:
            right, nothing = next(reports), next(reports)
            assert right.passed, str(right)
            assert not nothing.passed
            assert (nothing.mistake, nothing.written) == (None, True)
            for name in MISTAKES.get(week.folder, {}).get(check, {}):
                assert next(reports).mistake == name
    assert list(reports) == []
