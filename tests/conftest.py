"""The environment of every test: without this machine's and user's caches and settings, and with one
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
"""Prefixes of the developer's or CI's environment variables that would change results."""

own = Path(tempfile.mkdtemp(prefix="suite-"))
"""Folder for the caches and settings of this worker process: empty at first, removed at the end."""

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

# A non-interactive shell starts background jobs with SIGINT ignored, and their children inherit that: a test
# that interrupts something would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "suite",
    # The time of an example depends on the machine and its load.
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        # A test that shares a folder between examples empties it itself.
        HealthCheck.function_scoped_fixture,
    ],
    # CI tries the same examples each time; on a developer's machine each run tries new ones.
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
)
settings.load_profile("suite")


def pytest_unconfigure() -> None:
    """Remove this process's folder."""
    shutil.rmtree(own, ignore_errors=True)


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """A folder of this test run, the same for every worker."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own


@pytest.fixture(autouse=True)
def _no_reference_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo the choice of a reference model by an earlier test in this process."""
    from utils.reference import _reference

    monkeypatch.setattr(_reference, "_chosen", None)
