"""A small hub on loopback that speaks what huggingface_hub asks, well or badly.

It answers HEAD and GET of /OWNER/NAME/resolve/main/FILE with the headers that the real hub sends
(X-Repo-Commit, ETag, X-Linked-Size ...), knows Range, and counts what it is asked.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What the hub serves and how. files: path in the repository -> bytes.

    manner: "well"; "status" (answers `status` with `headers` to everything); "hang" (answers nothing); "stall"
    (half a file, then nothing); "half" (half a file, then hangs up, and always from the beginning);
    "short" (says and sends less than it announced); "busy" (429 to GET); "bare" (200 with a page, no
    headers of a hub); "page" (a page in place of each file, with the headers of the file).
    """

    files: dict[str, bytes]
    repo: str = "owner/tiny-tagger"
    manner: str = "well"
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    address: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def count(self, method: str) -> int:
        """How many requests of a method came."""
        return sum(asked == method for asked, _path in self.asked)


def _etag(data: bytes) -> str:
    """As the hub names files: large ones (here: models) by SHA-256, small ones as git does."""
    if b"tag_id" in data[:20]:
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    return hashlib.sha256(data).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        hub = self.hub
        hub.asked.append((self.command, self.path))
        file = self.path.partition("/resolve/main/")[2]
        data = hub.files.get(file) if self.path.startswith(f"/{hub.repo}/") else None
        if hub.manner == "hang":
            hub.closing.wait(60)
            self.close_connection = True
        elif hub.manner == "status":
            self._plain(hub.status, b"no", body, hub.headers)
        elif hub.manner == "bare":
            self._plain(200, b"<html>please log in to this network</html>", body)
        elif data is None:
            self._missing(body)
        elif hub.manner == "busy" and body:
            self._plain(429, b"", body, {"Retry-After": "120"})
        else:
            self._file(data, body)

    def _plain(
        self, status: int, data: bytes, body: bool, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def _missing(self, body: bool) -> None:
        known = self.path.startswith(f"/{self.hub.repo}/")
        code = "EntryNotFound" if known else "RepoNotFound"
        headers = {"X-Error-Code": code, "X-Error-Message": "not here"}
        if known:
            headers["X-Repo-Commit"] = COMMIT
        self._plain(404 if known else 401, b"", body, headers)

    def _file(self, data: bytes, body: bool) -> None:
        hub = self.hub
        start = 0
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and hub.manner == "well":
            start = int(asked.removeprefix("bytes=").partition("-")[0])
        sent = b"<html>no model here</html>" if hub.manner == "page" else data[start:]
        if hub.manner == "short" and body:
            sent = sent[: len(sent) // 2]
        self.send_response(206 if start else 200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{_etag(data)}"')
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        if not body:
            return
        if hub.manner in ("stall", "half"):
            self.wfile.write(sent[: len(sent) // 2])
            self.wfile.flush()
            if hub.manner == "stall":
                hub.closing.wait(60)
            self.close_connection = True
            return
        self.wfile.write(sent)


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve until the block ends; `hub.address` is its URL."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
