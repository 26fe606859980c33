"""Trains what is missing in the file of runs: `python -m grader.tools.scaling_runs`.

The grid takes some minutes of one processor that has nothing else to do. The file is written after each
run, so that the command can be stopped at any time and goes on where it stopped. Delete the file, or one of
its runs, to train it anew.
"""

import argparse
import json
import os
import platform
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch

from grader.folders import find_root
from grader.tools.scaling_runs.grid import GRID, Common
from grader.tools.scaling_runs.training import Workshop
from utils.training.scaling_runs import FILE, ScalingRuns, load_scaling_runs


def main() -> None:
    """Trains until the grid is complete or the time is up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="begin no run after so many minutes")
    parser.add_argument("--file", type=Path, default=FILE)
    options = parser.parse_args()
    torch.set_num_threads(1)  # the last digits depend on the number of threads
    runs, workshop = _runs_so_far(options.file), Workshop(find_root())
    ends_at = time.monotonic() + 60 * options.minutes
    known = {run.setting for run in runs.runs}
    for setting in GRID:
        if setting in known:
            continue
        if (began := time.monotonic()) > ends_at:
            print("The time is up; the same command goes on from here.")
            return
        run = workshop.train(setting, runs)
        runs = replace(runs, runs=[*runs.runs, run])
        _save(runs, options.file)
        print(f"{setting}: {run.val_loss:.3f} nats, {time.monotonic() - began:.0f} s", flush=True)


def _runs_so_far(path: Path) -> ScalingRuns:
    """Returns the runs of the file, and none where it is not there yet."""
    common = json.loads(json.dumps(asdict(Common())))
    if not path.is_file():
        machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, one thread"
        versions = {"python": platform.python_version(), "torch": torch.__version__}
        return ScalingRuns(machine, versions, common, [])
    found = load_scaling_runs(path)
    if found.common != common:
        raise SystemExit(f"{path.name} has runs with other settings: delete it to begin anew.")
    return found


def _save(runs: ScalingRuns, path: Path) -> None:
    """Writes the file so that it is whole at any time."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(runs.text(), encoding="utf-8")
    beside.replace(path)


if __name__ == "__main__":
    main()
