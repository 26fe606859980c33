"""The answer key of `residual_stream`: the tensors that torch's hooks record while the model runs."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week07_transformer as checks
from utils.checks.fakes.model import FakeModel


def _expected_stream(*, weights, tokens, hooked):
    model, seen = FakeModel(weights), []
    model.blocks[0].register_forward_pre_hook(lambda block, given: seen.append(given[0]))
    for block in model.blocks:
        block.register_forward_hook(lambda block, given, output: seen.append(output))
    with torch.no_grad():
        model(tokens)
    return {"stream": torch.stack(seen), "modules that have a hook afterwards": hooked}


ANSWER_KEY = AnswerKey(
    check=checks.residual_stream,
    expected=_expected_stream,
    reference="what torch's hooks record",
)
