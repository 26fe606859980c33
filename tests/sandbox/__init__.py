"""Tests of the sandbox: what code can reach inside."""
