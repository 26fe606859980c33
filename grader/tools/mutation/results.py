"""The tracked result of mutation testing, by check, and the list of explained survivors."""

import json
import tempfile
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from utils.errors import CourseError
from utils.weeks import Week

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Result:
    """What became of the mutants of one exercise."""

    digest: str
    """What it rests on: see `grader.tools.mutation.digest`."""
    mutants: int
    killed: int
    """By a public case."""
    hidden: tuple[str, ...] = ()
    """The mutants that pass in public and fail hidden cases: there must be none."""
    survivors: tuple[str, ...] = ()
    """The mutants that no case kills."""


def read_results(path: Path = RESULTS) -> dict[str, Result]:
    """The results by the exercises' keys (`week05_attention/causal_mask`); none where there is no file."""
    if not path.is_file():
        return {}
    content = json.loads(path.read_text("utf-8"))
    return {
        key: Result(
            **{name: tuple(value) if isinstance(value, list) else value for name, value in each.items()}
        )
        for key, each in content.items()
    }


@dataclass(frozen=True)
class Score:
    """How many mutants there are, of one week or of several, and how many of them a public case fails."""

    mutants: int
    killed: int

    def __str__(self) -> str:
        return f"{100 * self.killed / self.mutants:.1f} %" if self.mutants else "–"


def score_of(results: dict[str, Result], folder: str) -> Score:
    """The score of a week's checks; of no mutants where they have never been run."""
    found = [result for key, result in results.items() if key.partition("/")[0] == folder]
    return Score(sum(each.mutants for each in found), sum(each.killed for each in found))


def keep_result(key: str, result: Result, path: Path = RESULTS) -> None:
    """Puts one exercise's result into the file, which several runs may write to at the same time."""
    with FileLock(Path(tempfile.gettempdir()) / "course-mutation.lock"):
        results = read_results(path)
        if results.get(key) != result:
            content = {name: asdict(each) for name, each in sorted((results | {key: result}).items())}
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
            fresh.replace(path)


def explanations(root: Path, week: Week) -> dict[str, dict[str, str]]:
    """Why survivors may survive: by exercise, by mutant. From `survivors.toml` beside the week's source.

    Raises:
        CourseError: the file is no TOML of the form that it states on top, or explains a mutant twice.
    """
    path = root / "solutions" / week.folder / "survivors.toml"
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        entries = [
            (name, entry["why"], mutant)
            for name, rows in content.items()
            for entry in rows
            for mutant in entry["mutants"]
        ]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise CourseError(f"{path} cannot be read: {error}.") from None
    found: dict[str, dict[str, str]] = {}
    for name, why, mutant in entries:
        if mutant in found.setdefault(name, {}):
            raise CourseError(f"{path} explains {mutant!r} of {name} twice.")
        found[name][mutant] = why
    return found
