"""Tests of the mutation testing of the checks, and of its result."""
