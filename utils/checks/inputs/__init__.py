"""Inputs that the checks of several weeks draw: texts, merges, state dicts with Hugging Face's names."""
