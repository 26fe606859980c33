"""Small models and other objects that checks pass to a student's code."""
