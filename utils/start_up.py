"""What a command of ours need not load when it starts."""

import sys


def without_address_grammar() -> None:
    """Keeps jsonschema from compiling a grammar of internationalised web addresses, which takes 0.7 s.

    It comes with JupyterLab, and nbformat imports jsonschema; but no field of a notebook is such an address.
    jsonschema then does as on a machine where the package rfc3987-syntax is not installed. Call it before
    nbformat is imported.
    """
    sys.modules.setdefault("rfc3987_syntax", None)
