"""The loss of a training run: live, and afterwards."""

import re
from dataclasses import dataclass, field

import pytest

from utils.pictures._live_loss import _apart, duration, smoothed
from utils.pictures.loss import LiveLoss, loss_curve

LINES = {"uniform": 10.8, "entropy": 0.5}


@dataclass
class Run:
    """A fake training run."""

    step: int = 0
    losses: list[float] = field(default_factory=list)

    def take(self, loss):
        self.step += 1
        self.losses.append(loss)


class Clock:
    """A clock that shows the time it is set to."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def drawn(monkeypatch):
    """The pictures that a live loss has shown."""
    pictures = []
    monkeypatch.setattr(LiveLoss, "_show", lambda self, picture: pictures.append(picture))
    return pictures


def test_it_redraws_when_it_is_time_and_at_the_end(drawn):
    clock, run = Clock(), Run()
    live = LiveLoss(6, LINES, every=2.0, clock=clock)
    for loss in (5.0, 4.0, 3.0, 2.5, 2.2, 2.0):
        run.take(loss)
        live(run)
        clock.now += 1.0
    assert [re.match(r"step (\d)", picture.in_words)[1] for picture in drawn] == ["1", "3", "5", "6"]


def test_it_says_how_long_it_will_take(drawn):
    clock, run = Clock(), Run()
    live = LiveLoss(100, clock=clock)
    run.take(5.0)
    live(run)
    assert "left" not in drawn[0].in_words
    clock.now = 30.0
    for _ in range(10):
        run.take(4.0)
    live(run)
    assert drawn[1].in_words.endswith("about 4 min left")
    assert live.seconds_left(run) == pytest.approx(3.0 * 89)


def test_a_run_that_was_taken_up_counts_its_own_steps_only(drawn):
    clock, run = Clock(), Run(step=90, losses=[1.0] * 90)
    live = LiveLoss(100, clock=clock)
    live(run)
    clock.now = 10.0
    run.take(1.0)
    live(run)
    assert live.seconds_left(run) == pytest.approx(90.0)


def test_without_a_notebook_it_shows_nothing(capsys):
    run = Run()
    run.take(1.0)
    LiveLoss(1, LINES)(run)
    assert capsys.readouterr().out == ""


def test_the_picture_has_the_lines_and_no_script():
    run = Run(2, [5.0, 4.0])
    picture = LiveLoss(4, LINES).picture(run, 61.0)
    html = picture.bundle["text/html"]
    assert "uniform 10.80" in html and "entropy 0.50" in html
    assert "<script" not in html and "http" not in html
    assert picture.in_words == "step 2 of 4 · loss 4.487 nats · about 1 min left"


def test_the_picture_stays_small():
    run = Run(20_000, [1.0] * 20_000)
    assert len(LiveLoss(20_000, LINES).picture(run, 0.0).bundle["text/html"]) < 12_000


def test_a_run_without_a_step_can_be_drawn():
    assert LiveLoss(4, LINES).picture(Run(), None).in_words == "step 0 of 4"


def test_labels_that_would_lie_on_one_another_move_apart():
    assert _apart([10.0, 100.0, 12.0, 13.0]) == [10.0, 100.0, 24.0, 38.0]


def test_smoothing_has_no_bias_at_the_start():
    assert smoothed([3.0]) == [3.0]
    assert smoothed([2.0, 2.0, 2.0]) == pytest.approx([2.0, 2.0, 2.0])
    assert smoothed([0.0, 1.0], memory=0.5) == pytest.approx([0.0, 2 / 3])


@pytest.mark.parametrize(
    ("seconds", "said"), [(4.4, "4 s"), (59.4, "59 s"), (61, "1 min"), (3540, "59 min"), (5400, "1 h 30 min")]
)
def test_durations_are_said_as_people_say_them(seconds, said):
    assert duration(seconds) == said


def test_the_curve_says_what_it_shows():
    picture = loss_curve([3.0, 2.0, 1.0], LINES, validation=[(0, 3.1), (3, 1.2)])
    assert picture.in_words == (
        "Training loss over 3 steps: from 3.000 to 1.000 nats per token; validation at the end 1.200. "
        "To compare: uniform 10.800, entropy 0.500."
    )
    names = [trace.name for trace in picture.figure.data]
    assert names == ["each batch", "training", "validation", "uniform 10.80", "entropy 0.50"]


def test_the_curve_needs_a_step():
    with pytest.raises(ValueError, match="at least one step"):
        loss_curve([])
