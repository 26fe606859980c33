"""Runs the benchmark and prints its tables."""

import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from grader.autograde import GradingTask
from grader.autograde.grade import cool_down, grade_submission
from grader.autograde.seeds import hidden_seed
from grader.folders import find_root
from grader.tools.bench import ways
from grader.tools.bench.mixed_class import MixedClass, course_folder, mixed_class
from utils.weeks import Week, find_week

GROWTH = "10,30,100,300"
ROUNDS = 3
"""The number of turns: in each, stock nbgrader grades a part of the class, the class run all of it."""


def run(
    week: str = "5",
    students: Annotated[int, typer.Option(help="The class that both ways grade.")] = 30,
    growth: Annotated[str, typer.Option(help="Sizes for the class run alone.")] = GROWTH,
    workers: Annotated[int, typer.Option(help="Processes of the class run.")] = 2,
    rounds: Annotated[int, typer.Option(help="How often the two ways take turns.")] = ROUNDS,
) -> None:
    """Grades the same class by stock nbgrader and by the class run, in turn, and prints what each took."""
    console = Console(highlight=False)
    with TemporaryDirectory(prefix="course-bench-") as name:
        _Bench(Path(name), find_week(week), workers, console).go(
            students, [int(n) for n in growth.split(",")], rounds
        )


class _Bench:
    """The benchmark of one week, with a course folder for each of the two ways."""

    def __init__(self, folder: Path, week: Week, workers: int, console: Console):
        root = find_root()
        self.week, self.workers, self.console = week, workers, console
        with console.status("making two course folders"):
            self.ours = course_folder(root, folder / "ours", week)
            self.stock = course_folder(root, folder / "stock", week, ways.STOCK)

    def go(self, students: int, growth: list[int], rounds: int) -> None:
        """Runs all measurements."""
        group = mixed_class(self.ours, self.week, students)
        self.console.print(f"Week {self.week.number}, {students} submissions, {_machine()}")
        self._against_stock(group, rounds)
        self._inside(group)
        self._growth(growth)

    def _against_stock(self, group: MixedClass, rounds: int) -> None:
        """Compares the two ways, in alternation, so that other load on the machine affects both."""
        stock_s, students = 0.0, list(group.files)
        run_s: list[float] = []
        # A broken notebook would end stock nbgrader's run.
        readable = [each for each in students if not each.startswith("broken")]
        for number in range(rounds):
            group.hand_in(self.stock, readable[number::rounds])
            stock_s += ways.stock(self.stock, self.week)
            group.hand_in(self.ours, students)
            run_s.append(ways.class_run(self.ours, self.week, self.workers))
        n, ours_s = len(students), sum(run_s) / rounds
        table = _table("", "whole class", "per submission")
        each_s = stock_s / len(readable)
        table.add_row(f"stock nbgrader, {len(readable)} of them", f"{stock_s:.1f} s", f"{each_s:.2f} s")
        table.add_row(f"class run, {self.workers} workers, all {n}", f"{ours_s:.1f} s", f"{ours_s / n:.2f} s")
        self.console.print(table)
        memory = ways.memory_of_class_run(self.ours, self.week, self.workers)
        self.console.print(f"Ratio {stock_s / ours_s:.1f}.")
        self.console.print(f"At most {memory / 2**20:.0f} MiB for each worker, with all that it starts.")

    def _inside(self, group: MixedClass) -> None:
        """Measures, in one warm process, the share of the student's code and the time of a bare fork."""
        fork = ways.BareFork(self.ours, self.week)
        tasks = dict(self._tasks(group))
        cool_down()
        grade_submission(next(iter(tasks.values())))
        ours_s: list[float] = []
        bare_s: list[float] = []
        cells, checks, judge, grades = 0.0, 0.0, 0.0, 0
        for student, task in tasks.items():
            bare_s.append(fork.grade(group, [student]))
            began = time.perf_counter()
            graded = grade_submission(task)
            ours_s.append(time.perf_counter() - began)
            times, grades = graded.timings, grades + 1
            cells, checks, judge = cells + times.cells, checks + times.checks, judge + times.judge
        cool_down()
        own = cells + checks - judge
        table = _table("one warm process", "per submission", "share")
        whole = sum(ours_s)
        table.add_row("sandboxed kernel and judge", f"{whole / grades:.3f} s", "100%")
        table.add_row("  of it the student's cells and checks", f"{own / grades:.3f} s", f"{own / whole:.0%}")
        table.add_row("  of it the judge", f"{judge / grades:.3f} s", f"{judge / whole:.0%}")
        table.add_row(
            "the same cells in a bare fork", f"{sum(bare_s) / grades:.3f} s", f"{sum(bare_s) / whole:.0%}"
        )
        self.console.print(table)
        pairs = [ours / bare for ours, bare in zip(ours_s, bare_s, strict=True) if bare > 0.01]
        self.console.print(
            f"Over a bare fork: {whole / sum(bare_s):.2f} in sum, {median(pairs):.2f} in the median."
        )

    def _tasks(self, group: MixedClass) -> Iterator[tuple[str, GradingTask]]:
        released = self.ours / "course" / self.week.folder
        for student, content in group.files.items():
            yield (
                student,
                GradingTask(
                    week=self.week.folder,
                    source=(released / f"{self.week.notebook}.ipynb").read_bytes(),
                    submission=content,
                    seed=hidden_seed("bench", self.week.folder, content),
                    parts=(released / "parts.py").read_bytes(),
                ),
            )

    def _growth(self, sizes: list[int]) -> None:
        table = _table("class run", "whole class", "per submission")
        for size in sizes:
            group = mixed_class(self.ours, self.week, size)
            group.hand_in(self.ours, list(group.files))
            seconds = ways.class_run(self.ours, self.week, self.workers)
            table.add_row(f"{size} submissions", f"{seconds:.1f} s", f"{seconds / size:.2f} s")
        self.console.print(table)


def _table(*heads: str) -> Table:
    table = Table()
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    return table


def _machine() -> str:
    system = f"{platform.system()} {platform.release()}"
    return f"{os.cpu_count()} cores, {system}, Python {platform.python_version()}"
