"""The warm parent of this process ends with the tests that use it."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _cool_down() -> Iterator[None]:
    yield
    from grader.autograde.grade import cool_down

    cool_down()
