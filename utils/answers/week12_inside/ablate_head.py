"""The answer key of `ablate_head`: HF's model with the head's z replaced before its output projection."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import STEP, Tolerance
from utils.answers.oracles.hf_inside import run_with_heads
from utils.answers.oracles.hf_model import hf_model
from utils.checks import week12_inside as checks

LOGITS = Tolerance(1e-4, 1e-4, "float32 through several blocks, by the size of the logits", 128 * STEP)


def _expected(*, config, weights, tokens, layer, head, by):
    model = hf_model(config, weights)

    def replace(z):
        z[:, :, head] = z[:, :, head].mean(dim=0, keepdim=True) if by == "mean" else 0.0

    return {
        "logits": run_with_heads(model, tokens, [(layer, replace)]),
        "logits of a plain run afterwards": run_with_heads(model, tokens, []),
    }


ANSWER_KEY = AnswerKey(
    check=checks.ablate_head,
    expected=_expected,
    tolerance=LOGITS,
    reference="GPT-2 with the same head ablated",
)
