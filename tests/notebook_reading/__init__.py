"""Tests of the notebook reader that `course check`, `course grade` and nbgrader share."""
