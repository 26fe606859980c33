"""The answer keys of week 10: expected values from torch's autograd in float64 and torch's optimisers."""

from utils.answers.week10_learning import (
    adamw,
    attention_backward,
    clip_grad_norm,
    decay_groups,
    gelu_backward,
    gradient_check,
    layer_norm_backward,
    linear_backward,
    lr_schedule,
    next_token_loss,
    scalar,
    sgd_momentum,
    shape_table,
    softmax_cross_entropy_backward,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
    for module in (
        next_token_loss,
        gradient_check,
        softmax_cross_entropy_backward,
        linear_backward,
        gelu_backward,
        sgd_momentum,
        adamw,
        clip_grad_norm,
        lr_schedule,
        decay_groups,
        shape_table,
        layer_norm_backward,
        attention_backward,
        scalar,
    )
)
"""The answer keys in the order of the exercises."""
