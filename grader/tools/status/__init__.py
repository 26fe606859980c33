"""`course status`: counts of exercises, points and tests per week, also as a table in README.md."""
