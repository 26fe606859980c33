"""Configuration of the course's JupyterLab, which `make lab` passes with `--config`.

It differs from JupyterLab's defaults in three ways: JupyterLab opens the course's front page, keeps its
workspaces and settings in the virtual environment rather than in your home directory, and asks no server for
news, updates or extensions.
"""

import os
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
data = Path(sys.prefix, "share", "jupyter", "lab")

c = get_config()  # type: ignore[name-defined]  # traitlets defines it when it runs this file

c.LabApp.default_url = "/lab/tree/course/README.md"
c.LabApp.app_settings_dir = str(here / "settings")

# With the default, JupyterLab would reopen what was last open in any other project.
c.LabApp.workspaces_dir = os.environ.get("JUPYTERLAB_WORKSPACES_DIR", str(data / "workspaces"))
c.LabApp.user_settings_dir = os.environ.get("JUPYTERLAB_SETTINGS_DIR", str(data / "user-settings"))

c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
