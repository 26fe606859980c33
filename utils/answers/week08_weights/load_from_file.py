"""The answer key of `load_from_file`: the logits of HF's own model with the file's weights."""

from utils.answers.answer_key import AnswerKey
from utils.answers.week08_weights import _course, _hf, _refusals
from utils.checks import week08_weights as checks


def _expected(*, tensors, config, as_openai, tokens, fault_in):
    if fault_in:
        return {"error": _refusals.names(fault_in)}
    state_dict = tensors | {"lm_head.weight": tensors["transformer.wte.weight"]}
    return {
        "left random": [],
        "weights": _course.weights(state_dict, config["n_heads"]),
        "logits": _hf.logits(config, state_dict, tokens),
        "mode": "eval",
        "embedding and unembedding are one tensor": True,
        "every weight can learn": True,
        "read more than once": [],
        "masks read": False,
        "more than three tensors of the file in memory at once": False,
    }


def _judged(output, tensors, config, as_openai, tokens, fault_in):
    """Return the output; for an incomplete file, whether the error names the missing tensor."""
    if not fault_in:
        return output
    return {"error": _refusals.refusal(output["error"], fault_in, tensors)}


ANSWER_KEY = AnswerKey(
    check=checks.load_from_file,
    expected=_expected,
    observe=_judged,
    reference="HF's model",
)
