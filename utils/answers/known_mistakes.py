"""Reads and writes a week's `mistakes.json`: the names, texts and fingerprints of its known mistakes."""

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from utils.answers.answer_key import Mistake

FILE = "mistakes.json"


@dataclass(frozen=True)
class KnownMistakes:
    """The known mistakes of one check."""

    digest: str
    """The digest of all that they rest on: solution, table of mistakes, check and expected values."""
    public_inputs: tuple[str, ...]
    """The fingerprint of each public case's inputs. On other inputs, as with another reference or another
    PyTorch, a case says nothing about a mistake.
    """
    mistakes: tuple[Mistake, ...]


def path_of(week: str) -> Path:
    """Returns the path of the file of a week, given by its folder's name."""
    return Path(__file__).parent / week / FILE


@functools.cache
def known_mistakes_of(week: str) -> Mapping[str, KnownMistakes]:
    """Returns the known mistakes of a week (its folder's name) by check; none if the week has no file."""
    path = path_of(week)
    return from_text(path.read_text("utf-8")) if path.is_file() else {}


def from_text(text: str) -> dict[str, KnownMistakes]:
    """Returns the mistakes by check that the text of a file holds."""
    return {
        check: KnownMistakes(
            content["digest"],
            tuple(content["public_inputs"]),
            tuple(
                Mistake(**{**each, "results": tuple(each["results"].split(" | "))})
                for each in content["mistakes"]
            ),
        )
        for check, content in json.loads(text).items()
    }


def as_text(known: Mapping[str, KnownMistakes]) -> str:
    """Returns the text of a file: a line for each mistake, so that a change of one changes its line alone."""
    checks = (f"{json.dumps(check)}: {_check_text(content)}" for check, content in known.items())
    return "{\n" + ",\n".join(checks) + "\n}\n"


def _check_text(known: KnownMistakes) -> str:
    mistakes = ",\n".join(json.dumps(_entry(each), ensure_ascii=False) for each in known.mistakes)
    inputs = json.dumps(list(known.public_inputs))
    return f'{{\n"digest": "{known.digest}",\n"public_inputs": {inputs},\n"mistakes": [\n{mistakes}\n]}}'


def _entry(mistake: Mistake) -> dict[str, Any]:
    entry = asdict(mistake) | {"results": " | ".join(mistake.results)}
    return entry if entry["device"] else {name: each for name, each in entry.items() if name != "device"}
