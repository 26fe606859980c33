"""What is worth keeping of a graded submission beside its points: reasons, signs, layers, times."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from grader.autograde.task import CellGrade, DelegationSign, GradedSubmission, Timings


@dataclass(frozen=True)
class Details:
    """How a submission was graded."""

    ledger: tuple[CellGrade, ...]
    odd: tuple[str, ...] = ()
    signs: tuple[DelegationSign, ...] = ()
    layers: tuple[str, ...] = ()
    reference: str = ""
    timings: Timings = field(default_factory=Timings)

    def to_json(self) -> str:
        """As text that every database keeps: ASCII alone."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Details":
        """What `to_json` wrote."""
        return cls(**_parts(json.loads(text)))


def details_of(graded: GradedSubmission, odd: tuple[str, ...] = ()) -> Details:
    """What to keep of a result; `odd` is what was strange about the folder it lay in."""
    return Details(
        graded.ledger, odd + graded.odd, graded.signs, graded.layers, graded.reference, graded.timings
    )


def graded_from_plain(plain: dict[str, Any]) -> GradedSubmission:
    """A result from the dict that `GradedSubmission.to_plain` made, also after a journey as JSON."""
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
