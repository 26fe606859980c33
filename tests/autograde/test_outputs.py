"""What cells showed is kept as far as a notebook holds it."""

from grader.autograde.outputs import OutputBudget, sanitized_outputs

LINE = {"output_type": "stream", "name": "stdout", "text": "x" * 900}
NOTHING = {"output_type": "stream", "name": "stdout", "text": ""}


def test_all_cells_together_show_so_many_characters():
    budget = OutputBudget(5_000)
    kept = [sanitized_outputs([LINE], budget) for _ in range(2_000)]
    assert sum(len(each["text"]) for outputs in kept for each in outputs) == 4_500
    assert [len(outputs) for outputs in kept] == [1] * 5 + [0] * 1_995


def test_outputs_that_show_nothing_take_room_too():
    assert len(sanitized_outputs([NOTHING] * 200, OutputBudget(5_000))) == 50


def test_what_is_no_output_is_left_out():
    assert (
        sanitized_outputs(
            [None, 7, {"output_type": "display_data", "data": {"text/html": "<b>"}}, [[]] * 1000],
            OutputBudget(5_000),
        )
        == []
    )
