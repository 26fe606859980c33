"""The order of the tests: those of one check follow each other, so that what they share is made once."""

from typing import Any

import pytest

from utils.answers.answer_key import AnswerKey


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the tests of one check together; the others stay where they are."""
    places = [place for place, item in enumerate(items) if _check_of(item)]
    together = sorted((items[place] for place in places), key=lambda item: _check_of(item))
    for place, item in zip(places, together, strict=True):
        items[place] = item


def _check_of(item: Any) -> tuple[str, str] | None:
    """Return the week and the name of the check that the test is about, if it is about one."""
    answer_key = item.callspec.params.get("answer_key") if hasattr(item, "callspec") else None
    return (answer_key.check.week, answer_key.check.name) if isinstance(answer_key, AnswerKey) else None
