"""Small models and objects that checks hand to a student's code."""
