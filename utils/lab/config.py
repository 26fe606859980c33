"""How the course's JupyterLab starts. `make lab` passes this file with --config; nothing is written to your home.

Three things differ from JupyterLab as it comes: it opens on the course's front page, it keeps its windows and
settings inside the virtual environment, and it asks no server for news, updates or extensions.
"""

import sys
from pathlib import Path

here = Path(__file__).parent
kept = Path(sys.prefix, "share", "jupyter", "lab")

c = get_config()  # Jupyter puts this name here when it reads the file

c.LabApp.default_url = "/lab/tree/course/README.md"
c.LabApp.app_settings_dir = str(here / "settings")

# JupyterLab would open the tabs of whatever was last worked on anywhere on this machine.
c.LabApp.workspaces_dir = str(kept / "workspaces")
c.LabApp.user_settings_dir = str(kept / "user-settings")

c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
