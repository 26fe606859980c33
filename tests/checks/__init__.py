"""Proof that the checks check: right solutions pass, mistakes fail and are named, nothing leaks or breaks."""
