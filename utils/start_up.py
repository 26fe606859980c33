"""Faster start of the command line."""

import sys


def skip_rfc3987_grammar() -> None:
    """Keep jsonschema from compiling the grammar of internationalised URIs (RFC 3987), which takes 0.7 s.

    nbformat imports jsonschema, and JupyterLab installs the package rfc3987-syntax; no field of a notebook
    needs it. jsonschema then behaves as where that package is not installed. Call this before nbformat is
    imported.
    """
    if "rfc3987_syntax" not in sys.modules:
        # None makes the import raise ModuleNotFoundError. typeshed types the values as ModuleType alone.
        sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
