"""Reads and writes the results of mutation testing, and reads the explanations of survivors."""

import json
import tempfile
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from utils.errors import CourseError
from utils.weeks import Week

RESULTS = Path(__file__).resolve().parents[3] / "solutions" / "mutation_results.json"
"""Beside the solutions, since a mutant is a line of one."""


@dataclass(frozen=True)
class Result:
    """The result of one exercise's mutants."""

    digest: str
    """The digest of all that the result depends on: see `grader.tools.mutation.digest`."""
    mutants: int
    killed: int
    """The number of mutants that a public case kills."""
    hidden: tuple[str, ...] = ()
    """The mutants that only a hidden case kills; there must be none."""
    survivors: tuple[str, ...] = ()
    """The mutants that no case kills."""


def read_results(path: Path = RESULTS) -> dict[str, Result]:
    """Returns the results by exercise key (`week05_attention/causal_mask`); empty if there is no file."""
    if not path.is_file():
        return {}
    content = json.loads(path.read_text("utf-8"))
    return {
        key: Result(
            digest=each["digest"],
            mutants=each["mutants"],
            killed=each["killed"],
            hidden=tuple(each.get("hidden", ())),
            survivors=tuple(each.get("survivors", ())),
        )
        for key, each in content.items()
    }


@dataclass(frozen=True)
class Score:
    """The number of mutants, of one week or several, and of those that a public case kills."""

    mutants: int
    killed: int

    def __str__(self) -> str:
        return f"{100 * self.killed / self.mutants:.1f} %" if self.mutants else "–"


def score_of(results: dict[str, Result], folder: str) -> Score:
    """Returns the score of a week's checks; with no mutants if they have never been run."""
    found = [result for key, result in results.items() if key.partition("/")[0] == folder]
    return Score(sum(each.mutants for each in found), sum(each.killed for each in found))


def keep_result(key: str, result: Result, path: Path = RESULTS) -> None:
    """Writes one exercise's result to the file, which several runs may update at the same time."""
    with FileLock(Path(tempfile.gettempdir()) / "course-mutation.lock"):
        results = read_results(path)
        if results.get(key) != result:
            content = {name: asdict(each) for name, each in sorted((results | {key: result}).items())}
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
            fresh.replace(path)


def explanations(root: Path, week: Week) -> dict[str, dict[str, str]]:
    """Returns the reasons why mutants may survive, by exercise and mutant, from the week's `survivors.toml`.

    Raises:
        CourseError: the file is not TOML of the form described at its top, or explains a mutant twice.
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
    for name, reason, mutant in entries:
        if mutant in found.setdefault(name, {}):
            raise CourseError(f"{path} explains {mutant!r} of {name} twice.")
        found[name][mutant] = reason
    return found
