"""The class run: `course grade` grades a whole class over Dask and writes the gradebook from one place.

A submission goes out as bytes and comes back as bytes (`task`); who needs grading is settled before
(`plan`); every result is written in one transaction (`write`), so that a run can end at any moment and the
next one goes on from there (`run`).
"""
