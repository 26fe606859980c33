"""Tests of the warm parent, its rooms and its kernels."""
