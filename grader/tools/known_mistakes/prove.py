"""Proves a check's mistakes, by running each, and computes their fingerprints."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.tools.known_mistakes.programs import error, program_of
from grader.tools.known_mistakes.table import Row
from grader.tools.mutation.exercise import MutatedExercise
from grader.tools.mutation.trial import HIDDEN_SEEDS
from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import FLOAT32
from utils.answers.diagnosis import diagnose
from utils.answers.fingerprint import Fingerprint, device_digest, of_error, of_value, stored_form
from utils.answers.judge import find_answer_key
from utils.answers.known_mistakes import KnownMistakes
from utils.checks.engine.cases import PUBLIC_SEED, Case
from utils.checks.engine.observation import Observation

SEEDS = 2
"""Hidden seeds on which the build proves that a mistake fails; the tests use more."""


def prove(
    exercise: MutatedExercise,
    rows: Sequence[Row],
    folder: Path,
    digest: str,
    seeds: int = SEEDS,
    elsewhere: KnownMistakes | None = None,
) -> KnownMistakes:
    """Returns a check's mistakes with their fingerprints.

    Args:
        exercise: The exercise with its official solution.
        rows: The mistakes in the table.
        folder: The week's folder in `solutions`.
        digest: The digest of all that the mistakes rest on.
        seeds: How many hidden seeds every mistake must fail.
        elsewhere: The same mistakes with other kernels, as another processor has them. A result that differs
            there, such as a difference of rounding errors, recognises nothing and is left out.

    Raises:
        MistakeError: a mistake passes the check on the public or on hidden cases, its edit does not apply,
            or two of them have the same name or do the same.
    """
    answer_key = replace(find_answer_key(exercise.week, exercise.name), mistakes=())
    public, hidden = SeedCases(answer_key), [SeedCases(answer_key, seed) for seed in HIDDEN_SEEDS[:seeds]]
    others = {each.name: each.results for each in elsewhere.mistakes} if elsewhere else {}
    mistakes: dict[tuple[str, ...], Mistake] = {}
    for row in rows:
        program = program_of(exercise, row, folder)
        observations = public.observations(program)
        if public.all_right(observations):
            raise error(exercise, row, "it passes the public cases")
        if any(each.all_right(each.observations(program)) for each in hidden):
            raise error(exercise, row, "it passes the hidden cases of a seed")
        found, device = list(public.fingerprints(observations)), problem_on_device(observations)
        results = tuple(map(_text, found))
        if (*results, device) in mistakes:
            raise error(exercise, row, f"it does the same as {mistakes[*results, device].name!r}")
        if row.name in (each.name for each in mistakes.values()):
            raise error(exercise, row, "another mistake of the check has this name")
        mistakes[*results, device] = Mistake(
            row.name, row.explanation, row.look_at, _agreed(found, others.get(row.name)), device
        )
    return KnownMistakes(digest, tuple(public.inputs()), tuple(mistakes.values()))


class SeedCases:
    """The cases of one seed with their expected values."""

    def __init__(self, answer_key: AnswerKey, seed: int = PUBLIC_SEED):
        self._answer_key = answer_key
        self._cases = answer_key.check.draw_cases(seed)
        self._expectations = answer_key.expectations(self._cases)

    def inputs(self) -> Iterator[str]:
        """Yields the fingerprint of each case's inputs."""
        return (str(of_value(case.inputs, FLOAT32) or "") for case in self._cases)

    def observations(self, program: Any) -> list[Observation]:
        """Runs the program on every case."""
        check = self._answer_key.check
        return [check.observe(program, case.inputs, first=not n) for n, case in enumerate(self._cases)]

    def all_right(self, observations: Sequence[Observation]) -> bool:
        """Returns True if the check passes with these observations."""
        return diagnose(self._answer_key, self._cases, self._expectations, observations, reveal=True).passed

    def fingerprints(self, observations: Sequence[Observation]) -> Iterator[Fingerprint | None]:
        """Yields the fingerprint of each result, None where it has none."""
        return fingerprints(self._answer_key, self._cases, observations)


def fingerprints(
    answer_key: AnswerKey, cases: Sequence[Case], observations: Sequence[Observation]
) -> Iterator[Fingerprint | None]:
    """Yields the fingerprint of each case's result, None where it has none."""
    for case, observation in zip(cases, observations, strict=True):
        if observation.error:
            yield of_error(observation.error)
        else:
            output = answer_key.normalised(observation.output, case.inputs)
            yield of_value(stored_form(output), answer_key.tolerance)


def _agreed(found: Sequence[Fingerprint | None], elsewhere: Sequence[str] | None) -> tuple[str, ...]:
    """Returns the fingerprints as texts, without those that are others with other kernels."""
    if elsewhere is None:
        return tuple(map(_text, found))
    return tuple(
        str(each) if each and other and each.agrees_with(other) else ""
        for each, other in zip(found, elsewhere, strict=True)
    )


def _text(found: Fingerprint | None) -> str:
    return str(found or "")


def problem_on_device(observations: Sequence[Observation]) -> str:
    """Returns the digest of what goes wrong on an accelerator in the first case; empty if nothing does."""
    device = observations[0].device
    return "" if device == "cpu" else device_digest(device)
