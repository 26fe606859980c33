"""Runs the benchmark: `python -m grader.tools.bench`."""

import typer

from grader.tools.bench.command import run

if __name__ == "__main__":
    typer.run(run)
