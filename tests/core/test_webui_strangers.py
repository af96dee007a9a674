"""Servers that are no WebUI, or stop being one: a typed error in a bounded time."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

import pytest

from nasutui.core.events import ItemFailed
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.errors import (
    BusyError,
    OtherServerError,
    ServerDiedError,
    ServerFailedError,
    WebUIError,
)
from tests.support.webui_case import (
    GENERATE,
    at_step,
    codes,
    draw,
    instead,
    is_safe,
    of,
    small,
)
from tests.support.webui_server import Reply, WebUIServer


def _serve_once(answer: bytes, *, wait: threading.Event | None = None) -> tuple[str, socket.socket]:
    """A bare socket that sends some bytes to whoever connects."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                if wait is not None:
                    wait.wait(20)

    threading.Thread(target=run, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}", listener


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", ServerDiedError),
        (b"SSH-2.0-OpenSSH_9.6\r\n", ServerDiedError),
        (b"+OK POP3 ready\r\n\r\n", OtherServerError),
        (b"\x15\x03\x01\x00\x02\x02\x16", OtherServerError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n[", ServerDiedError),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n", OtherServerError),
        (b"HTTP/1.1 302 Found\r\nLocation: /login\x1b[2J\r\n\r\n", OtherServerError),
        (b"HTTP/1.1 301 Moved\r\nLocation: https://nasu.example/\r\n\r\n", OtherServerError),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n<html>", BusyError),
        (b"HTTP/1.1 500 Oops\r\n\r\nOops", ServerFailedError),
    ],
)
def test_servers_of_another_kind(answer: bytes, kind: type[WebUIError]) -> None:
    url, listener = _serve_once(answer)
    with listener, WebUI(url) as webui, pytest.raises(kind) as caught:
        webui.check()
    assert is_safe(str(caught.value))


def test_a_server_that_takes_the_call_and_is_silent() -> None:
    release = threading.Event()
    url, listener = _serve_once(b"", wait=release)
    with listener, WebUI(url) as webui, pytest.raises(BusyError, match="does not answer"):
        webui.progress(seconds=0.1)
    release.set()


def _serve_endlessly(start: bytes, chunk: bytes) -> tuple[str, socket.socket, threading.Thread]:
    """A bare socket that never comes to the end of its answer."""
    listener = socket.create_server(("127.0.0.1", 0))
    pause = threading.Event()

    def run() -> None:
        connection, _address = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(start)
            while True:
                connection.sendall(chunk)
                pause.wait(0.005 if len(chunk) == 1 else 0)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}", listener, thread


def test_a_server_that_drips() -> None:
    """The time limit is for the whole answer, not for each of its bytes."""
    url, listener, thread = _serve_endlessly(b"HTTP/1.1 200 OK\r\n\r\n[", b" ")
    with listener, WebUI(url) as webui, pytest.raises(BusyError):
        webui.progress(seconds=0.2)
    thread.join(20)
    assert not thread.is_alive()


def test_an_error_without_end() -> None:
    """The request that may take hours must not wait for the end of a complaint."""
    start = b"HTTP/1.1 500 Oops\r\n\r\n"
    url, listener, thread = _serve_endlessly(start, b"nonsense" * 8192)
    with listener, WebUI(url) as webui, pytest.raises(ServerFailedError):
        webui.txt2img({"sampler_name": "Euler"})
    thread.join(20)
    assert not thread.is_alive()


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    """Neither the password nor a request goes to an address that nobody gave us."""
    with WebUIServer() as other, WebUIServer(auth=("nasu", "geheim")) as server:
        there = Reply(307, headers={"Location": f"{other.url}{GENERATE}"})
        server.intercept = instead(GENERATE, there)
        events = draw(server, [small()], tmp_path)
        assert codes(events) == ["webui-other-server"]
        assert other.url in of(events, ItemFailed)[0].reason
        assert not other.requests


def test_a_full_disk_or_a_lost_folder(tmp_path: Path) -> None:
    """The rest is not drawn for nothing."""
    folder = tmp_path / "out"
    with WebUIServer() as server:
        server.engine.pause_at = 2

        def remove() -> None:
            folder.rmdir()
            server.engine.resume()

        events = draw(server, [small(), small()], folder, on=at_step(2, remove))
        assert len(server.sent(GENERATE)) == 1
    assert codes(events) == ["missing", "missing"]
