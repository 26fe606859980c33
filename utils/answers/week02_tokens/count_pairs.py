"""The answer key of `count_pairs`: counts added up in a torch tensor."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week02_tokens as checks


def _expected_counts(*, words):
    pieces = sorted({piece for word, _ in words for piece in word})
    table = torch.zeros(len(pieces), len(pieces), dtype=torch.long)
    for word, count in words:
        numbers = torch.tensor([pieces.index(piece) for piece in word])
        table.index_put_((numbers[:-1], numbers[1:]), torch.tensor(count), accumulate=True)
    found = {str((pieces[i], pieces[j])): table[i, j].item() for i, j in table.nonzero().tolist()}
    return {"counts": found, "number of different pairs": len(found)}


ANSWER_KEY = AnswerKey(
    check=checks.count_pairs,
    expected=_expected_counts,
    reference="a count by hand",
    tolerance=EXACT,
)
