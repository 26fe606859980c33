"""The answer keys of week 12: expected values from HF's GPT-2 under the same interventions."""

from utils.answers.week12_inside import (
    ablate_head,
    activation_patch,
    composition_z_scores,
    copying_score,
    difference_of_means,
    direct_logit_attribution,
    head_attribution,
    head_zoo,
    hooked,
    inside_attention,
    k_composition,
    keys_and_values,
    knock_out,
    linear_probe,
    logit_difference,
    logit_lens,
    ov_circuit,
    qk_circuit,
    run_with_cache,
    shape_table,
    steer,
    superposition_model,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
    for module in (
        hooked,
        run_with_cache,
        logit_lens,
        direct_logit_attribution,
        inside_attention,
        logit_difference,
        ablate_head,
        activation_patch,
        head_zoo,
        knock_out,
        shape_table,
        head_attribution,
        ov_circuit,
        copying_score,
        qk_circuit,
        k_composition,
        composition_z_scores,
        difference_of_means,
        linear_probe,
        steer,
        keys_and_values,
        superposition_model,
    )
)
"""The answer keys in the order of the exercises."""
