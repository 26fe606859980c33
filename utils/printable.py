"""Text that came from somebody else, as a terminal may show it."""

_UNSEEN = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SEEN = {code: "�" for code in _UNSEEN if chr(code) not in "\n\t"}


def printable(text: str) -> str:
    """The text without lone surrogates, which UTF-8 cannot hold, and without what commands a terminal: escape
    sequences and changes of direction could rewrite what stands above and beside them.
    """
    return text.translate(_SEEN).encode(errors="replace").decode()
