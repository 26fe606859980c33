"""Quizzes: every choice has a reason, and plain HTML shows it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.quiz import Choice, Question, QuizError, quiz

ROW = Choice("How much query 3 reads of each key.", right=True, why="A row belongs to a query.")
COLUMN = Choice("How much key 3 is read.", why="That is column 3 of `pattern`.")
QUESTION = Question("What does row 3 of `pattern` say?", [ROW, COLUMN])


def test_every_choice_opens_to_its_reason() -> None:
    html = quiz([QUESTION])._repr_html_()
    opened = re.findall(r"<details.*?<summary[^>]*>(.*?)</summary>(.*?)</details>", html)
    assert [choice for choice, _ in opened] == [ROW.text, COLUMN.text]
    assert "✓ Right." in opened[0][1] and ROW.why in opened[0][1]
    assert "✗ Not this one." in opened[1][1] and "column 3 of <code>pattern</code>" in opened[1][1]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a *value*, not *of the* rest", "a <em>value</em>, not <em>of the</em> rest"),
        ("2 * 3 * 4 and n*m*k", "2 * 3 * 4 and n*m*k"),
        ("`x * y * z` and `*args*`", "<code>x * y * z</code> and <code>*args*</code>"),
        ("one ` alone, and a < b", "one ` alone, and a &lt; b"),
    ],
)
def test_words_and_code_are_set_off(text: str, html: str) -> None:
    choices = [Choice(text, right=True, why="So."), COLUMN]
    assert f">{html}</summary>" in quiz([Question("What?", choices)])._repr_html_()


def test_it_needs_neither_script_nor_address() -> None:
    html = quiz([QUESTION])._repr_html_()
    assert "<script" not in html and "http" not in html and " on" + "click" not in html


def test_plain_text_asks_without_answering() -> None:
    text = repr(quiz([QUESTION]))
    assert text.startswith(
        "1. What does row 3 of `pattern` say?\n   a) How much query 3 reads of each key.\n   b) "
    )
    assert ROW.why not in text and "✓" not in text


def test_reasons_answer_in_plain_text() -> None:
    assert quiz([QUESTION]).reasons() == (
        "1. What does row 3 of `pattern` say?\n"
        "   a) ✓ How much query 3 reads of each key.\n      A row belongs to a query.\n"
        "   b) ✗ How much key 3 is read.\n      That is column 3 of `pattern`."
    )


def test_it_says_when_several_choices_are_right() -> None:
    both = Question("Which?", [ROW, Choice("Another.", right=True, why="This too."), COLUMN])
    assert "(more than one is right)" in quiz([both])._repr_html_()
    assert "(more than one is right)" in repr(quiz([both]))
    assert "more than one" not in repr(quiz([QUESTION]))


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ([ROW], "needs at least two choices; it has 1."),
        ([COLUMN, Choice("No.", why="No.")], "has no right choice: give one `right=True`."),
        ([ROW, Choice("No.")], "does not say why for 'No.'."),
        ([ROW, ROW], "has two choices of the same text."),
        ([ROW, Choice(" ", why="Empty.")], "or one of its choices is empty."),
    ],
)
def test_an_unfinished_question_is_refused(choices: list[Choice], said: str) -> None:
    with pytest.raises(QuizError) as error:
        Question("Which?", choices)
    assert str(error.value) == f"The question 'Which?' {said}"


def test_no_question_is_no_quiz() -> None:
    with pytest.raises(QuizError, match="at least one question"):
        quiz([])


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1).filter(str.strip))
def test_any_text_stays_text(text: str, why: str) -> None:
    html = quiz(
        [Question(text, [Choice(text, right=True, why=why), Choice(text + "!", why=why)])]
    )._repr_html_()
    tags = {"div", "b", "code", "details", "summary"}
    assert set(re.findall(r"</?([a-z]+)", html)) <= tags
