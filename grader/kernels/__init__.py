"""Warm kernels: a parent that has imported everything, and forks a kernel for each submission.

`warm` and `room` are the trusted side. `zygote`, `keeper`, `kernel`, `shell` and `snapshot` run inside the
sandbox, where nothing of the judge's can be imported; they import `grader.sandbox`, `utils.checks` and
`utils.notebook` alone.
"""
