"""Downloads: asked for, complete, never a hang. The hub is a server on this machine."""

import http.server
import socket

import pytest
from huggingface_hub import constants

from utils.reference import ReferenceMissing, load

from .hub_cache import FILES, fresh_python, put_in_cache
from .loopback_hub import LoopbackHub, serving

REPOSITORY = "openai-community/gpt2"

LOAD = """
from utils.reference import ReferenceMissing, load
try:
    print(load("gpt2", download=True, quiet=True).config.n_layers)
except ReferenceMissing as problem:
    print(problem)
"""

SHORT_LIMITS = """
from utils.reference import hub
hub.ANSWER_LIMIT_S = hub.PATIENCE_S = 0.1
"""


@pytest.fixture
def silent_server():
    """An address that takes connections and never says a word: what a bad network is like."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_download_fetches_what_is_needed_and_nothing_else(cache, tiny_gpt2):
    with serving(LoopbackHub(REPOSITORY, tiny_gpt2)) as server:
        done = fresh_python(LOAD, cache, HF_ENDPOINT=server.endpoint)
    assert done.stdout == "2\n", done.stderr
    assert sorted(server.fetched) == sorted(FILES)
    assert "%" in done.stderr  # the progress bar
    assert load(quiet=True).name == "gpt2"


def test_what_is_in_the_cache_is_not_asked_for(cache, tiny_gpt2, silent_server):
    put_in_cache(cache, REPOSITORY, tiny_gpt2)
    done = fresh_python(LOAD, cache, HF_ENDPOINT=silent_server)
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_damaged_weights_are_fetched_again(cache, tiny_gpt2):
    weights = put_in_cache(cache, REPOSITORY, tiny_gpt2) / "model.safetensors"
    weights.resolve().write_bytes(weights.read_bytes()[:1000])
    with serving(LoopbackHub(REPOSITORY, tiny_gpt2)) as server:
        done = fresh_python(LOAD, cache, HF_ENDPOINT=server.endpoint)
    assert done.stdout == "2\n", done.stderr
    assert "model.safetensors" in server.fetched


def test_a_hub_without_the_weights_is_not_taken_for_a_download(cache, tiny_gpt2, tmp_path):
    half = tmp_path / "half"
    half.mkdir()
    (half / "config.json").write_bytes((tiny_gpt2 / "config.json").read_bytes())
    with serving(LoopbackHub(REPOSITORY, half)) as server:
        done = fresh_python(LOAD, cache, HF_ENDPOINT=server.endpoint)
    assert "answered with HTTP status 404: it does not have this file. Check HF_ENDPOINT" in done.stdout


def test_a_network_that_never_answers_gives_two_clear_lines(cache, silent_server):
    done = fresh_python(SHORT_LIMITS + LOAD, cache, HF_ENDPOINT=silent_server)
    assert done.returncode == 0, done.stderr
    slow, failed = done.stdout.splitlines()
    assert slow == f"The hub at {silent_server} is slow to answer: waiting up to 0.1 s more."
    start = (
        f"gpt2 (0.55 GB) was not downloaded: the hub at {silent_server} cannot be reached: no answer within"
    )
    assert failed.startswith(start)
    assert 'load("storyteller")' in failed
    assert done.stderr == ""


def test_no_name_and_download_means_gpt2(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ReferenceMissing, match=r"gpt2 \(0.55 GB\) was not downloaded"):
        load(download=True)


def test_the_question_goes_through_the_proxy(cache):
    """A machine behind a proxy cannot even look up the hub's name, and need not."""
    asked = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append(self.path)
            self.send_error(503)

        def log_message(self, *_):
            """Keep the request out of the test's output."""

    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)) as proxy:
        there = f"http://127.0.0.1:{proxy.server_port}"
        done = fresh_python(LOAD, cache, HF_ENDPOINT="http://hub.invalid", HTTP_PROXY=there)
    assert "HTTP status 503" in done.stdout
    assert asked == [f"http://hub.invalid/{REPOSITORY}/resolve/main/config.json"]
