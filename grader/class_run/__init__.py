"""The class run: `course grade` grades a whole class over Dask and writes the gradebook from one process.

`run` compares each submission's fingerprint with the gradebook's and sends the changed ones to the workers.
Each result is written in one transaction, so that a run can end at any moment and the next one goes on with
the rest.
"""
