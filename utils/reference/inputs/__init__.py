"""Inputs with the reference model's weights, for the cases of checks."""
