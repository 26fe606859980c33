"""One reading of a submitted notebook, shared by `course check`, `course grade` and `nbgrader autograde`.

`submitted` reads the file, `matching` says which cell of the release each cell is, `assembly` puts the
notebook together that is run, and `unattended` is what differs where code runs with nobody at the keyboard.
The same file is so read alike everywhere, and gets the same points.
"""
