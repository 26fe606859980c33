"""The answer key of `KVCache`: HF's DynamicCache."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week09_sampling as checks


def _expected(*, steps):
    from transformers import DynamicCache

    cache, lengths, results = DynamicCache(), [0], {}
    for number, step in enumerate(steps, 1):
        for layer, (k, v) in enumerate(step):
            keys, values = cache.update(k, v, layer)
            results[f"step {number}, layer {layer}"] = {"keys": keys.clone(), "values": values.clone()}
        lengths.append(cache.get_seq_length())
    return {"lengths": lengths, "length of a second cache": 0, **results}


ANSWER_KEY = AnswerKey(
    check=checks.KVCache,
    expected=_expected,
    reference="HF's DynamicCache",
    tolerance=EXACT,
)
