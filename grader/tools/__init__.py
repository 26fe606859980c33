"""Commands around grading: demonstration class, benchmark, status table, storyteller training."""
