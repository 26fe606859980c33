"""The answer key of `utf8_bytes`: Python's own codec."""

import codecs

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week02_tokens as checks


def _kept_as(text, encoding, errors="strict"):
    return [*codecs.encode(text, encoding, errors)]


ANSWER_KEY = AnswerKey(
    check=checks.utf8_bytes,
    expected=lambda text: _kept_as(text, "utf-8"),
    reference="Python's own UTF-8",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "code points",
            "these are code points, not bytes: one number for each character, some of them over 255",
            "a character outside ASCII is kept as two, three or four bytes",
            lambda text: [ord(character) for character in text],
        ),
        Mistake(
            "code points cut to a byte",
            "each character has been squeezed into one byte, and different characters have become equal",
            "a character outside ASCII is kept as two, three or four bytes",
            lambda text: [ord(character) % 256 for character in text],
        ),
        Mistake(
            "UTF-16",
            "these are the bytes of UTF-16, which takes at least two for every character",
            "which encoding does the name of the exercise ask for?",
            lambda text: _kept_as(text, "utf-16"),
        ),
        Mistake(
            "UTF-16 without its mark",
            "these are the bytes of UTF-16, which takes at least two for every character; half of them are 0",
            "which encoding does the name of the exercise ask for?",
            lambda text: _kept_as(text, "utf-16-le"),
        ),
        Mistake(
            "UTF-32",
            "these are the bytes of UTF-32, four for every character",
            "which encoding does the name of the exercise ask for?",
            lambda text: _kept_as(text, "utf-32-le"),
        ),
        Mistake(
            "a mark in front",
            "there are three bytes too many in front: a mark that some programs put before UTF-8",
            "which of Python's two UTF-8 encodings writes no mark?",
            lambda text: _kept_as(text, "utf-8-sig"),
        ),
        Mistake(
            "other characters dropped",
            "characters outside ASCII have been left out",
            "UTF-8 has bytes for every character: nothing has to be ignored",
            lambda text: _kept_as(text, "ascii", "ignore"),
        ),
        Mistake(
            "question marks",
            "characters outside ASCII have become question marks, byte 63",
            "UTF-8 has bytes for every character: nothing has to be replaced",
            lambda text: _kept_as(text, "ascii", "replace"),
        ),
        Mistake(
            "characters, not numbers",
            "these are the text's characters, not numbers",
            "what does `list` give for a str, and what for a bytes object?",
            list,
        ),
        Mistake(
            "each byte once",
            "every byte stands here once, although it may occur several times, and their order is lost",
            "a list keeps order and repetition; a set does not",
            lambda text: sorted(set(_kept_as(text, "utf-8"))),
        ),
        Mistake(
            "hexadecimal strings",
            "these are strings with the bytes' numbers in them, not the numbers",
            "going through a bytes object gives numbers by itself",
            lambda text: [f"{byte:02x}" for byte in _kept_as(text, "utf-8")],
        ),
        Mistake(
            "the number of bytes",
            "this is how many bytes there are, not which",
            "the function returns a list",
            lambda text: len(_kept_as(text, "utf-8")),
        ),
    ),
)
