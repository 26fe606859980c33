"""The answer key of `overfit_one_batch`: torch's AdamW and torch's clipping."""

from utils.answers.answer_key import AnswerKey
from utils.answers.week11_training._pieces import learn, torch_adamw
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel


def _expected(*, weights, batch, steps, lr):
    model = SmallModel(weights)
    optimizer = torch_adamw(model, lr, weight_decay=0.0)
    return {"losses": [learn(model, optimizer, [batch], 1.0) for _ in range(steps)],
            "weights afterwards": model.numbers()}  # fmt: skip


ANSWER_KEY = AnswerKey(
    check=checks.overfit_one_batch,
    expected=_expected,
    reference="torch's AdamW",
)
