"""The answer key of `next_token_loss`: HF's own loss of a causal language model."""

from utils.answers.answer_key import AnswerKey
from utils.checks import week10_learning as checks


def _expected(*, logits, tokens):
    from transformers.loss.loss_utils import ForCausalLMLoss

    leaf = logits.clone().requires_grad_()
    loss = ForCausalLMLoss(leaf, tokens, vocab_size=logits.shape[-1])
    loss.backward()
    return {
        "loss": loss.detach(),
        "backward() can start from it": True,
        "gradient of the logits": leaf.grad[..., :6],
    }


ANSWER_KEY = AnswerKey(
    check=checks.next_token_loss,
    expected=_expected,
    reference="HF's loss",
)
