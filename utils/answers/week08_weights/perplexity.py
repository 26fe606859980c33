"""The answer key of `perplexity`: numpy's exponential of the mean over all tokens."""

import math

import numpy as np
import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week08_weights as checks


def _of_all(change):
    """A number of all tokens' losses together."""
    return lambda losses: change(torch.cat(losses)).item()


def _of_means(change):
    """A number of the texts' mean losses."""
    return lambda losses: change(torch.stack([each.mean() for each in losses])).item()


ANSWER_KEY = AnswerKey(
    check=checks.perplexity,
    expected=lambda losses: float(np.exp(np.mean(np.concatenate([each.numpy() for each in losses])))),
    reference="the perplexity",
    mistakes=(
        Mistake(
            "2 to the power of the loss",
            "2 is raised to the loss, but the losses are in nats",
            "the number whose logarithm a nat belongs to",
            _of_all(lambda every: 2 ** every.mean()),
        ),
        Mistake(
            "mean of the powers",
            "each loss is raised first, and the mean taken then: one great surprise outweighs everything",
            "which comes first, the mean or the power?",
            _of_all(lambda every: every.exp().mean()),
        ),
        Mistake(
            "texts count alike",
            "the mean is over the texts' means: a text of 3 tokens weighs as much as one of 300",
            "every token counts the same",
            _of_means(lambda means: means.mean().exp()),
        ),
        Mistake(
            "mean of the texts' perplexities",
            "each text's perplexity is computed, and their mean taken",
            "one perplexity for all tokens",
            _of_means(lambda means: means.exp().mean()),
        ),
        Mistake(
            "power of the sum",
            "e is raised to the sum of the losses: that is 1 over the probability of the whole text",
            "the mean loss of a token",
            _of_all(lambda every: every.sum().exp()),
        ),
        Mistake(
            "the mean loss",
            "the mean loss itself comes back, in nats",
            "how many equally likely tokens would give that loss?",
            _of_all(torch.mean),
        ),
        Mistake(
            "upside down",
            "the mean probability, so to speak, comes back: 1 over the perplexity",
            "a sign in the exponent",
            _of_all(lambda every: every.mean().neg().exp()),
        ),
        Mistake(
            "divided by the texts",
            "the sum of all losses is divided by the number of texts, not of tokens",
            "every token counts the same",
            lambda losses: math.exp(sum(each.sum().item() for each in losses) / len(losses)),
        ),
        Mistake(
            "first text only",
            "only the first text is counted",
            "losses is a list",
            lambda losses: losses[0].mean().exp().item(),
        ),
        Mistake(
            "last text only",
            "only the last text is counted",
            "does each text replace the one before it?",
            lambda losses: losses[-1].mean().exp().item(),
        ),
        Mistake(
            "10 to the power of the loss",
            "10 is raised to the loss, but the losses are in nats",
            "the number whose logarithm a nat belongs to",
            _of_all(lambda every: 10 ** every.mean()),
        ),
        Mistake(
            "median",
            "the middle loss is raised, not the mean one",
            "the mean loss of a token",
            _of_all(lambda every: every.median().exp()),
        ),
    ),
)
