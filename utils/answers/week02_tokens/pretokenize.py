"""The answer key of `pretokenize`: the words of Hugging Face's pre-tokenizer."""

import re

import regex

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import words_of
from utils.answers.week02_tokens._pieces import GPT4, RULES, cut
from utils.checks import week02_tokens as checks

_ORDER = tuple(RULES)

ANSWER_KEY = AnswerKey(
    check=checks.pretokenize,
    expected=words_of,
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "split at white space",
            "the text is cut at white space, the white space is lost, and punctuation stays on the words",
            "joined again, the words must be the text",
            str.split,
        ),
        Mistake(
            "white space and the rest",
            "letters, numbers and punctuation stay together; only white space is cut off",
            "rules 2, 3 and 4 are three different kinds of words",
            lambda text: re.findall(r"\S+|\s+", text),
        ),
        Mistake(
            "ASCII letters only",
            "letters with accents and letters of other scripts are no letters here",
            "which building block matches a letter of any script?",
            lambda text: cut(text, letters=" ?[A-Za-z]+", others=r" ?[^A-Za-z\p{N}\s]+"),
        ),
        Mistake(
            "\\w for letters",
            "numbers and underscores count as letters here, as they do for \\w",
            "rules 2, 3 and 4: which signs are letters, which are numbers, and which are neither?",
            lambda text: cut(text, letters=r" ?\w+", others=r" ?[^\w\s]+"),
        ),
        Mistake(
            "marks count as letters",
            "accents and vowel signs that are characters of their own are taken into the words",
            "GPT-2 takes letters, \\p{L}, and nothing else",
            lambda text: cut(text, letters=r" ?[\p{L}\p{M}]+", others=r" ?[^\p{L}\p{M}\p{N}\s]+"),
        ),
        Mistake(
            "\\d for numbers",
            "½ and Ⅻ are numbers too, and \\d leaves them out",
            "which building block matches a number of any script?",
            lambda text: cut(text, numbers=r" ?\d+", others=r" ?[^\p{L}\d\s]+"),
        ),
        Mistake(
            "GPT-4's pattern",
            "these are the words of GPT-4's tokenizer, which cuts numbers after three digits",
            "the six rules in the text are GPT-2's",
            lambda text: regex.findall(GPT4, text),
        ),
        Mistake(
            "three digits at most",
            "numbers are cut after three digits; GPT-2 keeps all digits of a number together",
            "rule 3: one or more",
            lambda text: cut(text, numbers=r" ?\p{N}{1,3}"),
        ),
        Mistake(
            "space as a word of its own",
            "the space in front of a word is a word of its own",
            "rules 2, 3 and 4 take one space in front along, if there is one",
            lambda text: cut(text, letters=r"\p{L}+", numbers=r"\p{N}+", others=r"[^\p{L}\p{N}\s]+"),
        ),
        Mistake(
            "space only before letters",
            "letters take the space in front along, numbers and punctuation do not",
            "rules 3 and 4 say the same of the space as rule 2",
            lambda text: cut(text, numbers=r"\p{N}+", others=r"[^\p{L}\p{N}\s]+"),
        ),
        Mistake(
            "all spaces in front",
            "a word takes all the spaces in front of it along, not one",
            "which mark says “one or none”?",
            lambda text: cut(text, letters=r" *\p{L}+", numbers=r" *\p{N}+", others=r" *[^\p{L}\p{N}\s]+"),
        ),
        Mistake(
            "any white space in front",
            "a line break or a tab in front is taken along like a space",
            "only the space character itself goes with the word behind it",
            lambda text: cut(text, letters=r"\s?\p{L}+", numbers=r"\s?\p{N}+", others=r"\s?[^\p{L}\p{N}\s]+"),
        ),
        Mistake(
            "no rule for endings",
            "'s, 't, 'll and the others are not words of their own",
            "rule 1: is it there, and is it tried before the apostrophe can be taken as punctuation?",
            lambda text: cut(text, endings=""),
        ),
        Mistake(
            "endings in capitals",
            "'T and 'RE count as endings too; GPT-2 knows them in small letters only",
            "does your pattern ignore case?",
            lambda text: cut(text, endings=r"(?i:'(?:[sdmt]|ll|re|ve))"),
        ),
        Mistake(
            "whole runs of spaces",
            "a run of spaces keeps its last space from the word behind it",
            "rule 5 comes before rule 6 and leaves one behind",
            lambda text: cut(text, before_a_word=""),
        ),
        Mistake(
            "rule 6 missing",
            "white space directly in front of a word is lost, unless it is a single space",
            "joined again, the words must be the text: which rule takes a line break in front of a word?",
            lambda text: cut(text, order=_ORDER[:5]),
        ),
        Mistake(
            "white space lost",
            "white space is lost, but for the space in front of a word",
            "joined again, the words must be the text: rules 5 and 6",
            lambda text: cut(text, order=_ORDER[:4]),
        ),
        Mistake(
            "punctuation lost",
            "everything that is neither letter, number nor white space is lost",
            "joined again, the words must be the text: rule 4",
            lambda text: cut(text, others=""),
        ),
        Mistake(
            "punctuation one by one",
            "each punctuation mark is a word of its own",
            "rule 4: one or more",
            lambda text: cut(text, others=r" ?[^\p{L}\p{N}\s]"),
        ),
        Mistake(
            "stripped",
            "white space at the beginning or the end of the text is lost",
            "joined again, the words must be the text",
            lambda text: cut(text.strip()),
        ),
        Mistake(
            "a space added in front",
            "a space has been added in front of the text",
            "joined again, the words must be the text",
            lambda text: cut(" " + text),
        ),
        Mistake(
            "small letters",
            "capital letters have become small ones",
            "joined again, the words must be the text",
            lambda text: cut(text.lower()),
        ),
        Mistake(
            "spaces stripped off the words",
            "the words have lost the white space around them",
            "a space in front belongs to the word",
            lambda text: [word.strip() for word in cut(text) if word.strip()],
        ),
        Mistake(
            "empty words",
            "there are empty words among them, as `split` leaves them between two matches",
            "findall gives the matches alone",
            lambda text: regex.split("(" + "|".join(RULES.values()) + ")", text),
        ),
        Mistake(
            "brackets in the pattern",
            "most words are empty: the pattern has brackets, and `findall` gives only what is in them",
            "write '(?: )' where brackets only group",
            lambda text: cut(text, endings="'(s|t|re|ve|m|ll|d)"),
        ),
        Mistake(
            "some endings missing",
            "'s and 't are words of their own, but 're, 've, 'm, 'll and 'd are not",
            "rule 1 names seven endings",
            lambda text: cut(text, endings="'[st]"),
        ),
        Mistake(
            "re instead of regex",
            "Python's own module `re` does not know \\p{L}",
            "the set-up cell imports regex: call it by that name",
            lambda text: re.findall("|".join(RULES.values()), text),
        ),
    ),
)
