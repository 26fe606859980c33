"""`make bench`: the same class by stock nbgrader and by the class run, and where the time goes."""
