"""Worked examples that notebooks show."""
