"""Tests of the checks: right solutions pass, mistakes fail and are named, nothing leaks or breaks."""
