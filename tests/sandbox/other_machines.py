"""Grades the perfect week 5 as a machine would that lacks some layers, and prints the result as JSON.

Called as `python other_machines.py WITHOUT…`: `bubblewrap`, `landlock`, `seccomp`, `namespaces`, `groups`.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main(without: list[str]) -> None:
    """Takes the layers away, grades, and prints the points and the layers, or the reason."""
    from autograde import week05

    from grader.autograde.grade import cool_down
    from grader.sandbox import bubblewrap, control_groups, layers, seccomp

    if "bubblewrap" in without:
        bubblewrap.program = lambda: None
    if "seccomp" in without:
        seccomp.program = lambda: b""
    if "groups" in without:
        control_groups.make = lambda limits: None
    try:
        graded = week05.grade(week05.solved())
        print(json.dumps({"points": graded.points, "layers": graded.layers}))
    except layers.SandboxTooWeak as reason:
        print(json.dumps({"reason": str(reason)}))
    finally:
        cool_down()


if __name__ == "__main__":
    main(sys.argv[1:])
