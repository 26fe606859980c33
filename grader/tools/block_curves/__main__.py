"""Trains what is missing in the file of curves: `python -m grader.tools.block_curves`.

A run takes about a quarter of a minute. The file is written after each, so that the command can be stopped
at any time and goes on where it stopped. Delete the file, or one of its runs, to train it anew.
"""

import argparse
import os
import platform
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch

from grader.folders import find_root
from grader.tools.block_curves.grid import GRID, Common
from grader.tools.block_curves.training import Workshop
from utils.examples.block_curves import FILE, BlockCurves, load_block_curves


def main() -> None:
    """Trains until the grid is complete or the time is up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=25, help="begin no run after so many minutes")
    parser.add_argument("--file", type=Path, default=FILE)
    options = parser.parse_args()
    torch.set_num_threads(1)  # the last digits depend on the number of threads
    curves, workshop = _curves_so_far(options.file), Workshop(find_root())
    ends_at = time.monotonic() + 60 * options.minutes
    known = {run.setting for run in curves.runs}
    for setting in GRID:
        if setting in known:
            continue
        if (began := time.monotonic()) > ends_at:
            print("The time is up; the same command goes on from here.")
            return
        run = workshop.train(setting)
        curves = replace(curves, runs=[*curves.runs, run])
        _save(curves, options.file)
        print(f"{setting}: {run.losses[-1]:.3f} nats, {time.monotonic() - began:.0f} s", flush=True)


def _curves_so_far(path: Path) -> BlockCurves:
    """Returns the curves of the file, and none where it is not there yet."""
    common = asdict(Common())
    if not path.is_file():
        machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, one thread"
        versions = {"python": platform.python_version(), "torch": torch.__version__}
        return BlockCurves(machine, versions, common, [])
    found = load_block_curves(path)
    if found.common != common:
        raise SystemExit(f"{path.name} has curves with other sizes: delete it to begin anew.")
    return found


def _save(curves: BlockCurves, path: Path) -> None:
    """Writes the file so that it is whole at any time."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(curves.text(), encoding="utf-8")
    beside.replace(path)


if __name__ == "__main__":
    main()
