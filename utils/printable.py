"""Untrusted text made safe to print on a terminal."""

_CONTROL_CODES = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_REPLACEMENTS = {code: "�" for code in _CONTROL_CODES if chr(code) not in "\n\t"}


def printable(text: str) -> str:
    """Return the text with lone surrogates, control characters and direction overrides replaced.

    UTF-8 cannot encode lone surrogates; escape sequences and direction overrides could change what the
    terminal shows of other lines.
    """
    return text.translate(_REPLACEMENTS).encode(errors="replace").decode()
