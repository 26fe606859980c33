"""Reads the code of a notebook: its imports, definitions and exercises."""
