"""The answer key of `evaluate`: HF's own loss, summed over all predicted tokens."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel


def _expected(*, batches, training, gradients, in_train_mode, unrecorded, weights=None, logits=None):
    if logits is None:
        model = SmallModel(weights).eval()
        logits = [model(batch).detach() for batch in batches]
    # As in eval mode without recording; and afterwards as in the mode and the recording of before.
    losses = [
        _hf_loss(torch.mul(each, unrecorded), batch) for each, batch in zip(logits, batches, strict=True)
    ]
    sums, counts = zip(*losses, strict=True)
    afterwards = (in_train_mode if training else 1.0) * (1.0 if gradients else unrecorded)
    return {
        "loss": sum(sums) / sum(counts),
        "in eval mode while it ran": True,
        "mode afterwards": "train" if training else "eval",
        "gradients recorded": False,
        "gradients afterwards": "on" if gradients else "off",
        "logits of a run afterwards": torch.mul(logits[-1][..., :4], afterwards),
    }


def _hf_loss(logits, tokens):
    """Return HF's summed loss of a batch, and the number of tokens that it predicts."""
    from transformers.loss.loss_utils import ForCausalLMLoss

    count = (tokens.shape[1] - 1) * tokens.shape[0]
    mean = ForCausalLMLoss(logits, tokens, vocab_size=logits.shape[-1])
    return mean.item() * count, count


ANSWER_KEY = AnswerKey(
    check=checks.evaluate,
    expected=_expected,
    reference="HF's loss",
)
