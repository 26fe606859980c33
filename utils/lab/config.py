"""How the course's JupyterLab starts: `make lab` passes this file with `--config`.

Three things differ from JupyterLab as it comes: it opens on the course's front page, it keeps its windows
and settings in the virtual environment and not in your home, and it asks no server for news, updates or
extensions.
"""

import os
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
kept = Path(sys.prefix, "share", "jupyter", "lab")

c = get_config()  # Jupyter puts this function here when it reads the file

c.LabApp.default_url = "/lab/tree/course/README.md"
c.LabApp.app_settings_dir = str(here / "settings")

# In the home, JupyterLab would reopen here what was last open in any other project.
c.LabApp.workspaces_dir = os.environ.get("JUPYTERLAB_WORKSPACES_DIR", str(kept / "workspaces"))
c.LabApp.user_settings_dir = os.environ.get("JUPYTERLAB_SETTINGS_DIR", str(kept / "user-settings"))

c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
