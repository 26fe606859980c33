"""Notebooks and glossary hold each other to their terms."""

import re

import pytest

from utils.weeks import WEEKS

from .glossary import entries, find, singular
from .notebooks import WORDS_OF_THE_WEEK, bold, terms, texts

WEEK = pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
LISTED = re.compile(rf"^{re.escape(WORDS_OF_THE_WEEK)}\*(.+)\*\.$", re.MULTILINE)


def defined(week) -> set[str]:
    """The first forms of the glossary's terms that are in bold in the week's explanations."""
    return {entry.forms[0] for term, _ in terms(week) if (entry := find(term)) and entry.week <= week.number}


@WEEK
def test_a_term_in_bold_is_in_the_glossary(week):
    unknown = [term for term, opens in terms(week) if not opens and find(term) is None]
    assert unknown == [], "write an entry in course/glossary.md, or use *italics* if this is only emphasis"


@WEEK
def test_no_term_is_in_bold_before_the_week_that_the_glossary_names(week):
    early = {
        term: found.week for term, _ in terms(week) if (found := find(term)) and found.week > week.number
    }
    assert early == {}


@WEEK
def test_a_term_of_the_glossary_is_in_bold_in_its_week(week):
    here = set().union(*(singular(term) for term, _ in terms(week)))
    of_the_week = [entry for entry in entries() if entry.week == week.number]
    assert [e.forms[0] for e in of_the_week if not here & {form.lower() for form in e.forms}] == []


@WEEK
def test_the_notebook_ends_with_a_list_of_its_terms(week):
    lists = LISTED.findall("\n".join(texts(week)))
    expected = sorted(defined(week), key=str.lower)
    assert lists == [", ".join(expected)]


def test_the_glossary_is_in_order_and_has_each_form_once():
    firsts = [entry.forms[0] for entry in entries()]
    assert firsts == sorted(firsts, key=lambda term: (term.lower(), term))
    forms = [form.lower() for entry in entries() for form in entry.forms]
    assert len(forms) == len(set(forms))


def test_every_source_has_a_year_or_an_address():
    certain = re.compile(r"\b(1[89]|20)\d\d\b|arXiv:\d{4}\.\d{5}|doi:|\.org|\.com/|RFC \d+")
    undated = {"Jurafsky and Martin", "The Unicode Standard", "OpenAI"}
    bare = [entry.source for entry in entries() if not certain.search(entry.source)]
    assert [source for source in bare if not source.startswith(tuple(undated))] == []


def test_terms_are_told_from_questions_leads_tables_and_sizes():
    text = (
        "**What is it?** A **key** is one.\n- **Checks** compare.\n| **Time** | 2 |\na **batch of 2 prompts**"
    )
    assert bold(text) == [("key", False), ("Checks", True)]
    assert find("Keys") is find("key") and find("no such term") is None
