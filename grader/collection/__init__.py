"""Collecting a learning platform's downloads: whose each notebook is, and which of several counts.

Paths inside an archive are read and never used: the only folders that are made are named after students.
"""
