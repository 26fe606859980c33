"""Tests of the executor: bytes in, grades out."""
