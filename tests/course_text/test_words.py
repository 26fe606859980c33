"""Words that the course does not use: private names for what has a name in the field, and empty words."""

import ast
import re
from pathlib import Path

import pytest

from utils.weeks import WEEKS

from .glossary import entries
from .notebooks import CHECKOUT, texts

INSTEAD = {
    r"\b(whoever|nobody|somebody|anybody|everybody)\b": "name who does it, or use the passive",
    r"\bshar(es?|ed|ing) (out )?(its |the |their )?attention\b": "attention weights",
    r"\bshares? of (the |its |a )?(attention|weights?)\b": "attention weights",
    r"\b(a|the|its|this|that|without|no|one) bends?\b": "nonlinearity",
    r"\bknock(ed|s|ing)?[- ]outs?\b": "ablation of several heads",
    r"\beven heads?\b": "uniform baseline",
    r"\bcounting (loss(es)?|models?)\b": "n-gram model, and its loss",
    r"\bturn(s|ed|ing)? (it |them )?over\b": "transpose",
    r"\b(a|every|each|one|another|whole|long|short|real) training"
    r"(?= (is|was|that|goes|ends|takes|costs|begins)\b|[.,;:])": "training run",
    r"\b(the|its|a) (model's )?guess\b": "prediction",
    r"\b(the|its|a|mean) surprise\b": "surprisal, or loss",
    r"\b(axis|axes) (in front|behind)\b": "leading axes; before, after",
    r"\bby heart\b": "memorise",
    r"\b(do|does|did) as well\b": "also works",
    r"\b(simply|obviously|of course)\b": "leave it out",
}
"""A pattern, and what to write instead."""

EXCEPTIONS = {
    ("course/glossary.md", "knock-out"): "papers say so, and the glossary lists what papers say",
}
"""Where a word may be used, and why."""


def prose(text: str) -> str:
    """A text without what it quotes as code."""
    return re.sub(r"(`+).+?\1", "``", text)


def strings(path: Path) -> str:
    """The text constants of a module, one after the other."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return "\n".join(value for value in found if isinstance(value, str))


def used(name: str, text: str) -> list[str]:
    """The words of `INSTEAD` in a text that has no exception, each with what to write."""
    found = [
        (match[0], better) for word, better in INSTEAD.items() for match in re.finditer(word, text, re.I)
    ]
    return [f"{name}: {word!r}; better: {better}" for word, better in found if (name, word) not in EXCEPTIONS]


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_a_notebook_uses_none_of_these_words(week):
    assert used(week.notebook, prose("\n".join(texts(week)))) == []


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_a_table_of_mistakes_uses_none_of_these_words(week):
    path = CHECKOUT / "solutions" / week.folder / "mistakes.md"
    assert used("mistakes.md", prose(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_a_weeks_cards_use_none_of_these_words(week):
    modules = [
        *(CHECKOUT / "utils" / "checks").glob(f"{week.folder}.py"),
        *(CHECKOUT / "utils" / "answers" / week.folder).glob("*.py"),
    ]
    assert modules
    assert [line for path in modules for line in used(path.name, strings(path))] == []


PAGES = ["course/README.md", "course/glossary.md", "grader/README.md"]
PAGES += [f"grader/weeks/{week.folder}.md" for week in WEEKS]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_for_students_or_instructors_uses_none_of_these_words(page):
    assert used(page, prose((CHECKOUT / page).read_text(encoding="utf-8"))) == []


def test_every_exception_is_needed():
    for (page, word), why in EXCEPTIONS.items():
        assert why and word in (CHECKOUT / page).read_text(encoding="utf-8")


def test_the_words_are_found():
    told = used("x", "The head shares out its attention evenly; a training, of course. Nobody turns it over.")
    assert [line.split("'")[1].lower() for line in told] == [
        "nobody",
        "shares out its attention",
        "turns it over",
        "a training",
        "of course",
    ]
    assert used("x", prose("`turned over` is code, a training run is the term.")) == []


def test_no_term_of_the_glossary_is_one_of_these_words():
    forms = [form for entry in entries() for form in entry.forms]
    assert [line for form in forms for line in used("glossary", form)] == []
