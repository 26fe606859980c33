"""The answer key of `bytes_to_unicode`: the table of Hugging Face's tokenizer."""

from itertools import count

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week02_tokens as checks


def _expected_signs(numbers):
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    table = bytes_to_unicode()
    return {
        "signs": {str(number): table[number] for number in numbers},
        "number of entries": len(table),
    }


_OWN = [range(33, 127), range(161, 173), range(174, 256)]
"""The bytes that are a printable character as they are."""


def _table(own=tuple(_OWN), first=256, of=range(256)):
    """A table in which the bytes of `own` keep their number and the others are numbered from `first`."""
    free = count(first)
    return {byte: chr(byte if any(byte in kept for kept in own) else next(free)) for byte in of}


ANSWER_KEY = AnswerKey(
    check=checks.bytes_to_unicode,
    expected=_expected_signs,
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "nothing moved",
            "every byte is the character with its own number: a space stays a space",
            "which bytes are no printable character?",
            lambda: _table(own=[range(256)]),
        ),
        Mistake(
            "numbered by the byte",
            "the moved bytes are numbered by the byte, so that there are gaps: they should follow each other",
            "how many bytes have been moved before this one?",
            lambda: {
                byte: chr(byte if any(byte in kept for kept in _OWN) else 256 + byte) for byte in range(256)
            },
        ),
        Mistake(
            "everything moved",
            "every byte has been moved by 256, the printable ones too",
            "byte 65 stays A",
            lambda: _table(own=[]),
        ),
        Mistake(
            "space kept",
            "the space keeps itself as its sign, but the files need it to keep pieces apart",
            "with which number does the first range begin?",
            lambda: _table(own=[range(32, 127), *_OWN[1:]]),
        ),
        Mistake(
            "soft hyphen kept",
            "byte 173, the soft hyphen, keeps its number, but it prints as nothing",
            "which number lies between the second range and the third?",
            lambda: _table(own=[_OWN[0], range(161, 256)]),
        ),
        Mistake(
            "ends of the ranges missing",
            "the last byte of each range has been moved: 126, 172 and 255 have printable characters",
            "does Python's range include its end?",
            lambda: _table(own=[range(kept.start, kept.stop - 1) for kept in _OWN]),
        ),
        Mistake(
            "one too many in each range",
            "the byte behind each range is kept too: 127 and 173 do not print",
            "does Python's range include its end?",
            lambda: _table(own=[range(kept.start, kept.stop + 1) for kept in _OWN]),
        ),
        Mistake(
            "only ASCII kept",
            "only the first range keeps its numbers; 161 to 172 and 174 to 255 are printable too",
            "there are three ranges",
            lambda: _table(own=_OWN[:1]),
        ),
        Mistake(
            "counted from 257",
            "the moved bytes are numbered from 257 on",
            "is the counter raised before it is used, or afterwards?",
            lambda: _table(first=257),
        ),
        Mistake(
            "counted from 0",
            "the moved bytes are numbered from 0 on: their signs are the unprintable characters again",
            "what is added to the counter?",
            lambda: _table(first=0),
        ),
        Mistake(
            "from sign to byte",
            "the dict goes from sign to byte",
            "keys are bytes, values are signs",
            lambda: {sign: byte for byte, sign in _table().items()},
        ),
        Mistake(
            "moved bytes missing",
            "only the bytes that keep their number are in the dict",
            "all 256 bytes need a sign",
            lambda: {byte: sign for byte, sign in _table().items() if ord(sign) < 256},
        ),
        Mistake(
            "kept bytes missing",
            "only the bytes that have been moved are in the dict",
            "all 256 bytes need a sign",
            lambda: {byte: sign for byte, sign in _table().items() if ord(sign) > 255},
        ),
        Mistake(
            "numbers, not characters",
            "the signs are numbers here, not characters",
            "which function makes a character of its number?",
            lambda: {byte: ord(sign) for byte, sign in _table().items()},
        ),
    ),
)
