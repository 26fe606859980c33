"""`make lab` starts JupyterLab on the front page, with its own settings and no call to the network."""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter, Retry

from .checkout import CHECKOUT

pytestmark = pytest.mark.slow


@dataclass
class Lab:
    """A running JupyterLab: its address, its token, and the folder that it takes for the person's home."""

    address: str
    token: str
    home: Path

    def ask(self, path: str) -> requests.Response:
        """The answer to a request, after redirections."""
        with requests.Session() as session:
            # The server prints its address a moment before it listens there.
            session.mount("http://", HTTPAdapter(max_retries=Retry(connect=10, backoff_factor=0.1)))
            answer = session.get(f"{self.address}{path}", headers={"Authorization": f"token {self.token}"})
        answer.raise_for_status()
        return answer

    def page_config(self) -> dict:
        """What the server tells the page at its start."""
        page = self.ask("/lab").text
        return json.loads(re.search(r'"jupyter-config-data"[^>]*>(.+?)</script>', page, re.DOTALL)[1])

    def default_settings(self, plugin: str) -> dict:
        """A plugin's settings as they are before the person has changed any."""
        properties = self.ask(f"/lab/api/settings/{plugin}").json()["schema"]["properties"]
        return {name: described.get("default") for name, described in properties.items()}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """What `make lab` starts, with this very environment in place of the one that make would set up."""
    home, token = tmp_path_factory.mktemp("home"), secrets.token_hex(16)
    environment = os.path.relpath(sys.prefix, CHECKOUT)
    root = "--allow-root" if os.geteuid() == 0 else ""
    options = f"--no-browser --port=0 --IdentityProvider.token={token} {root}"
    jupyters = {name for name in os.environ if name.startswith("JUPYTER")}
    process = subprocess.Popen(
        ["make", "lab", "SET_UP=:", f"VENV={environment}", f"LAB_OPTIONS={options}"],
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if name not in jupyters} | {"HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield Lab(_address(process), token, home)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()


def _address(process: subprocess.Popen) -> str:
    """The address that the server says it listens on; reading ends when it says so or stops."""
    printed = []
    for line in process.stdout:
        printed.append(line)
        if found := re.search(r"(http://127\.0\.0\.1:\d+)/lab", line):
            return found[1]
    raise AssertionError("JupyterLab stopped before it took requests:\n" + "".join(printed))


def test_it_opens_on_the_front_page(lab):
    answer = lab.ask("/")
    assert answer.url == f"{lab.address}/lab/tree/course/README.md"
    assert "<title>JupyterLab</title>" in answer.text


def test_a_page_of_text_opens_as_one_reads_it(lab):
    settings = lab.default_settings("@jupyterlab/docmanager-extension:plugin")
    assert settings["defaultViewers"] == {"markdown": "Markdown Preview"}


def test_it_fetches_no_news_updates_or_extensions(lab):
    settings = lab.default_settings("@jupyterlab/apputils-extension:notification")
    assert (settings["fetchNews"], settings["checkForUpdates"]) == ("false", False)

    disabled = lab.page_config()["disabledExtensions"]
    assert "@jupyterlab/apputils-extension:announcements" in disabled
    assert "@jupyterlab/extensionmanager-extension" in disabled
    assert lab.ask("/lab/api/news").json() == {"news": []}
    assert lab.ask("/lab/api/update").json() == {"notification": None}


def test_a_week_in_text_opens_as_a_notebook(lab):
    opened = lab.ask("/api/contents/solutions/week05_attention/attention.py?type=notebook").json()
    kinds = {cell["cell_type"] for cell in opened["content"]["cells"]}
    assert (opened["type"], kinds) == ("notebook", {"markdown", "code"})


def test_it_keeps_its_windows_out_of_the_home(lab):
    config = lab.page_config()
    folders = [Path(config["workspacesDir"]), Path(config["userSettingsDir"])]
    assert [folder.is_relative_to(sys.prefix) for folder in folders] == [True, True]
