"""The course in numbers: `course status`, and the same table in README.md."""
