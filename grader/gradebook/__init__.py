"""nbgrader's gradebook: reading it, writing grades into it, and recovering what an interrupted run left."""
