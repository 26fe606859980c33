"""The answer key of `decode`: GPT-2's own tokenizer."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer
from utils.answers.week02_tokens._pieces import sign_table
from utils.checks import week02_tokens as checks


def _expected_text(ids, vocab):
    return gpt2_tokenizer().decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)


def _bytes_of(piece):
    numbers = dict(zip(sign_table().values(), sign_table(), strict=True))
    return bytes(numbers[sign] for sign in piece)


def _pieces(ids, vocab):
    names = dict(zip(vocab.values(), vocab.keys(), strict=True))
    return [names[token] for token in ids]


def _decoding(finish):
    """A mistake: `finish` makes the text of the pieces."""
    return lambda ids, vocab: finish(_pieces(ids, vocab))


def _in_all(pieces):
    return b"".join(map(_bytes_of, pieces))


ANSWER_KEY = AnswerKey(
    check=checks.decode,
    expected=_expected_text,
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "token by token",
            "each token is decoded by itself, so that a character spread over two tokens is torn",
            "join all bytes first, decode once",
            _decoding(
                lambda pieces: "".join(_bytes_of(piece).decode("utf-8", "replace") for piece in pieces)
            ),
        ),
        Mistake(
            "token by token, errors ignored",
            "each token is decoded by itself, and characters spread over two tokens are lost",
            "join all bytes first, decode once",
            _decoding(lambda pieces: "".join(_bytes_of(piece).decode("utf-8", "ignore") for piece in pieces)),
        ),
        Mistake(
            "token by token, without errors=",
            "each token is decoded by itself, and a token that holds a part of a character raises an error",
            "join all bytes first, decode once",
            _decoding(lambda pieces: "".join(str(_bytes_of(piece), "utf-8") for piece in pieces)),
        ),
        Mistake(
            "no errors=",
            "ids that end or begin inside a character raise an error",
            "which `errors` puts the replacement character there?",
            _decoding(lambda pieces: str(_in_all(pieces), "utf-8")),
        ),
        Mistake(
            "errors ignored",
            "bytes that are no valid UTF-8 have been left out without a trace",
            "which `errors` puts the replacement character there?",
            _decoding(lambda pieces: _in_all(pieces).decode("utf-8", "ignore")),
        ),
        Mistake(
            "escapes for bad bytes",
            "bytes that are no valid UTF-8 appear as escapes such as \\xf0",
            "which `errors` puts the replacement character there?",
            _decoding(lambda pieces: _in_all(pieces).decode("utf-8", "backslashreplace")),
        ),
        Mistake(
            "one byte, one character",
            "each byte has become a character of its own",
            "é is two bytes: which method of a bytes object reads UTF-8?",
            _decoding(lambda pieces: _in_all(pieces).decode("latin-1")),
        ),
        Mistake(
            "signs left in",
            "the text is still written in signs",
            "a Ġ stands for a byte: which one?",
            _decoding("".join),
        ),
        Mistake(
            "only Ġ replaced",
            "Ġ has become a space, but other signs are still signs",
            "every sign stands for a byte, not just Ġ",
            _decoding(lambda pieces: "".join(pieces).replace("Ġ", " ")),
        ),
        Mistake(
            "Ġ and Ċ replaced",
            "Ġ and Ċ have become space and line break, but other signs are still signs",
            "every sign stands for a byte: turn your dict of exercise 2 round",
            _decoding(lambda pieces: "".join(pieces).replace("Ġ", " ").replace("Ċ", "\n")),
        ),
        Mistake(
            "joined with spaces",
            "there is a space between any two tokens",
            "a token brings its own space along",
            _decoding(lambda pieces: b" ".join(map(_bytes_of, pieces)).decode("utf-8", "replace")),
        ),
        Mistake(
            "stripped",
            "white space at the beginning or the end of the text is lost",
            "nothing is left out",
            _decoding(lambda pieces: _in_all(pieces).decode("utf-8", "replace").strip()),
        ),
        Mistake(
            "special token left out",
            "<|endoftext|> has been left out",
            "it is in the vocabulary like any other piece",
            _decoding(
                lambda pieces: _in_all(p for p in pieces if p != "<|endoftext|>").decode("utf-8", "replace")
            ),
        ),
        Mistake(
            "asked in the wrong direction",
            "`vocab` is asked for an id, but its keys are pieces",
            "what makes a dict from value to key?",
            lambda ids, vocab: "".join(vocab[token] for token in ids),
        ),
        Mistake(
            "the id as a place",
            "the id is taken as a place in the list of pieces, but the vocabulary may have gaps",
            "look the id up in a dict",
            lambda ids, vocab: _in_all(list(vocab)[token] for token in ids).decode("utf-8", "replace"),
        ),
        Mistake(
            "bytes, not text",
            "these are numbers of bytes, not a text",
            "which method makes text of bytes?",
            _decoding(lambda pieces: list(_in_all(pieces))),
        ),
        Mistake(
            "a list of texts",
            "there is a text for each token, in a list",
            "the function returns one text",
            _decoding(lambda pieces: [_bytes_of(piece).decode("utf-8", "replace") for piece in pieces]),
        ),
    ),
)
