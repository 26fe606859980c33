"""`make bench`: grades the same class by stock nbgrader and by the class run, and compares times."""
