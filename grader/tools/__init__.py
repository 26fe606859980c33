"""Commands around grading: sample class, benchmark, mutation testing, status table, storyteller training."""
