"""The details of a graded submission that are kept besides its points: reasons, signs, layers, times."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from grader.autograde.task import CellGrade, DelegationSign, GradedSubmission, Timings


@dataclass(frozen=True)
class Details:
    """The details of one submission's grading, as the database keeps them."""

    ledger: tuple[CellGrade, ...]
    odd: tuple[str, ...] = ()
    signs: tuple[DelegationSign, ...] = ()
    layers: tuple[str, ...] = ()
    reference: str = ""
    timings: Timings = field(default_factory=Timings)

    def to_json(self) -> str:
        """Return the details as JSON in ASCII, which every database can store."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Details":
        """Read what `to_json` wrote."""
        return cls(**_parts(json.loads(text)))


def details_of(graded: GradedSubmission, odd: tuple[str, ...] = ()) -> Details:
    """Return the details of a result; `odd` lists oddities of the submission's folder."""
    return Details(
        graded.ledger, odd + graded.odd, graded.signs, graded.layers, graded.reference, graded.timings
    )


def graded_from_plain(plain: dict[str, Any]) -> GradedSubmission:
    """Read a result from the dict of `GradedSubmission.to_plain`, also after a JSON round trip."""
    return GradedSubmission(**{**plain, **_parts(plain)})


def _parts(plain: dict[str, Any]) -> dict[str, Any]:
    return {
        "ledger": tuple(CellGrade(**each) for each in plain["ledger"]),
        "odd": tuple(plain["odd"]),
        "signs": tuple(DelegationSign(**each) for each in plain["signs"]),
        "layers": tuple(plain["layers"]),
        "reference": plain["reference"],
        "timings": Timings(**plain["timings"]),
    }
