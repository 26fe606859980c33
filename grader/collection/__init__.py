"""Collects notebooks from a learning platform's downloads: each one's student, and which of several counts.

Paths inside archives are parsed but never written to: the only folders created are named after students.
"""
