"""The table of the forward pass: rows in the order in which modules run, and nothing left behind."""

import re

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from torch import nn

from utils.pictures import ForwardTable


@pytest.fixture
def model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 9))


def rows_of(model: nn.Sequential) -> dict[str, tuple[nn.Module, str]]:
    return {
        "widen": (model[2], "batch seq wide"),
        "first": (model[0], "batch seq d"),
        "bend": (model[1], "batch seq d"),
    }


def run(model: nn.Module) -> ForwardTable:
    with ForwardTable(rows_of(model)) as table:
        model(torch.zeros(2, 3, 4))
    return table


def shown(table: ForwardTable) -> str:
    return table._repr_mimebundle_()["text/html"]


def test_rows_stand_in_the_order_in_which_modules_run(model) -> None:
    assert run(model).shapes == [("first", (2, 3, 4)), ("bend", (2, 3, 4)), ("widen", (2, 3, 9))]


def test_the_table_fills_row_by_row(model) -> None:
    table, seen = ForwardTable(rows_of(model)), []
    model[1].register_forward_hook(lambda *_: seen.append(repr(table)))
    with table:
        model(torch.zeros(2, 3, 4))
    assert seen[0].splitlines() == [
        "first  batch seq d = (2, 3, 4)",
        "widen  batch seq wide",
        "bend   batch seq d",
    ]
    assert repr(table).splitlines()[-1] == "widen  batch seq wide = (2, 3, 9)"


def test_the_page_fills_row_by_row(model) -> None:
    table, counts = ForwardTable(rows_of(model)), []
    shown(table)
    for part in model:
        part.register_forward_hook(lambda *_: counts.append(shown(table).count("course-ran")))
    with table:
        model(torch.zeros(2, 3, 4))
    assert counts == [0, 1, 2]  # these hooks stand before the table's own
    assert shown(table).count("course-ran") == 3


def test_the_slider_takes_it_back(model) -> None:
    table = run(model)
    widget = table._filling.widget()
    widget.steps.value = 1
    assert shown(table).count("course-ran") == 1
    assert "…" in shown(table)


def test_the_unusual_shape_stands_out(model) -> None:
    assert re.findall(r"<b>(.*?)</b>", shown(run(model))) == ["(2, 3, 9)"]


def test_parameters_are_counted(model) -> None:
    assert ">45</div>" in shown(run(model))


def test_a_second_run_begins_anew(model) -> None:
    table = run(model)
    with table:
        model(torch.zeros(5, 3, 4))
    assert table.shapes[0] == ("first", (5, 3, 4)) and len(table.shapes) == 3


def test_of_a_tuple_the_first_counts() -> None:
    attention = nn.MultiheadAttention(4, 2, batch_first=True)
    with ForwardTable({"attn": (attention, "batch seq d")}) as table:
        attention(*[torch.zeros(2, 3, 4)] * 3)
    assert table.shapes == [("attn", (2, 3, 4))]


def test_no_hook_is_left_even_after_an_error(model) -> None:
    with pytest.raises(RuntimeError), ForwardTable(rows_of(model)):
        model(torch.zeros(2, 3, 5))
    assert all(not part._forward_hooks for part in model)


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        ForwardTable({})


def test_in_a_notebook_it_is_on_the_page_from_the_start(model, monkeypatch) -> None:
    pages = []

    class Place:
        def update(self, table: ForwardTable) -> None:
            pages.append(shown(table))

    def display(table: ForwardTable, display_id: bool) -> Place:
        pages.append(shown(table))
        return Place()

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("IPython.get_ipython", lambda: InteractiveShell)
    run(model)
    assert [page.count("course-ran") for page in pages] == [0, 3]
