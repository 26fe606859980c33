"""Tests of the fork server, its boxes and its kernels."""
