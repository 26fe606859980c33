"""Attacks that hold a worker, or take one check's time from the others."""

from textwrap import dedent, indent

from autograde import week05

from grader.sandbox.limits import Limits

from .attack import EVERY, NOT_WRITTEN, Attack, Expected
from .notebooks import solved_and, while_checked

_BUSY = """
    import os
    for _ in range(4):
        if not os.fork():
            os.setsid()
            if os.fork():
                os._exit(0)
            while True:
                pass
"""


def _every_answer(body: str):
    """Each function of the week with this body."""
    names = [name for name in week05.answers() if name != "own_words"]
    code = {name: f"def {name}(*given, **named):\n    {body}" for name in names}
    return lambda: week05.solved(**code, own_words="")


def _slow_answers():
    code = dedent("""
        import time
        def {name}(*given, **named):
            time.sleep(0.9)
            return given[0]
        time.sleep(2)
    """)
    names = [name for name in week05.answers() if name != "own_words"]
    return week05.solved(**{name: code.format(name=name) for name in names}, own_words="")


HOLDS = [
    Attack(
        "every check without end",
        "no function of the notebook ever returns, so that each check uses up its time",
        _every_answer("while True: pass"),
        Expected(points=0, why={EVERY: "it ran longer than 1 s", "own_words": NOT_WRITTEN}),
        Limits(check_seconds=1),
    ),
    Attack(
        "every cell and every check slow",
        "every cell takes nearly as long as a cell may, and every check as long as a check",
        _slow_answers,
        Expected(points=0, why={EVERY: "", "own_words": NOT_WRITTEN}),
        Limits(cell_seconds=3, check_seconds=1, notebook_seconds=12),
    ),
    Attack(
        "every answer large",
        "every check's public answers have as many bytes as a check's may, to be kept until the last check",
        _every_answer("return [torch.zeros(2**20) for _ in range(2)]"),
        Expected(points=0, why={EVERY: "", "own_words": NOT_WRITTEN}),
    ),
    Attack(
        "answers of many parts",
        "answers with lists of half a million numbers, which are slow to compare",
        _every_answer("return [[0] * 1000] * 300"),
        Expected(points=0, why={EVERY: "", "own_words": NOT_WRITTEN}),
        Limits(check_seconds=2),
    ),
    Attack(
        "children of a check",
        "one check leaves processes behind that keep all processors busy, in sessions of their own",
        while_checked(f"""
            if not hasattr(causal_mask, "begun"):
                causal_mask.begun = True
{indent(dedent(_BUSY), 16 * " ")}
        """),
        Expected(signs=("os.fork",)),
    ),
    Attack(
        "children of a cell",
        "a cell leaves processes behind that keep all processors busy while the checks run",
        solved_and(_BUSY),
        Expected(signs=("os.fork",)),
    ),
]
