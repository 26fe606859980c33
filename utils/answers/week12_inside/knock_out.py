"""The answer key of `knock_out`: HF's model with the z of all these heads set to 0."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_inside import run_with_heads
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside.ablate_head import LOGITS
from utils.checks import week12_inside as checks


def _expected(*, config, weights, tokens, heads):
    model = hf_model(config, weights)

    def silence(head):
        def change(z):
            z[:, :, head] = 0.0

        return change

    return {
        "logits": run_with_heads(model, tokens, [(layer, silence(head)) for layer, head in heads]),
        "logits of a plain run afterwards": run_with_heads(model, tokens, []),
    }


ANSWER_KEY = AnswerKey(
    check=checks.knock_out,
    expected=_expected,
    tolerance=LOGITS,
    reference="GPT-2 without the same heads",
)
