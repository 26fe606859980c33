"""The answer key of `next_token_loss`: HF's own loss of a causal language model."""

import math

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week10_learning as checks


def _expected(logits, tokens):
    from transformers.loss.loss_utils import ForCausalLMLoss

    loss = ForCausalLMLoss(logits, tokens, vocab_size=logits.shape[-1])
    return {"loss": loss.detach(), "backward() can start from it": True}


def _entropy(logits, targets, reduction="mean"):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction=reduction)


def _right(logits, tokens, reduction="mean"):
    return _entropy(logits[:, : tokens.shape[1] - 1], tokens[:, 1:], reduction)


def _scored(scores):
    """Minus the mean of what `scores` makes of the logits, at the tokens that come next."""

    def wrong(logits, tokens):
        return F.nll_loss(scores(logits)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())

    return wrong


def _axes_mixed(logits, tokens):
    mixed = logits[:, :-1].transpose(1, 2).reshape(-1, logits.shape[-1])
    return F.cross_entropy(mixed, tokens[:, 1:].flatten())


ANSWER_KEY = AnswerKey(
    check=checks.next_token_loss,
    expected=_expected,
    reference="HF's loss",
    mistakes=(
        Mistake(
            "not shifted",
            "each position is judged by its own token, which the model has just read",
            "which token should the logits of position 0 predict?",
            lambda logits, tokens: _entropy(logits, tokens),
        ),
        Mistake(
            "shifted twice",
            "each position is judged by the token two places further on",
            "between a position and the token that it predicts lies one step",
            lambda logits, tokens: _entropy(logits[:, :-2], tokens[:, 2:]) if len(tokens[0]) > 2 else 0.0,
        ),
        Mistake(
            "shifted the wrong way",
            "each position is judged by the token before it",
            "which of the two loses its first entry, and which its last?",
            lambda logits, tokens: _entropy(logits[:, 1:], tokens[:, :-1]),
        ),
        Mistake(
            "last position judged by the first token",
            "the tokens are rolled round, so that the last position is judged by the first token",
            "six tokens: how many of them have a token after them?",
            lambda logits, tokens: _entropy(logits, tokens.roll(-1, 1)),
        ),
        Mistake(
            "sum instead of mean",
            "the losses of all predictions are added up and never divided",
            "the mean over all predicted tokens",
            lambda logits, tokens: _right(logits, tokens, "sum"),
        ),
        Mistake(
            "divided by the batch",
            "the sum is divided by the number of rows, not by that of the predictions",
            "how many predictions does a batch of 2 rows of 6 tokens hold?",
            lambda logits, tokens: _right(logits, tokens, "sum") / tokens.shape[0],
        ),
        Mistake(
            "divided by all tokens",
            "the sum is divided by the number of tokens; the first of each row is not predicted",
            "how many predictions does a row of 6 tokens hold?",
            lambda logits, tokens: _right(logits, tokens, "sum") / tokens.numel(),
        ),
        Mistake(
            "a loss for each prediction",
            "the losses are not averaged: what comes back is no single number",
            "backward() starts from one number",
            lambda logits, tokens: _right(logits, tokens, "none"),
        ),
        Mistake(
            "the sign",
            "log p is averaged, not −log p: the better the model, the larger the number",
            "a loss is 0 at best, and never negative",
            lambda logits, tokens: -_right(logits, tokens),
        ),
        Mistake(
            "bits",
            "the logarithm is to the base 2, which gives bits",
            "the loss is in nats: the natural logarithm",
            lambda logits, tokens: _right(logits, tokens) / math.log(2),
        ),
        Mistake(
            "probabilities, not logarithms",
            "the probabilities of the right tokens are averaged; their logarithms are missing",
            "what does a prediction cost that was 0.5 sure, and one that was 0.05 sure?",
            _scored(lambda logits: logits.softmax(-1)),
        ),
        Mistake(
            "logits as log-probabilities",
            "the logits themselves are averaged: nothing turns them into log-probabilities",
            "what must the exponentials of log-probabilities add up to?",
            _scored(lambda logits: logits * 1),
        ),
        Mistake(
            "softmax twice",
            "the probabilities go through a softmax once more",
            "does your cross-entropy take logits or probabilities?",
            lambda logits, tokens: _right(logits.softmax(-1), tokens),
        ),
        Mistake(
            "log of a softmax",
            "the logarithm is taken after the softmax: a probability too small for float32 gives log 0",
            "log_softmax of week 1 keeps its digits",
            _scored(lambda logits: logits.softmax(-1).log()),
        ),
        Mistake(
            "softmax over the positions",
            "the softmax runs along seq: the shares of each position's tokens do not add up to 1",
            "which axis holds the candidates for the next token?",
            _scored(lambda logits: logits.log_softmax(1)),
        ),
        Mistake(
            "axes mixed up",
            "the logits are reshaped with their axes in another order, so that rows hold a bit of everything",
            "reshape keeps numbers in their order: which axis has to be last?",
            _axes_mixed,
        ),
        Mistake(
            "last prediction only",
            "only the prediction of each row's last token counts",
            "in training every position predicts its next token",
            lambda logits, tokens: _right(logits[:, -2:], tokens[:, -2:]),
        ),
        Mistake(
            "first row only",
            "only the first row of the batch counts",
            "did an index [0] stay behind?",
            lambda logits, tokens: _right(logits[:1], tokens[:1]),
        ),
        Mistake(
            "perplexity",
            "e to the power of the loss is the perplexity",
            "the loss itself, in nats",
            lambda logits, tokens: _right(logits, tokens).exp(),
        ),
        Mistake(
            "loss without its graph",
            "the loss comes back as a plain number, from which no backward pass can start",
            "does .item(), .detach() or no_grad stand somewhere?",
            lambda logits, tokens: _right(logits, tokens).item(),
        ),
    ),
)
