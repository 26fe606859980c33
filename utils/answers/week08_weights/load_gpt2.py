"""The answer key of `load_gpt2`: the logits of HF's own model, and every weight in its place."""

from utils.answers.answer_key import AnswerKey
from utils.answers.week08_weights import _course, _hf, _refusals
from utils.checks import week08_weights as checks


def _expected(*, state_dict, config, tokens, fault_in):
    if fault_in:
        return {"error": _refusals.names(fault_in)}
    return {
        "left random": [],
        "weights": _course.weights(state_dict, config["n_heads"]),
        "logits": _hf.logits(config, state_dict, tokens),
        "mode": "eval",
        "embedding and unembedding are one tensor": True,
        "shares memory with the state dict": False,
        "every weight can learn": True,
    }


def _judged(output, state_dict, config, tokens, fault_in):
    """Return the output; for weights that do not fit, whether the error names the tensor."""
    if not fault_in:
        return output
    return {"error": _refusals.refusal(output["error"], fault_in, state_dict)}


ANSWER_KEY = AnswerKey(
    check=checks.load_gpt2,
    expected=_expected,
    observe=_judged,
    reference="HF's model",
)
