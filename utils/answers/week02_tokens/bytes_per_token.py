"""The answer key of `bytes_per_token`: bytes and tokens as Hugging Face's tokenizer counts them."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer
from utils.answers.week02_tokens._pieces import cut
from utils.checks import week02_tokens as checks
from utils.checks.inputs.gpt2_merges import signs


def _expected_ratios(texts, ids):
    ratios = {}
    for language, group in texts.items():
        tokens = gpt2_tokenizer()(group)["input_ids"]
        ratios[language] = sum(map(len, map(signs, group))) / sum(map(len, tokens))
    return ratios


def _utf8(text):
    return len(bytearray(text, "utf-8"))


def _each(ratio):
    """A mistake: `ratio` takes a language's texts, and the numbers of their bytes and tokens."""

    def wrong(texts, encode):
        return {
            language: ratio(group, [_utf8(text) for text in group], [len(encode(text)) for text in group])
            for language, group in texts.items()
        }

    return wrong


def _one_number(texts, encode):
    group = [text for texts_of_one in texts.values() for text in texts_of_one]
    return sum(map(_utf8, group)) / sum(len(encode(text)) for text in group)


def _running(texts, encode):
    """The sums are set to 0 once, before the first language."""
    size = tokens = 0
    ratios = {}
    for language, group in texts.items():
        size, tokens = size + sum(map(_utf8, group)), tokens + sum(len(encode(text)) for text in group)
        ratios[language] = size / tokens
    return ratios


ANSWER_KEY = AnswerKey(
    check=checks.bytes_per_token,
    expected=_expected_ratios,
    mistakes=(
        Mistake(
            "characters per token",
            "characters are counted, not bytes",
            "exercise 1 gives a text's bytes",
            _each(lambda group, size, tokens: sum(map(len, group)) / sum(tokens)),
        ),
        Mistake(
            "tokens per byte",
            "the ratio is upside down: these are tokens per byte",
            "what stands above the line?",
            _each(lambda group, size, tokens: sum(tokens) / sum(size)),
        ),
        Mistake(
            "ratios averaged",
            "the texts' ratios are averaged, so that a short text counts as much as a long one",
            "add up first, divide once",
            _each(
                lambda group, size, tokens: sum(s / t for s, t in zip(size, tokens, strict=True)) / len(size)
            ),
        ),
        Mistake(
            "first text only",
            "only the first text of each language counts",
            "all texts of a language",
            _each(lambda group, size, tokens: size[0] / tokens[0]),
        ),
        Mistake(
            "last text only",
            "only the last text of each language counts",
            "are the sums added up, or overwritten?",
            _each(lambda group, size, tokens: size[-1] / tokens[-1]),
        ),
        Mistake(
            "whole numbers",
            "the ratios have been cut to whole numbers",
            "one slash or two?",
            _each(lambda group, size, tokens: sum(size) // sum(tokens)),
        ),
        Mistake(
            "bytes per word",
            "bytes are divided by words, not by tokens",
            "`encode` gives the ids of the tokens",
            _each(lambda group, size, tokens: sum(size) / sum(len(cut(text)) for text in group)),
        ),
        Mistake(
            "sums run on",
            "each language's sums still hold those of the languages before it",
            "where are the sums set to 0?",
            _running,
        ),
        Mistake(
            "one number for all",
            "there is one ratio for all languages together",
            "the function returns a dict with a ratio for each language",
            _one_number,
        ),
        Mistake(
            "bytes per text",
            "bytes are divided by the number of texts",
            "`encode` gives the ids of the tokens",
            _each(lambda group, size, tokens: sum(size) / len(group)),
        ),
    ),
)
