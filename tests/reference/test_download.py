"""Downloads: asked for, complete, never a hang. The hub is a server on this machine."""

import http.server
import socket
import threading

import huggingface_hub
import pytest

from utils.reference import ReferenceMissing, hub, load

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


@pytest.fixture
def silent_server():
    """An address that takes connections and never says a word: what a bad network is like."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def no_proxies(monkeypatch):
    """The hub's client as on a machine without proxies; it reads them when it is made."""
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


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
    assert done.stdout.startswith("The download of gpt2 (0.55 GB) broke off: not every file arrived.")


def test_a_network_that_never_answers_gives_one_clear_line(cache, silent_server):
    done = fresh_python(LOAD, cache, HF_ENDPOINT=silent_server)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"gpt2 was not downloaded: the hub at {silent_server} cannot be reached (")
    assert 'load("storyteller")' in line
    assert done.stderr == ""


def test_the_limit_leaves_room_within_two_seconds(monkeypatch):
    limits = []
    monkeypatch.setattr(hub, "unreachable_reason", lambda url, limit_s: limits.append(limit_s) or "unplugged")
    with pytest.raises(ReferenceMissing, match=r"cannot be reached \(unplugged\)"):
        load("gpt2", download=True)
    assert limits == [hub.ANSWER_LIMIT_S]
    assert hub.ANSWER_LIMIT_S <= 1.5


def test_no_name_and_download_means_gpt2(monkeypatch):
    monkeypatch.setattr(hub, "unreachable_reason", lambda url, limit_s: "unplugged")
    with pytest.raises(ReferenceMissing, match="gpt2 was not downloaded"):
        load(download=True)


def test_a_question_that_hangs_is_left_behind(monkeypatch):
    """As a look-up in the DNS does, which knows no time limit."""
    over = threading.Event()
    monkeypatch.setattr(hub, "_ask", lambda url, limit_s: over.wait())
    try:
        assert hub.unreachable_reason("http://hub.invalid/", 0.05) == "no answer within 0.05 s"
    finally:
        over.set()


def test_a_refused_connection_says_so(no_proxies):
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    assert "ConnectError" in hub.unreachable_reason(f"http://127.0.0.1:{port}/", 30)


def test_an_error_of_the_hub_is_no_answer(no_proxies, tiny_gpt2):
    with serving(LoopbackHub(REPOSITORY, tiny_gpt2)) as server:
        there = f"{server.endpoint}/{REPOSITORY}/resolve/main/config.json"
        assert hub.unreachable_reason(there, 30) is None
        assert hub.unreachable_reason(f"{server.endpoint}/nowhere", 30) == "HTTP status 404"


def test_the_question_goes_through_the_proxy(no_proxies, monkeypatch):
    """A machine behind a proxy cannot even look up the hub's name, and need not."""
    asked = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Keep the request out of the test's output."""

    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_port}")
        assert hub.unreachable_reason("http://hub.invalid/config.json", 30) is None
    assert asked == ["http://hub.invalid/config.json"]
