"""The answer key of `Llama`: HF's LlamaForCausalLM."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_llama import run_hf_llama
from utils.answers.week07_transformer._pieces import DEEP
from utils.checks import week07_transformer as checks
from utils.checks.engine.observation import tensors


def _expected_logits(*, config, weights, tokens, training):
    learned = sum(each.numel() for each in tensors(weights))
    return {"number of learned parameters": learned, "logits": run_hf_llama(config, weights, tokens)}


ANSWER_KEY = AnswerKey(
    check=checks.Llama,
    expected=_expected_logits,
    reference="HF's LlamaForCausalLM",
    tolerance=DEEP,
)
