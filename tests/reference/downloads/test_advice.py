"""What is shown when a download fails: the cause, and what to do about it."""

import errno
import socket
import ssl
import sys
from collections import namedtuple

import huggingface_hub
import pytest

from utils.reference import ReferenceMissing, hub, load, transfer
from utils.reference.advice import advice, endpoint_fault

from .conftest import WEIGHTS

WAY_OUT = 'or take load("storyteller").'


def shown() -> str:
    """The sentences that a notebook shows."""
    with pytest.raises(ReferenceMissing) as caught:
        load("gpt2", download=True)
    text = str(caught.value)
    assert text.startswith("gpt2 (0.55 GB) was not downloaded: ") and text.endswith(WAY_OUT)
    assert "\n" not in text
    return text.removeprefix("gpt2 (0.55 GB) was not downloaded: ")


def refusing(server, status, method="HEAD"):
    server.status = lambda asked, file: status if asked == method else None


@pytest.fixture
def no_token(monkeypatch, tmp_path):
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "no token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_refusal(server, no_token, status, method):
    refusing(server, status, method)
    text = shown()
    assert f"answered with HTTP status {status}" in text and "This network may block it" in text


def test_a_mirror_that_wants_a_token(server, no_token, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
    refusing(server, 401)
    assert "If it wants a token, set HF_TOKEN" in shown()


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_named_as_the_cause(server, monkeypatch, status):
    monkeypatch.setenv("HF_TOKEN", "hf_of_last_year")
    refusing(server, status)
    text = shown()
    assert "it refuses the access token of this machine, and GPT-2 needs none. Unset HF_TOKEN" in text
    assert "hf_of_last_year" not in text


def test_a_mirror_without_the_model(server, monkeypatch):
    refusing(server, 404)
    assert "Get a newer copy of the course" in shown()
    monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
    text = shown()
    assert f"the hub at {server.endpoint} answered with HTTP status 404" in text
    assert "Check HF_ENDPOINT, or unset it" in text


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_hub(server, status):
    refusing(server, status)
    assert f"HTTP status {status}: it is busy. Wait some minutes and run the line again" in shown()


def test_a_login_page_is_no_hub(server):
    server.headers = False
    assert "is no hub (the answer names no commit). If this network has a login page, log in" in shown()


def test_a_file_that_arrived_damaged(server):
    server.content = lambda path: b"x" * len(path.read_bytes())
    text = shown()
    assert text.startswith("config.json arrived damaged (its git SHA-1 is ")
    assert "and was removed. Run the line again; if the same happens again" in text
    server.content = lambda path: path.read_bytes()[:-1] + b"!" if path.name == WEIGHTS else path.read_bytes()
    assert shown().startswith("model.safetensors arrived damaged (its SHA-256 is ")


def test_a_connection_that_is_lost(server):
    server.cut = {WEIGHTS: 50}
    text = shown()
    assert text.startswith("the connection broke (RemoteProtocolError: ")
    assert "Run the line again: it goes on where it stopped" in text


def test_a_full_disk(server, cache, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage(1, 1, 0))
    text = shown()
    assert text.startswith(
        f"the disk with {cache} is full. Free some space and run the line again, or set HF_HOME"
    )


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_cache_that_may_not_be_written(server, cache, monkeypatch, number):
    def refuse(path, *args, **kwargs):
        raise OSError(number, "no", str(path))

    monkeypatch.setattr(transfer.Path, "mkdir", refuse)
    text = shown()
    assert text.startswith(f"{cache / '.locks'} may not be written (") and "set HF_HOME" in text


def test_a_file_where_the_cache_should_be(server, cache, monkeypatch):
    cache.rmdir()
    cache.write_text("in the way")
    assert f"{cache}" in (text := shown()) and "is in the way, where a folder must be" in text


def through(monkeypatch, proxy):
    monkeypatch.setenv("ALL_PROXY", proxy)
    huggingface_hub.close_session()


def test_a_socks_proxy_without_its_package(server, monkeypatch):
    monkeypatch.setitem(sys.modules, "socksio", None)
    through(monkeypatch, "socks5://user:secret@proxy.test:1080")
    text = shown()
    assert text.startswith("socks5://proxy.test:1080 is a SOCKS proxy, for which a package is missing here.")
    assert "Run %pip install socksio, restart the kernel" in text and "secret" not in text


def test_a_proxy_that_is_none(server, monkeypatch):
    through(monkeypatch, "ftp://proxy.test")
    assert shown().startswith("ftp://proxy.test is no address of a proxy, such as http://HOST:PORT.")


def test_a_proxy_that_wants_a_password(server, monkeypatch):
    refusing(server, 407)
    through(monkeypatch, server.endpoint)
    assert f"the proxy {server.endpoint} refused" in (text := shown()) and "USER:PASSWORD@" in text


def test_a_proxy_that_is_not_there(server, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    through(monkeypatch, f"http://127.0.0.1:{port}")
    text = shown()
    assert f"cannot be reached through the proxy http://127.0.0.1:{port} (ConnectError" in text
    assert "Correct or unset the proxy and restart the kernel" in text


def test_a_name_without_an_address(server, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    text = shown()
    assert f"the hub at {server.endpoint} cannot be reached: its name has no address here (DNS)." in text
    assert "set HF_ENDPOINT to a mirror's address" in text
    monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
    assert "or unset HF_ENDPOINT and restart the kernel" in shown()


def test_a_hub_that_refuses_connections(server, monkeypatch):
    def refuse(*args, **kwargs):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    text = shown()
    assert "cannot be reached (ConnectError: " in text and "Connect to the internet and run the line" in text


def test_a_certificate_that_is_not_trusted():
    error = RuntimeError("[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.__cause__ = ssl.SSLCertVerificationError(1, "self-signed certificate in certificate chain")
    text = advice(error, "https://hub.test", "/cache")
    assert "its certificate is not trusted" in text and "set SSL_CERT_FILE" in text


def test_anything_else_is_named_in_one_line():
    text = advice(ValueError("one\ntwo"), "https://hub.test", "/cache")
    assert text == "ValueError: one. Run the line again"


@pytest.mark.parametrize(
    "address",
    ["hub.test", "htp://hub.test", "https://", "http://[::1", "https://hub.test:port", "", "hub:80"],
)
def test_an_address_that_is_none(server, monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)
    assert shown().startswith(f"HF_ENDPOINT is {address!r}, which is no address of a hub: ")


@pytest.mark.parametrize("address", ["https://hub.test", "http://127.0.0.1:8080/", "https://hub.test/hf"])
def test_an_address_of_a_mirror(monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)
    assert endpoint_fault() is None


def test_offline_mode(server, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert shown().startswith("HF_HUB_OFFLINE is set, which forbids it.")


def test_no_answer(server, monkeypatch, capsys):
    """As of a look-up in the DNS, which knows no time limit."""
    import threading

    over = threading.Event()
    monkeypatch.setattr(hub, "_ask", lambda *_: over.wait())
    monkeypatch.setattr(hub, "ANSWER_LIMIT_S", 0.01)
    monkeypatch.setattr(hub, "PATIENCE_S", 0.01)
    try:
        assert "cannot be reached: no answer within 0.02 s. Connect to the internet" in shown()
    finally:
        over.set()
    (line,) = capsys.readouterr().out.splitlines()
    assert line == f"The hub at {server.endpoint} is slow to answer: waiting up to 0.01 s more."
