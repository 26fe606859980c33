"""Published facts about OpenAI's GPT-2, and their comparison with what the course's own parts compute.

`course verify` shows the result. The parts are the course's, or a student's own; Hugging Face's model is not
used.
"""

from utils.verification.facts import Fact, load_facts
from utils.verification.parts import CourseParts, OwnParts, PartMissing, Parts
from utils.verification.run import Outcome, verify

__all__ = [
    "CourseParts",
    "Fact",
    "Outcome",
    "OwnParts",
    "PartMissing",
    "Parts",
    "load_facts",
    "verify",
]
