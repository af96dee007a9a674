"""A WebUI over real HTTP on this computer, for tests: AUTOMATIC1111, Forge, reForge or SD.Next.

    with WebUIServer("forge", loras=[LoraFile("nasumiso_v1")]) as server:
        ... server.url ...

It keeps what the real ones promise and what they do without a word: one job at a time in the order
of arrival, work that goes on after the caller has hung up, unknown LoRAs and fields ignored, an
interrupted job that answers 200. Tests hold jobs at a step (`engine.pause_at`), make them fail
(`engine.faults`), change answers (`alter`) or answer in the server's place (`intercept`).

    python -m tests.support.webui_server --profile a1111-1.10 --port 7860
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import gzip
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.webui_engine import Engine, ModelError
from tests.support.webui_profiles import (
    PROFILES,
    NotThereError,
    ServerError,
    exception,
    http_exception,
)
from tests.support.webui_registry import LoraFile
from tests.support.webui_routes import ROUTES, Route, is_no_content

TXT2IMG = "/sdapi/v1/txt2img"
_GZIP_FROM = 1000


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer, byte for byte. cut: only so many bytes of the body are sent although all are
    announced. reset: the connection is broken off instead."""

    status: int = 200
    body: bytes = b""
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    reset: bool = False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, owner: WebUIServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            self.owner.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30

    def log_message(self, *_arguments: Any) -> None:
        pass

    def _handle(self) -> None:
        owner: WebUIServer = self.server.owner  # type: ignore[attr-defined]
        began = time.monotonic()
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {key.lower(): value for key, value in self.headers.items()}
        body = self.rfile.read(length)
        request = Request(self.command, url.path, parse_qs(url.query), headers, body)
        owner.requests.append(request)
        reply = (owner.intercept(request) if owner.intercept else None) or owner.answer(request)
        if owner.profile.process_time and reply.status != 500:
            reply.headers.setdefault("X-Process-Time", f"{time.monotonic() - began:.4f}")
        self._send(reply, headers)
        if owner.closes_idle:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _handle  # noqa: N815

    def _send(self, reply: Reply, headers: dict[str, str]) -> None:
        if reply.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            self.close_connection = True
            return
        body = reply.body
        self.send_response(reply.status)
        small = len(body) < _GZIP_FROM or "Content-Encoding" in reply.headers
        if not small and "gzip" in headers.get("accept-encoding", ""):
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
        if reply.status != 204:
            self.send_header("Content-Type", reply.type)
        self.send_header("Content-Length", str(len(body)))
        for key, value in reply.headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body if reply.cut is None else body[: reply.cut])
        if reply.cut is not None:
            self.close_connection = True


class WebUIServer:
    """profile: a name of PROFILES. api: started with --api; nowebui: with --nowebui. auth: user
    and password of --api-auth. closes_idle: ends each connection without announcing it."""

    def __init__(
        self,
        profile: str = "a1111-1.10",
        *,
        api: bool = True,
        nowebui: bool = False,
        auth: tuple[str, str] | None = None,
        loras: list[LoraFile] | None = None,
        options: dict[str, Any] | None = None,
        port: int = 0,
    ) -> None:
        self.profile = PROFILES[profile]
        self.api, self.nowebui, self.auth = api, nowebui, auth
        self.engine = Engine(self.profile, loras or [], options or {})
        self.requests: list[Request] = []
        self.errors: list[BaseException | None] = []
        self.intercept: Callable[[Request], Reply | None] | None = None
        self.alter: Callable[[Any], Any] | None = None
        self.closes_idle = False
        self._http = _Server(port, self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.005,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> WebUIServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_exception: object) -> None:
        self.engine.close()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        if kind is None:
            assert not self.errors, self.errors

    def sent(self, path: str) -> list[Request]:
        """The requests for one path, in order of arrival."""
        return [r for r in list(self.requests) if r.path == path]

    def has(self, path: str) -> bool:
        """True when this server, started as it was, knows the path."""
        routes = ROUTES.get(path)
        if routes is None:
            return False
        route = next(iter(routes.values()))
        return (self.api or not route.needs_api) and not (self.nowebui and route.internal)

    def answer(self, request: Request) -> Reply:
        """What the real server would answer."""
        try:
            return self._answer(request)
        except NotThereError:
            return self._reply(404, {"detail": "Not Found"}, {})
        except KeyError as error:
            return self._reply(*exception(self.profile, "KeyError", str(error)))
        except ServerError as error:
            return self._reply(*http_exception(self.profile, error))
        except ModelError as error:
            return self._reply(*exception(self.profile, error.kind, str(error)))
        except ConnectionAbortedError:
            return Reply(reset=True)

    def _answer(self, request: Request) -> Reply:
        path = request.path
        if len(path) > 1 and path.endswith("/") and self.has(path[:-1]):
            return Reply(307, headers={"Location": f"{self.url}{path[:-1]}"})
        if not self.has(path):
            raise NotThereError
        route = ROUTES[path].get(request.method)
        if route is None:
            allowed = {"Allow": ", ".join(ROUTES[path])}
            return self._reply(405, {"detail": "Method Not Allowed"}, allowed)
        self._check_password(request, route)
        body = route.answer(self, request)
        return Reply(204) if is_no_content(body) else self._reply(200, body, {})

    def _check_password(self, request: Request, route: Route) -> None:
        if self.auth is None or not route.protected:
            return
        kind, _space, token = request.headers.get("authorization", "").partition(" ")
        header = {"WWW-Authenticate": "Basic"}
        if kind.lower() != "basic":
            raise ServerError(401, "Not authenticated", header)
        given = b""
        with contextlib.suppress(ValueError):
            given = base64.b64decode(token)
        if given != ":".join(self.auth).encode():
            text = "Unauthorized" if self.profile.sdnext else "Incorrect username or password"
            raise ServerError(401, text, header)

    @staticmethod
    def _reply(status: int, body: Any, headers: dict[str, str]) -> Reply:
        return Reply(status, json.dumps(body).encode(), headers=dict(headers))


def main() -> None:
    """Serve until killed; the first line of the output is the address."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="a1111-1.10", choices=sorted(PROFILES))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--lora", action="append", default=[], help="a LoRA that it has")
    parser.add_argument("--pause-at", type=int, help="hold every job at this step for ever")
    parser.add_argument("--step-seconds", type=float, default=0.0)
    arguments = parser.parse_args()
    loras = [LoraFile(name) for name in arguments.lora]
    with WebUIServer(arguments.profile, port=arguments.port, loras=loras) as server:
        server.engine.pause_at = arguments.pause_at
        server.engine.hold_seconds = None
        server.engine.seconds_per_step = arguments.step_seconds
        print(server.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
