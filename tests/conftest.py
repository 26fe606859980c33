"""What every test starts from: nothing of this machine's or its user's caches and settings, and one
hypothesis profile.

The environment is set when pytest imports this file, before any test imports Hugging Face's or Jupyter's
libraries, which read it at import; subprocesses inherit it.
"""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

FOREIGN = (
    "CLICOLOR",
    "COURSE_",
    "DASK_",
    "FORCE_COLOR",
    "HF_",
    "HUGGINGFACE_",
    "HUGGING_FACE_",
    "IPYTHON",
    "JUPYTER",
    "MPL",
    "NBGRADER",
    "TRANSFORMERS_",
    "TTY_",
)
"""Variables that begin so belong to the developer or the continuous integration and would change results."""

own = Path(tempfile.mkdtemp(prefix="suite-"))
"""Caches and settings of this process, and of no other worker: empty at first, removed at the end."""

OURS = {
    "HF_HOME": own / "huggingface",
    "HF_HUB_CACHE": own / "huggingface" / "hub",
    "IPYTHONDIR": own / "ipython",
    "JUPYTER_CONFIG_DIR": own / "jupyter-config",
    "JUPYTER_DATA_DIR": own / "jupyter-data",
    "JUPYTER_RUNTIME_DIR": own / "jupyter-runtime",
    "MPLCONFIGDIR": own / "matplotlib",
    "COURSE_HOME": own / "course-home",
    # Otherwise the width of a table would be that of the terminal in which pytest runs.
    "COLUMNS": 80,
    "LINES": 24,
    # Typer takes GitHub's runners for terminals and would write colours into the captured output.
    "_TYPER_FORCE_DISABLE_TERMINAL": 1,
}

for name in [name for name in os.environ if name.startswith(FOREIGN)]:
    del os.environ[name]
os.environ |= {name: str(value) for name, value in OURS.items()}

# A shell lets the jobs that it starts in the background ignore Ctrl-C, and they pass that on to all that they
# start: a test that interrupts something would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "suite",
    # How long an example takes depends on the machine and on what else runs there.
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        # A test that shares a folder among its examples empties it itself.
        HealthCheck.function_scoped_fixture,
    ],
    # A change is judged on the same examples each time; at a developer's machine each run tries new ones.
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
)
settings.load_profile("suite")


def pytest_unconfigure() -> None:
    """Removes this process's folder."""
    shutil.rmtree(own, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_reference_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that graded in this process before has settled on one reference: the test starts without."""
    from utils.reference import _reference

    monkeypatch.setattr(_reference, "_chosen", None)
