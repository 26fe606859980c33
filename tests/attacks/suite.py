"""All attacks that are a submission, by group."""

from .attack import Attack, Group
from .exfiltration import EXFILTRATION
from .exhaustion import EXHAUSTION
from .forging import FORGING
from .holds import HOLDS
from .honest import HONEST
from .lies_to_the_judge import LIES
from .malformed import MALFORMED
from .out_of_sight import OUT_OF_SIGHT

SUBMISSIONS: dict[Group, list[Attack]] = {
    "forging": [*FORGING, *OUT_OF_SIGHT],
    "lies to the judge": LIES,
    "exhaustion": [*EXHAUSTION, *HOLDS],
    "malformed": MALFORMED,
    "exfiltration": EXFILTRATION,
    "honest work": HONEST,
}
ALL = [attack for group in SUBMISSIONS.values() for attack in group]
