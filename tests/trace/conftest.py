"""The trace's budget counts CPU time here, so that a busy machine makes no difference."""

import time
from collections.abc import Iterator

import pytest

from utils.checks.trace import clock


@pytest.fixture(autouse=True)
def _cpu_time() -> Iterator[None]:
    before = clock.now
    clock.use(time.process_time)
    yield
    clock.use(before)
