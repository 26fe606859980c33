"""What instructors run: build, release, grade and report. It imports `utils`; nothing imports it."""
