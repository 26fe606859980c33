"""What week 11 promises besides its checks: the machine learns, and goes on as if it had never stopped."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch
from nearness import assert_near

from grader.build.parts import write_parts
from grader.build.source import read_source, weeks_with_source
from grader.notebook.cells import is_kind, plain_python
from utils.training import whole_stories
from utils.weeks import find_week

REPOSITORY = Path(__file__).resolve().parents[2]
WEEK = find_week(11)


@pytest.fixture(scope="module")
def notebook():
    """The names that the solution notebook defines, without its demonstrations."""
    earlier = [read_source(REPOSITORY, week) for week in weeks_with_source(REPOSITORY) if week.number < 11]
    parts = ModuleType("parts")
    exec(write_parts(WEEK, earlier), parts.__dict__)
    names = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "parts", parts)
        for cell in read_source(REPOSITORY, WEEK).notebook.cells:
            if is_kind(cell, "set-up") or is_kind(cell, "work"):
                exec(plain_python(cell), names)
    return names


@pytest.fixture(scope="module")
def text(notebook):
    """The training part, and the validation stories as rows."""
    end = notebook["vocabulary"]().end_of_text
    train, val = notebook["train_val_split"](notebook["story_rows"](), 0.02, end)
    return train, whole_stories(val, end)


@pytest.fixture
def small_plan(notebook):
    return replace(notebook["settings_for"](9), batch_size=2)


def weights(trainer):
    return [parameter.detach().clone() for parameter in trainer.model.parameters()]


@pytest.mark.parametrize("stop", [1, 4, 8])
def test_a_run_goes_on_bit_for_bit(notebook, text, small_plan, tmp_path, stop):
    fresh, Trainer = notebook["fresh_model"], notebook["Trainer"]
    whole, first, second = (Trainer(fresh(seed), text[0], small_plan) for seed in (0, 0, 5))
    whole.train(9)
    first.train(stop)
    notebook["save_checkpoint"](first, tmp_path / "run.pt")
    notebook["resume"](second, tmp_path / "run.pt")
    second.train(9 - stop)
    assert second.losses == whole.losses
    assert all(map(torch.equal, weights(second), weights(whole)))


def test_an_interrupted_storyteller_ends_as_the_other(notebook, text, small_plan, tmp_path):
    def run(path, stop=None):
        trainer = notebook["Trainer"](notebook["fresh_model"](0), text[0], small_plan)
        trainer.watch = lambda it: (_ for _ in ()).throw(KeyboardInterrupt) if it.step == stop else None
        notebook["train_storyteller"](trainer, text[1][:1], path, 2, lambda model: "")
        return trainer

    whole = run(tmp_path / "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "broken.pt", stop=5)
    assert torch.load(tmp_path / "broken.pt", weights_only=True)["step"] == 4
    resumed = run(tmp_path / "broken.pt")
    assert all(map(torch.equal, weights(resumed), weights(whole)))


def test_accumulated_batches_are_one_large_batch(notebook, text):
    """With plain gradient descent, since AdamW's first step would hide a factor."""
    end = notebook["vocabulary"]().end_of_text
    batch = notebook["get_batch"](text[0], end, 6, 40, torch.Generator().manual_seed(1))
    after = []
    for batches in ([batch], batch.split(2)):
        model = notebook["fresh_model"](0)
        notebook["train_step"](model, torch.optim.SGD(model.parameters(), lr=0.1), batches, 100.0)
        after.append([parameter.detach() for parameter in model.parameters()])
    for one, other in zip(*after, strict=True):
        assert_near(one, other)


def test_a_fresh_model_is_as_surprised_as_a_blind_guess(notebook, text):
    loss = notebook["evaluate"](notebook["fresh_model"](0), text[1][:4])
    assert loss == pytest.approx(10.825, rel=0.01)


def test_every_story_fits_into_a_window(notebook):
    corpus = notebook["story_corpus"]()
    assert max(corpus.starts[1:] - corpus.starts[:-1]) + 1 <= notebook["N_CTX"]


def test_no_story_is_in_both_parts(notebook, text):
    rows = whole_stories(text[0], notebook["vocabulary"]().end_of_text)
    learned = {tuple(row.tolist()) for batch in rows for row in batch}
    judged = {tuple(row.tolist()) for batch in text[1] for row in batch}
    assert learned.isdisjoint(judged)


def test_the_lines_stand_in_their_order(notebook, text):
    end = notebook["vocabulary"]().end_of_text
    parts = notebook["train_val_split"](notebook["story_rows"](), 0.02, end)
    lines = notebook["lines_to_compare"](*parts, notebook["counting_losses"])
    assert lines["uniform"] > lines["unigram"] > lines["bigram"] > lines["entropy"] > 0


@pytest.mark.slow
def test_it_learns(notebook, text):
    """The first 250 steps of the notebook's own training pass every line that counting can draw."""
    end = notebook["vocabulary"]().end_of_text
    parts = notebook["train_val_split"](notebook["story_rows"](), 0.02, end)
    lines = notebook["lines_to_compare"](*parts, notebook["counting_losses"])
    trainer = notebook["Trainer"](notebook["fresh_model"](0), text[0], notebook["settings_for"](3000))
    trainer.train(250)
    loss = notebook["evaluate"](trainer.model, text[1])
    assert lines["entropy"] < loss < lines["bigram"]
