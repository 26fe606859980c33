"""The answer keys of week 11: expected values from torch's optimisers and schedulers and HF's loss."""

from utils.answers.week11_training import (
    bootstrap_interval,
    counting_losses,
    evaluate,
    find_learning_rate,
    get_batch,
    mixed_precision_step,
    overfit_one_batch,
    plan_run,
    resume,
    sample_story,
    save_checkpoint,
    scaling_curve,
    shape_table,
    train_step,
    train_storyteller,
    train_val_split,
    trainer,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
    for module in (
        train_val_split,
        get_batch,
        counting_losses,
        train_step,
        evaluate,
        overfit_one_batch,
        trainer,
        sample_story,
        save_checkpoint,
        resume,
        train_storyteller,
        shape_table,
        scaling_curve,
        bootstrap_interval,
        plan_run,
        find_learning_rate,
        mixed_precision_step,
    )
)
"""The answer keys in the order of the exercises."""
