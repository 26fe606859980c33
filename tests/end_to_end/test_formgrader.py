"""Formgrader, nbgrader's pages in JupyterLab, on the configured folders."""

import contextlib
import json
import os
import queue
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from build.small_course import REPOSITORY, VECTORS
from patience import PATIENCE_S

from grader.tools.demo.cycle import Demo

pytestmark = pytest.mark.slow

TOKEN = "only-this-machine-can-reach-it"


class Server:
    """A running JupyterLab."""

    def __init__(self, port: int):
        self.address = f"http://127.0.0.1:{port}"

    def get(self, path: str, method: str = "GET") -> str:
        request = urllib.request.Request(
            self.address + path, method=method, headers={"Authorization": f"token {TOKEN}"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    def api(self, path: str, method: str = "GET"):
        return json.loads(self.get(f"/formgrader/api/{path}", method))


@pytest.fixture(scope="module")
def folder(demo: Demo, tmp_path_factory) -> Path:
    return shutil.copytree(demo.folder, tmp_path_factory.mktemp("formgrader") / "class")


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory) -> Iterator[Server]:
    """JupyterLab with the course's settings, opened in a course folder."""
    home = tmp_path_factory.mktemp("home")
    settings = {"JUPYTER_CONFIG_DIR": home, "JUPYTER_RUNTIME_DIR": home, "JUPYTERLAB_WORKSPACES_DIR": home}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, **{name: str(value) for name, value in settings.items()}, "PATH": path}
    options = ["--no-browser", "--port=0", "--allow-root", f"--IdentityProvider.token={TOKEN}"]
    command = [sys.executable, "-m", "jupyterlab", f"--config={REPOSITORY / 'utils/lab/config.py'}", *options]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield Server(listening_port(process))
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def listening_port(process: subprocess.Popen) -> int:
    """The port that JupyterLab says it has, once it takes connections there."""
    port: queue.Queue[int] = queue.Queue()
    printed: list[str] = []

    def read() -> None:
        for line in process.stdout:
            printed.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/lab", line):
                port.put(int(found[1]))
        port.put(0)

    threading.Thread(target=read, daemon=True).start()
    found = port.get(timeout=PATIENCE_S)
    # It prints its address a moment before it listens.
    while found and process.poll() is None:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", found)):
            return found
    raise AssertionError("JupyterLab ended:\n" + "".join(printed[-30:]))


def test_the_assignment_is_listed_with_its_points_and_submissions(server):
    (assignment,) = (each for each in server.api("assignments") if each["name"] == VECTORS.folder)
    assert assignment["status"] == "released"
    assert assignment["num_submissions"] == 5
    assert assignment["max_code_score"] == 107
    assert assignment["max_written_score"] == 10


def test_a_week_that_has_not_been_released_is_offered_as_a_draft(server, folder):
    shutil.copytree(folder / "solutions" / VECTORS.folder, folder / "solutions/week02_tokens")
    assert {"name": "week02_tokens", "status": "draft"}.items() <= server.api(
        "assignment/week02_tokens"
    ).items()


def test_submissions_have_their_scores(server):
    scores = {each["student"]: each["score"] for each in server.api(f"submissions/{VECTORS.folder}")}
    assert (scores["untouched"], scores["half-done"], scores["perfect"]) == (0, 60, 107)


@pytest.mark.parametrize(
    "page",
    ["", "/manage_assignments", f"/manage_submissions/{VECTORS.folder}", "/gradebook", "/manage_students"],
)
def test_its_pages_open(server, page):
    text = server.get(f"/formgrader{page}")
    assert "<title>" in text
    assert "not a subdirectory" not in text


def test_a_submission_opens_for_grading_by_hand_with_its_card(server):
    submitted = server.api(f"submitted_notebooks/{VECTORS.folder}/{VECTORS.notebook}")
    (misled,) = (each for each in submitted if each["student"] == "misled")
    page = server.get(f"/formgrader/submissions/{misled['id']}/")
    assert 'data-check="dot_product" data-passed="false"' in page


def test_a_marking_scheme_is_shown_to_graders_and_stored_in_no_notebook(server, folder):
    scheme = folder / "solutions" / VECTORS.folder / "in_your_own_words.md"
    scheme.write_text("Ten points for a scheme that only graders see.", encoding="utf-8")
    submitted = server.api(f"submitted_notebooks/{VECTORS.folder}/{VECTORS.notebook}")
    (misled,) = (each for each in submitted if each["student"] == "misled")
    assert "that only graders see" in server.get(f"/formgrader/submissions/{misled['id']}/")
    stored = [path for path in folder.rglob("*.ipynb") if "that only graders see" in path.read_text("utf-8")]
    assert stored == []


def test_its_autograde_button_grades_with_our_executor(server):
    outcome = server.api(f"submission/{VECTORS.folder}/half-done/autograde", method="POST")
    assert outcome["success"], outcome
    assert server.api(f"submission/{VECTORS.folder}/half-done")["score"] == 60
