"""The runs that come with the course, and the tool that has trained them."""

from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest
import torch

from grader.tools.scaling_runs import __main__ as command
from grader.tools.scaling_runs.grid import GRID, HELD_OUT, SEEDS, STEPS, WIDTHS, Common
from utils.training.scaling_runs import Run, Setting, load_scaling_runs


@pytest.fixture(scope="module")
def runs():
    return load_scaling_runs()


def test_the_file_holds_the_whole_grid(runs):
    assert [run.setting for run in runs.runs] == list(GRID)
    assert runs.common == asdict(Common()) | {"kinds": list(Common().kinds)}


def test_a_table_has_a_row_for_each_size_and_a_column_for_each_seed(runs):
    sizes, losses = runs.by_size(STEPS, WIDTHS)
    assert sizes.tolist() == sorted({run.n_parameters for run in runs.runs if run.setting.d_model in WIDTHS})
    assert losses.shape == (len(WIDTHS), len(SEEDS))
    assert losses.dtype == torch.float64
    assert losses[0, 1] == next(run.val_loss for run in runs.runs if asdict(run.setting)["seed"] == 1)


def test_settings_that_no_run_has_are_named(runs):
    with pytest.raises(ValueError, match="total_steps"):
        runs.by_size(3, WIDTHS)


def test_sizes_without_equally_many_seeds_make_no_table(runs):
    with pytest.raises(ValueError, match="equally many seeds"):
        replace(runs, runs=runs.runs[1:]).by_size(STEPS, WIDTHS)


def test_the_file_says_how_a_run_was_trained(runs):
    settings = runs.settings(Setting(d_model=32, total_steps=400, seed=1), end_of_text=7)
    assert (settings.total_steps, settings.warmup_steps, settings.seed) == (400, 40, 1)
    assert settings.min_lr == pytest.approx(0.1 * settings.max_lr)


def test_the_learning_rate_falls_with_the_root_of_the_width(runs):
    narrow, wide = (runs.settings(Setting(width, 400, seed=0), end_of_text=7) for width in (8, 32))
    assert narrow.max_lr == pytest.approx(runs.common["max_lr"])
    assert wide.max_lr == pytest.approx(narrow.max_lr / 2)


def test_the_mean_loss_falls_with_size(runs):
    _, losses = runs.by_size(STEPS, WIDTHS)
    held_out = [run.val_loss for width in HELD_OUT for run in runs.select(d_model=width)]
    assert (losses.mean(dim=1).diff() < 0).all()
    assert sorted(held_out, reverse=True) == held_out
    assert held_out[0] < losses.mean(dim=1)[-1]


def test_the_command_trains_what_is_missing(runs, tmp_path, monkeypatch, capsys):
    path, trained = tmp_path / "runs.json", []
    path.write_text(replace(runs, runs=runs.runs[:-2]).text(), encoding="utf-8")

    def train(setting, so_far):
        trained.append(setting)
        return Run(setting, n_parameters=1, tokens=2, val_loss=3.0, losses=(4.0,))

    monkeypatch.setattr(command, "Workshop", lambda root: SimpleNamespace(train=train))
    monkeypatch.setattr(command.torch, "set_num_threads", lambda number: None)
    monkeypatch.setattr("sys.argv", ["scaling_runs", "--file", str(path)])
    command.main()
    assert trained == list(GRID[-2:])
    assert [run.setting for run in load_scaling_runs(path).runs] == list(GRID)
    assert "3.000 nats" in capsys.readouterr().out


def test_runs_with_other_settings_are_not_mixed(runs, tmp_path, monkeypatch):
    path = tmp_path / "runs.json"
    path.write_text(replace(runs, common={**runs.common, "max_lr": 1.0}).text(), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["scaling_runs", "--file", str(path)])
    monkeypatch.setattr(command.torch, "set_num_threads", lambda number: None)
    with pytest.raises(SystemExit, match="other settings"):
        command.main()
