"""The student's process of the two-process test: no answer key, solution or model can be imported in it.

Called as `python two_processes.py JOB INCOMING OUTGOING`: a JSON file, and the pipes from and to the judge.
It writes the results to `done.json` beside the JSON file.
"""

import importlib
import json
import os
import re
import sys
import types
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

BLOCKED = r"utils\.answers|solutions|grader|tests|transformers\.models\..*\.modeling_\w+"


class Blocker(MetaPathFinder):
    """An import hook that refuses the modules that do not exist in the grader's sandbox."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if re.fullmatch(rf"({BLOCKED})(\..*)?", name):
            raise ModuleNotFoundError(f"{name} is blocked here.")


def blocked(name: str) -> bool:
    """True if importing the module fails as it should."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        return str(error).endswith("is blocked here.")
    return False


def defined_by(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the names that a notebook's set-up and work cells define."""
    parts = types.ModuleType("parts")
    exec(notebook["parts"], parts.__dict__)
    sys.modules["parts"] = parts
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        exec(cell, namespace)
    return namespace


def nothing(submission: Any) -> Any:
    """Return a submission that does its work and returns None, or a wrong value where None is right."""
    if hasattr(submission, "forward"):
        return type(submission.__name__, (submission,), {"forward": lambda *args: None})

    def spoiled(*args: Any, **kwargs: Any) -> None:
        if submission(*args, **kwargs) is None:
            raise ValueError("nothing can be taken from nothing")

    return spoiled


def main(job_path: str, incoming: str, outgoing: str) -> None:
    """Run every check of every week: on its solution, on nothing, and on some real mistakes."""
    sys.meta_path.insert(0, Blocker())
    from utils.checks.engine.protocol import RemoteJudge

    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    done: dict[str, Any] = {"blocked": {name: blocked(name) for name in job["forbidden"]}, "reports": []}
    with os.fdopen(int(incoming), "rb") as judge_says, os.fdopen(int(outgoing), "wb") as we_say:
        judge = RemoteJudge(judge_says, we_say)
        for folder, notebook in job["notebooks"].items():
            namespace = defined_by(notebook)
            checks = importlib.import_module(f"utils.checks.{folder}")
            for name, expression in notebook["submitted"].items():
                check, right = getattr(checks, name), eval(expression, namespace)
                wrong = [eval(code, namespace) for code in notebook["mistakes"].get(name, [])]
                for submission in (right, nothing(right), *wrong):
                    done["reports"].append(check.examine(submission, judge).to_plain())
    done["imported"] = sorted(name for name in sys.modules if re.match(BLOCKED, name))
    Path(job_path).with_name("done.json").write_text(json.dumps(done), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
