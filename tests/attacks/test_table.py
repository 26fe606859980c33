"""The table of attacks says what the tests assert, and leaves nobody out."""

from collections import Counter

from .suite import SUBMISSIONS
from .table import GROUPS, PLACE, STOCK, table

NAMES = [attack.name for attacks in GROUPS.values() for attack in attacks]


def test_the_table_is_up_to_date():
    assert PLACE.read_text() == table(), "write it again: cd tests && python -m attacks.table"


def test_every_attack_has_a_name_of_its_own():
    assert [name for name, times in Counter(NAMES).items() if times > 1] == []


def test_stock_nbgrader_was_measured_with_every_attack():
    assert sorted(STOCK) == sorted(NAMES)


def test_there_are_at_least_seventy_submissions():
    assert sum(map(len, SUBMISSIONS.values())) >= 70
