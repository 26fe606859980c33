"""The answer key of `Unembed`: HF's `lm_head`, tied to `wte`."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_embeddings import tied_logits
from utils.checks import week03_embeddings as checks


def _expected_unembed(*, resid, W_E):
    return {
        "logits": tied_logits(resid, W_E),
        "learned parameters besides W_E": 0,
        "rows of W_E with a gradient": len(W_E),
    }


ANSWER_KEY = AnswerKey(
    check=checks.Unembed,
    expected=_expected_unembed,
    reference="GPT-2's lm_head",
)
