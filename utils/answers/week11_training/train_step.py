"""The answer key of `train_step`: all batches as one, by torch's own functions."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.week11_training._pieces import learn
from utils.checks import week11_training as checks
from utils.checks.fakes.by_state import ByState


def _expected(*, weights, batches, max_norm, training, in_train_mode):
    model = checks.SmallByState(weights, ByState(in_train_mode, unrecorded=1.0)).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    first = learn(model, optimizer, batches, max_norm)
    after_one = model.numbers()
    second = learn(model, optimizer, batches, max_norm)
    return {
        "loss": first,
        "weights after one step": after_one,
        "loss of a second step": second,
        "weights after two steps": model.numbers(),
        "always in train mode": True,
        "loss keeps its graph": False,
    }


ANSWER_KEY = AnswerKey(
    check=checks.train_step,
    expected=_expected,
    reference="torch on all batches at once",
)
