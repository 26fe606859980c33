"""Tests of the sandbox: what code finds inside."""
