"""The instructors' tools: build, release, grade and report. It imports `utils`, never the reverse."""
