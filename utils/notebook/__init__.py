"""Reading of submitted notebooks, shared by `course check`, `course grade` and `nbgrader autograde`.

`submitted` reads the file, `matching` matches its cells to those of the released notebook, `assembly` builds
the notebook that is run, and `unattended` prepares a kernel for a run without a user. Since all three share
this, the same file gets the same points from each.
"""
