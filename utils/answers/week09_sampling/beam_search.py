"""The answer key of `beam_search`: HF's beam search, which stops only when no better text is possible."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_generation import continued
from utils.checks import week09_sampling as checks


def _expected(*, model, tokens, n_new, n_beams, how):
    asked = {
        "num_beams": n_beams,
        "early_stopping": "never",
        "length_penalty": how.get("length_penalty", 1.0),
    }
    greedy = n_beams == 1
    stop_token = how.get("stop_token")
    return continued(model, tokens[None], n_new, stop_token, **({} if greedy else asked))[0]


ANSWER_KEY = AnswerKey(
    check=checks.beam_search,
    expected=_expected,
    reference="HF's beam search",
    tolerance=EXACT,
)
