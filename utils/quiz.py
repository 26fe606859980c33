"""Self-test questions with a reason for every choice, right or wrong.

    quiz([
        Question("What does row 3 of a pattern say?", [
            Choice("How much query 3 reads of each key.", right=True, why="A row belongs to a query."),
            Choice("How much key 3 is read.", why="That is column 3."),
        ]),
    ])

Opening a choice shows its reason. This is plain HTML and needs no kernel, no network and no script, so it
works in a saved notebook, in one that is not trusted, and in an exported page.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import ascii_lowercase

_EMPHASIS = re.compile(r"(?<![\w*])\*(\S(?:[^*]*[^*\s])?)\*(?![\w*])")


class QuizError(ValueError):
    """A question that is not well formed; the message names it and says what it lacks."""


@dataclass(frozen=True)
class Choice:
    """One possible answer. Questions, choices and reasons may hold `code` and *emphasis*."""

    text: str
    right: bool = False
    why: str = ""
    """Why it is right, or what a student who chooses it has mixed up."""


@dataclass(frozen=True)
class Question:
    """One question and its choices, in the order in which they are shown.

    Raises:
        QuizError: There are fewer than two choices, two are the same, none is right, or one has no reason.
    """

    text: str
    choices: Sequence[Choice]

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise QuizError(f"The question {self.text!r} {problem}")

    @property
    def asks_for_several(self) -> bool:
        """True if more than one choice is right."""
        return sum(choice.right for choice in self.choices) > 1

    def _problem(self) -> str:
        texts = [choice.text for choice in self.choices]
        if not self.text.strip() or not all(text.strip() for text in texts):
            return "or one of its choices is empty."
        if len(texts) < 2:
            return f"needs at least two choices; it has {len(texts)}."
        if len(set(texts)) < len(texts):
            return "has two choices of the same text."
        if not any(choice.right for choice in self.choices):
            return "has no right choice: give one `right=True`."
        unexplained = [choice.text for choice in self.choices if not choice.why.strip()]
        return f"does not say why for {unexplained[0]!r}." if unexplained else ""


@dataclass(frozen=True)
class Quiz:
    """Questions that display themselves as the last line of a cell."""

    questions: Sequence[Question]

    def reasons(self) -> str:
        """Return the answers as plain text: every choice marked right or wrong, with its reason."""
        return "\n\n".join(
            "\n".join([f"{number}. {question.text}", *_reasons(question)])
            for number, question in enumerate(self.questions, start=1)
        )

    def __repr__(self) -> str:
        """Return the questions and choices as plain text, without the answers."""
        asked = [
            "\n".join([f"{number}. {question.text}{_hint(question)}", *_choices(question)])
            for number, question in enumerate(self.questions, start=1)
        ]
        return "\n\n".join([*asked, "Decide first; then print(….reasons()) says why for every choice."])

    def _repr_html_(self) -> str:
        """Return the quiz as HTML; Jupyter calls this."""
        asked = "".join(
            _question_html(number, question) for number, question in enumerate(self.questions, start=1)
        )
        return f'<div style="max-width:760px">{asked}</div>'


def quiz(questions: Sequence[Question]) -> Quiz:
    """Make a quiz of the questions; as the last line of a cell it displays itself.

    Raises:
        QuizError: There are no questions.
    """
    if not questions:
        raise QuizError("A quiz needs at least one question.")
    return Quiz(tuple(questions))


def _hint(question: Question) -> str:
    return " (more than one is right)" if question.asks_for_several else ""


def _choices(question: Question) -> list[str]:
    return [
        f"   {letter}) {choice.text}"
        for letter, choice in zip(ascii_lowercase, question.choices, strict=False)
    ]


def _reasons(question: Question) -> list[str]:
    return [
        f"   {letter}) {_mark(choice)} {choice.text}\n      {choice.why}"
        for letter, choice in zip(ascii_lowercase, question.choices, strict=False)
    ]


def _mark(choice: Choice) -> str:
    return "✓" if choice.right else "✗"


def _question_html(number: int, question: Question) -> str:
    choices = "".join(_choice_html(choice) for choice in question.choices)
    text = f"<b>{number}. {_marked_up(question.text)}</b>{_hint(question)}"
    return f'<div style="margin:14px 0 4px 0">{text}</div>{choices}'


def _choice_html(choice: Choice) -> str:
    """Return one choice that opens at a click. Its colour repeats what a sign and a word also say."""
    colour, word = ("#2fa36b", "Right.") if choice.right else ("#d4733a", "Not this one.")
    return (
        '<details style="margin:4px 0; border:1px solid rgba(138,143,152,0.45); border-radius:6px">'
        f'<summary style="cursor:pointer; padding:6px 10px">{_marked_up(choice.text)}</summary>'
        f'<div style="margin:0 10px 8px 10px; padding:2px 10px; border-left:4px solid {colour}">'
        f"<b>{_mark(choice)} {word}</b> {_marked_up(choice.why)}</div></details>"
    )


def _marked_up(text: str) -> str:
    """Return the text as HTML with its `code` and *emphasis*; a product, 2 * 3 * 4, stays as it is."""
    pieces = escape(text, quote=False).split("`")
    if len(pieces) % 2 == 0:  # the last backtick has no partner
        pieces[-2:] = ["`".join(pieces[-2:])]
    return "".join(
        f"<code>{piece}</code>" if number % 2 else _EMPHASIS.sub(r"<em>\1</em>", piece)
        for number, piece in enumerate(pieces)
    )
