"""Inputs that several weeks' checks draw: texts, merges, state dicts in Hugging Face's layout."""
