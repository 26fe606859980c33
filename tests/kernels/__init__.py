"""Tests of the warm parent, its boxes and its kernels."""
