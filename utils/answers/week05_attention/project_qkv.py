"""The answer key of `project_qkv`: HF's packed projection."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_attention import packed_projection
from utils.checks import week05_attention as checks


def _expected_qkv(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    return packed_projection(x, [W_Q, W_K, W_V], [b_Q, b_K, b_V])


def _projected(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    """The three products and the three biases, which the mistakes below combine wrongly."""
    return x @ W_Q, x @ W_K, x @ W_V, b_Q, b_K, b_V


def _without_bias(*weights):
    return _projected(*weights)[:3]


def _bias_subtracted(*weights):
    xq, xk, xv, b_Q, b_K, b_V = _projected(*weights)
    return xq - b_Q, xk - b_K, xv - b_V


def _value_without_bias(*weights):
    xq, xk, xv, b_Q, b_K, _ = _projected(*weights)
    return xq + b_Q, xk + b_K, xv


def _query_bias_for_all(*weights):
    xq, xk, xv, b_Q, _, _ = _projected(*weights)
    return xq + b_Q, xk + b_Q, xv + b_Q


def _keys_for_values(*weights):
    xq, xk, _, b_Q, b_K, _ = _projected(*weights)
    return xq + b_Q, xk + b_K, xk + b_K


def _queries_for_keys(*weights):
    xq, _, xv, b_Q, _, b_V = _projected(*weights)
    return xq + b_Q, xq + b_Q, xv + b_V


def _value_with_keys_bias(*weights):
    xq, xk, xv, b_Q, b_K, _ = _projected(*weights)
    return xq + b_Q, xk + b_K, xv + b_K


def _value_with_keys_weight(*weights):
    xq, xk, _, b_Q, b_K, b_V = _projected(*weights)
    return xq + b_Q, xk + b_K, xk + b_V


def _in_order(*order):
    def wrong(*weights):
        parts = _projected(*weights)
        return tuple(parts[i] + parts[i + 3] for i in order)

    return wrong


def _stacked(*weights):
    parts = _projected(*weights)
    return torch.stack([parts[i] + parts[i + 3] for i in range(3)])


def _scaled_already(*weights):
    xq, xk, xv, b_Q, b_K, b_V = _projected(*weights)
    return (xq + b_Q) / xq.shape[-1] ** 0.5, xk + b_K, xv + b_V


def _only_the_last_position(*weights):
    xq, xk, xv, b_Q, b_K, b_V = _projected(*weights)
    return (xq + b_Q)[:, -1:], xk + b_K, xv + b_V


ANSWER_KEY = AnswerKey(
    check=checks.project_qkv,
    expected=_expected_qkv,
    outputs=("q", "k", "v"),
    mistakes=(
        Mistake(
            "biases forgotten",
            "the three biases b_Q, b_K and b_V are not added",
            "every projection of GPT-2 has a weight and a bias",
            _without_bias,
        ),
        Mistake(
            "biases subtracted",
            "the biases are subtracted",
            "the sign before the bias",
            _bias_subtracted,
        ),
        Mistake(
            "values without bias",
            "q and k have their biases, v has not",
            "compare the line for v with the line for k",
            _value_without_bias,
        ),
        Mistake(
            "one bias for all three",
            "b_Q is added to k and v as well",
            "which bias belongs to which projection?",
            _query_bias_for_all,
        ),
        Mistake(
            "keys used as values",
            "v is made with the keys' weights",
            "which weight makes v?",
            _keys_for_values,
        ),
        Mistake(
            "queries used as keys",
            "k is made with the queries' weights",
            "which weight makes k?",
            _queries_for_keys,
        ),
        Mistake(
            "keys' bias on the values",
            "v has b_K where it should have b_V",
            "compare the line for v with the line for k: what must change?",
            _value_with_keys_bias,
        ),
        Mistake(
            "keys' weight for the values",
            "v is made with W_K",
            "compare the line for v with the line for k: what must change?",
            _value_with_keys_weight,
        ),
        Mistake(
            "q and k swapped",
            "q and k come back in each other's place",
            "the order in the return line: q, k, v",
            _in_order(1, 0, 2),
        ),
        Mistake(
            "order k, v, q",
            "the three come back as k, v, q",
            "the order in the return line: q, k, v",
            _in_order(1, 2, 0),
        ),
        Mistake(
            "k and v swapped",
            "k and v come back in each other's place",
            "the order in the return line: q, k, v",
            _in_order(0, 2, 1),
        ),
        Mistake(
            "one stacked tensor",
            "q, k and v come back stacked in one tensor",
            "return the three tensors, separated by commas",
            _stacked,
        ),
        Mistake(
            "scaled too early",
            "q is already divided by √d_head here",
            "the scale belongs to the scores; here it would be applied twice",
            _scaled_already,
        ),
        Mistake(
            "last position only",
            "q holds the last position only",
            "every position asks its own question",
            _only_the_last_position,
        ),
    ),
)
