"""The course in a real browser: JupyterLab as a student opens it, with no network behind it."""
