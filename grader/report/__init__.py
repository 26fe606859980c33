"""`course report`: the outcome of grading a week, for the instructor."""
