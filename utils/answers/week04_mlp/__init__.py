"""The answer keys of week 4: expected values from torch's norms and HF's GPT-2, and the known mistakes."""

from utils.answers.week04_mlp import (
    count_mlp_parameters,
    dropout,
    each_position_alone,
    gelu,
    layer_norm,
    mlp,
    residual_add,
    rms_norm,
    shape_table,
    standardise,
    swiglu,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
    for module in (
        standardise,
        layer_norm,
        gelu,
        mlp,
        residual_add,
        each_position_alone,
        count_mlp_parameters,
        shape_table,
        rms_norm,
        swiglu,
        dropout,
    )
)
"""The answer keys in the order of the exercises."""
