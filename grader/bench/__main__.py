"""Runs the benchmark: `python -m grader.bench`."""

import typer

from grader.bench.command import run

if __name__ == "__main__":
    typer.run(run)
