"""Makes a week's `steps.json`, the steps of its official solutions. Only changed checks are recorded."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.build.source import read_source, weeks_with_source
from grader.build.steps import week_steps
from grader.tools.mutation.digest import digest_of, reached
from grader.tools.mutation.exercise import MutatedExercise, unrun_exercises_of
from utils.answers.fingerprint import of_value
from utils.answers.judge import find_answer_key
from utils.answers.steps import FILE
from utils.weeks import Week


@dataclass(frozen=True)
class StepsFile:
    """A week's `steps.json`, made again."""

    path: Path
    text: str
    recorded: tuple[str, ...]
    """The checks whose steps were recorded, because the tracked file was out of date."""

    @property
    def changed(self) -> bool:
        """Returns True if the tracked file has another text."""
        return not self.path.is_file() or self.path.read_text("utf-8") != self.text


def checks_without_steps(root: Path, week: Week) -> list[str]:
    """Returns the checks whose steps in the tracked file are not those of today's sources."""
    kept = _kept(_path(root, week))
    return [
        name for name, digest in _digests(root, week).items() if kept.get(name, {}).get("digest") != digest
    ]


def make_steps_file(root: Path, week: Week, force: bool = False) -> StepsFile:
    """Returns the file, with the steps of changed checks recorded again.

    Args:
        force: also record those of checks that have not changed.
    """
    path, digests = _path(root, week), _digests(root, week)
    kept = {} if force else _kept(path)
    stale = {name for name, digest in digests.items() if kept.get(name, {}).get("digest") != digest}
    if stale:
        earlier = [read_source(root, each) for each in weeks_with_source(root) if each.number < week.number]
        recorded = week_steps(read_source(root, week), earlier, stale)
        kept |= {name: {"digest": digests[name], "cases": cases} for name, cases in recorded.items()}
    text = _as_text({name: kept[name] for name in digests})
    return StepsFile(path, text, tuple(name for name in digests if name in stale))


def _path(root: Path, week: Week) -> Path:
    return root / "utils" / "answers" / week.folder / FILE


def _kept(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):  # no file yet, or one that a merge has left unreadable
        return {}


def _digests(root: Path, week: Week) -> dict[str, str]:
    """Returns the digest of all that each check's steps rest on, by check, in the notebook's order."""
    exercises = unrun_exercises_of(root, week)
    cells = "\0".join(cell for each in exercises for cell in each.cells)
    code = "\0".join(sorted(reached(week_steps, of_value)))
    return {
        each.name: hashlib.sha256("\0".join((digest_of(each, 0), cells, code)).encode()).hexdigest()[:16]
        for each in exercises
        if not _is_secret(each)
    }


def _is_secret(exercise: MutatedExercise) -> bool:
    """Returns True if the steps of the solution are the solution, as in a table to fill in."""
    return find_answer_key(exercise.week, exercise.name).secret


def _as_text(checks: dict[str, Any]) -> str:
    """Returns the file's text: a line for each case, so that differences of versions are readable."""
    blocks = []
    for name, check in checks.items():
        cases = ",\n".join(
            json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in check["cases"]
        )
        blocks.append(f'{json.dumps(name)}: {{"digest": "{check["digest"]}", "cases": [\n{cases}\n]}}')
    return "{\n" + ",\n".join(blocks) + "\n}\n"
