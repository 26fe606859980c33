"""Tests of the judge's side of grading."""
