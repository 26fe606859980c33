"""Submissions that came late: what it costs, and extensions for one student."""
