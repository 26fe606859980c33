"""Tests of utils.reference: which model is taken, what is said, and what happens when something is broken."""
