"""Addresses and passwords: what is understood, and what never shows."""

from __future__ import annotations

import base64
import io
import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from nasutui.core.errors import InputError, NasutuiError
from nasutui.core.events import ItemFailed
from nasutui.core.webui.address import parse_address
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.generate import generate
from tests.support.webui_case import FAST, GENERATE, closed_url, draw, instead, of, small
from tests.support.webui_server import Reply, WebUIServer

SECRET = "geheim-なす&<123>"
TOKEN = base64.b64encode(f"nasu:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("text", "url", "loopback"),
    [
        ("http://127.0.0.1:7860", "http://127.0.0.1:7860", True),
        (" 127.0.0.1:7860/ ", "http://127.0.0.1:7860", True),
        ("localhost:7861", "http://localhost:7861", True),
        ("http://[::1]:7860/", "http://[::1]:7860", True),
        ("http://0.0.0.0:7860", "http://0.0.0.0:7860", True),
        ("https://nasu.example/sub/path/", "https://nasu.example/sub/path", False),
        ("http://192.168.1.5:7860/?__theme=dark#x", "http://192.168.1.5:7860", False),
        ("HTTP://Nasu.Example", "http://nasu.example", False),
    ],
)
def test_addresses(text: str, url: str, loopback: bool) -> None:
    address = parse_address(text)
    assert (address.url, address.loopback) == (url, loopback)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://a b/",
        "http://a/\x1b[2J",
        "http://a/\u202e",
        "http://[::1",
        f"http://nasu:{SECRET}@/",
        f"http://nasu:{SECRET}@127.0.0.1:x",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InputError) as caught:
        WebUI(text)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert "http://127.0.0.1:7860" in str(caught.value)


def test_password_inside_the_address() -> None:
    address = parse_address("http://na%40su:ge%3Aheim@127.0.0.1:7860")
    assert (address.user, address.password) == ("na@su", "ge:heim")
    assert address.url == "http://127.0.0.1:7860"
    assert "ge:heim" not in repr(address)


@pytest.mark.parametrize(("user", "password"), [("", "x"), ("a:b", "x"), (None, "x")])
def test_users_that_can_not_be(user: str | None, password: str) -> None:
    with pytest.raises(InputError):
        WebUI(user=user, password=password)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that anybody logs, down to the last detail."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root, client = logging.getLogger(), logging.getLogger("httpcore")
    levels = root.level, client.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    client.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(levels[0])
    client.setLevel(levels[1])


def _shown(webui: WebUI, errors: list[BaseException]) -> str:
    traces = ["".join(traceback.format_exception(e)) for e in errors]
    return "\n".join([repr(webui), repr(webui._transport), webui.url, *traces])


def test_the_password_never_shows(tmp_path: Path, log: io.StringIO) -> None:
    """Not in logs, reprs, errors or events, even when the server repeats it."""
    echo = f"denied: nasu:{SECRET} Basic {TOKEN}".encode()
    errors: list[BaseException] = []
    texts: list[str] = []
    with WebUIServer(auth=("nasu", SECRET)) as server:
        webui = WebUI(server.url, user="nasu", password=SECRET)
        for status in (500, 422, 404, 302, 403):
            place = {"Location": f"http://x/?{TOKEN}"} if status == 302 else {}
            reply = Reply(status, echo, headers=dict(place))
            server.intercept = instead("/sdapi/v1/samplers", reply)
            with pytest.raises(NasutuiError) as caught:
                webui.check()
            errors.append(caught.value)
        server.intercept = instead(GENERATE, Reply(500, b'{"error":"%s"}' % echo))
        texts += map(str, generate(webui, [small()], tmp_path, pace=FAST))
        shown = _shown(webui, errors)
        webui.close()
    with WebUI(closed_url(), user="nasu", password=SECRET) as webui:
        with pytest.raises(NasutuiError) as caught:
            webui.check()
        shown += _shown(webui, [caught.value])
    everything = "\n".join([shown, *texts, log.getvalue()])
    assert "***" in everything
    for secret in (SECRET, TOKEN, "geheim"):
        assert secret not in everything


def test_a_short_password_is_not_given_away_by_holes(tmp_path: Path) -> None:
    with WebUIServer(auth=("nasu", "a")) as server:
        body = b'{"error":"a banana for nasu:a"}'
        server.intercept = instead(GENERATE, Reply(500, body))
        (failed,) = of(draw(server, [small()], tmp_path), ItemFailed)
    assert "banana for nasu:***" in failed.reason


def test_only_one_key_of_the_flags_is_kept() -> None:
    """/cmd-flags holds passwords in clear text."""
    with WebUIServer() as server, WebUI(server.url) as webui:
        assert webui.lora_folder() == "/Users/me/stable-diffusion-webui/models/Lora"
        server.intercept = instead("/sdapi/v1/cmd-flags", Reply(body=b'["api_auth=geheim"]'))
        assert webui.lora_folder() is None


def test_the_password_goes_only_where_it_belongs() -> None:
    with WebUIServer(auth=("nasu", SECRET)) as server:
        with WebUI(server.url, user="nasu", password=SECRET) as webui:
            webui.check()
        sent = server.requests[0].headers["authorization"]
        assert sent == f"Basic {TOKEN}"
        with WebUI(server.url) as webui, pytest.raises(NasutuiError):
            webui.check()
        assert "authorization" not in server.requests[-1].headers


def test_proxies_are_not_asked_for_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with WebUIServer() as server, WebUI(server.url) as webui:
        assert webui.samplers()


def test_httpx_is_imported_with_the_first_request() -> None:
    code = (
        "import sys\n"
        "from nasutui.core.generation import pnginfo\n"
        "from nasutui.core.webui import client as webui, generate\n"
        "client = webui.WebUI('http://127.0.0.1:1')\n"
        "heavy = {'httpx', 'PIL', 'numpy', 'textual', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "client.close()\n"
    )
    repo = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=repo)
