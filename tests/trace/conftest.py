"""The trace's budget counts CPU time here, eight times of it: a slow or busy machine makes no difference."""

import time
from collections.abc import Iterator

import pytest

from utils.checks.trace import clock

SLOWNESS = 8


@pytest.fixture(autouse=True)
def _cpu_time() -> Iterator[None]:
    before = clock.now
    clock.use(lambda: time.process_time() / SLOWNESS)
    yield
    clock.use(before)
