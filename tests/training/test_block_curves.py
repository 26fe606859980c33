"""The curves of blocks that come with the course, and the tool that has trained them."""

from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from grader.tools.block_curves import __main__ as command
from grader.tools.block_curves.grid import GRID, Common
from grader.tools.block_curves.training import BLOCKS, Workshop
from utils.examples.block_curves import Run, Setting, load_block_curves

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def curves():
    return load_block_curves()


@pytest.fixture
def run_command(monkeypatch):
    """Runs the command on a file."""

    def run(path):
        monkeypatch.setattr("sys.argv", ["block_curves", "--file", str(path)])
        monkeypatch.setattr(command.torch, "set_num_threads", lambda number: None)
        command.main()

    return run


def test_the_file_holds_the_whole_grid(curves):
    assert [run.setting for run in curves.runs] == list(GRID)
    assert curves.common == asdict(Common())


def test_a_point_stands_in_the_middle_of_the_steps_it_averages(curves):
    assert curves.steps[:2] == [5.5, 15.5]
    assert len(curves.steps) == Common().total_steps // Common().steps_per_point


def test_curves_are_picked_by_their_settings(curves):
    losses = curves.losses(blocks="parallel", weights="large", max_lr=0.003, warmup_steps=60)
    assert losses.shape == (2, len(curves.steps))
    assert len(curves.losses(blocks="parallel", seed=1)) == 6


def test_settings_that_no_curve_has_are_named(curves):
    with pytest.raises(ValueError, match="no norms"):
        curves.losses(blocks="no norms")


def test_the_command_goes_on_where_it_stopped(curves, tmp_path, monkeypatch, run_command, capsys):
    path, trained = tmp_path / "curves.json", []
    path.write_text(replace(curves, runs=curves.runs[:-2]).text(), encoding="utf-8")

    def train(setting):
        trained.append(setting)
        return Run(setting, losses=(4.0, 3.0))

    monkeypatch.setattr(command, "Workshop", lambda root: SimpleNamespace(train=train))
    run_command(path)
    assert trained == list(GRID[-2:])
    assert [run.setting for run in load_block_curves(path).runs] == list(GRID)
    assert "3.000 nats" in capsys.readouterr().out


def test_curves_of_other_sizes_are_not_mixed(curves, tmp_path, run_command):
    path = tmp_path / "curves.json"
    path.write_text(replace(curves, common={**curves.common, "d_model": 3}).text(), encoding="utf-8")
    with pytest.raises(SystemExit, match="other sizes"):
        run_command(path)


def test_a_run_has_the_blocks_and_the_weights_of_its_setting():
    common = Common(n_layers=2, seq=16, batch_size=2, total_steps=4, text_tokens=2_000, steps_per_point=2)
    workshop = Workshop(REPOSITORY, common)
    for kind in BLOCKS:
        setting = Setting(kind, "large", max_lr=0.003, warmup_steps=1, seed=0)
        model = workshop.model(setting)
        assert {type(block).__name__ for block in model.blocks} == {BLOCKS[kind]}
        W_in = model.blocks[1].mlp.W_in
        torch.testing.assert_close(W_in.std().item(), common.d_model**-0.5)  # by construction, up to rounding
        small = workshop.model(replace(setting, weights="small"))
        assert small.blocks[1].mlp.W_in.std() < W_in.std() / 5
        assert len(workshop.train(setting).losses) == 2
