"""Kernels that start warm: a fork server has imported everything and forks a box for each submission.

`fork_server_client` and `box` are the trusted side. `fork_server`, `box_init`, `kernel`, `shell` and
`snapshot` run inside the sandbox, where no answer key can be imported; they import only `grader.sandbox`,
`utils.checks` and `utils.notebook`.
"""
