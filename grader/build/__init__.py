"""Builds student notebooks, parts for later weeks and bundles from the weeks' text sources."""
