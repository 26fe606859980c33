"""Plugins for nbgrader: executor, extractor and collector, late policy."""
