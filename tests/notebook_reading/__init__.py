"""Tests of the one reading of a notebook that `course check`, `course grade` and nbgrader share."""
