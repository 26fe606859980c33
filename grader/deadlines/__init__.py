"""Deadlines: the time of submission, and extensions for single students."""
