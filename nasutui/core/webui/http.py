"""HTTP to a WebUI: one connection a request, typed errors, answers of bounded length.

No connection is kept open between requests, so that no request ever meets one that the server
has closed meanwhile, and nothing is ever sent twice. Redirects are not followed: the password goes
to the address that was given and nowhere else. On this computer proxy settings are ignored.
"""

from __future__ import annotations

import contextlib
import json
import logging
import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nasutui import __version__
from nasutui.core.webui import messages
from nasutui.core.webui.abort import Abort, RequestAborted
from nasutui.core.webui.address import Address
from nasutui.core.webui.complaint import Complaint, quote, read_complaint
from nasutui.core.webui.errors import WebUIError

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0
_WRITE_SECONDS = 30.0
MEGABYTE = 1 << 20
_MAX_COMPLAINT = MEGABYTE


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `path` is the request's, `html` says that it claims to be a web page."""

    path: str
    status: int
    body: bytes
    html: bool
    location: str
    secrets: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The decoded body. Raises BadAnswerError."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise messages.not_json(self.path) from None

    def complaint(self) -> Complaint:
        """What the answer says went wrong."""
        return read_complaint(self.status, self.body, self.secrets)


class Transport:
    """Sends requests to one WebUI. May be used by several threads."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Transport({self.address.url!r})"

    def close(self) -> None:
        """Close what is open; a later request opens it again."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _open(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                at = self.address
                if at.password:  # its debug log repeats answers' headers, which may repeat ours
                    logging.getLogger("httpcore").setLevel(logging.WARNING)
                auth = httpx.BasicAuth(at.user, at.password or "") if at.user is not None else None
                # No certificates are needed on this computer, and loading them takes a while.
                plain = at.loopback and at.url.startswith("http:")
                self._client = httpx.Client(
                    auth=auth,
                    verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True,
                    trust_env=not at.loopback,
                    follow_redirects=False,
                    limits=httpx.Limits(max_keepalive_connections=0),
                    headers={
                        "Connection": "close",
                        "Accept": "application/json",
                        "Accept-Encoding": "gzip",
                        "User-Agent": f"nasutui/{__version__}",
                    },
                )
            return self._client

    def get(
        self, path: str, seconds: float = 10.0, most: int = 8 * MEGABYTE, **more: Any
    ) -> Answer:
        """Send a GET; the whole answer must be there after `seconds`."""
        return self.send("GET", path, seconds=seconds, most=most, **more)

    def post(
        self, path: str, body: object = None, seconds: float | None = 10.0, **more: Any
    ) -> Answer:
        """Send a POST; `seconds` None waits for the answer without end."""
        return self.send("POST", path, body=body, seconds=seconds, **more)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        seconds: float | None = 10.0,
        most: int = MEGABYTE,
        abort: Abort | None = None,
    ) -> Answer:
        """Send one request, once, and read its answer up to `most` bytes. Raises WebUIError when
        there is none, and RequestAborted."""
        import httpx

        abort = abort or Abort()
        client = self._open()
        try:
            request = client.build_request(
                method,
                self.address.url + path,
                content=None if body is None else json.dumps(body, allow_nan=False).encode(),
                headers=None if body is None else {"Content-Type": "application/json"},
                timeout=httpx.Timeout(
                    connect=CONNECT_SECONDS, read=seconds, write=_WRITE_SECONDS, pool=None
                ),
                extensions={"trace": abort.trace},
            )
            response = client.send(request, stream=True)
            with contextlib.closing(response):
                answer = self._read(response, path, most, seconds)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            if abort.aborted:
                raise RequestAborted from None
            raise self._explain(error, path) from error
        except RuntimeError:
            if abort.aborted or client.is_closed:
                raise RequestAborted from None
            raise
        if abort.aborted:  # an answer without a length ends in the same way when it is cut
            raise RequestAborted
        return answer

    def _read(
        self, response: httpx.Response, path: str, most: int, seconds: float | None
    ) -> Answer:
        """The body. A complaint is cut at its limit, a result that is longer is refused."""
        end = None if seconds is None else time.monotonic() + seconds
        good = response.is_success
        limit = most if good else _MAX_COMPLAINT
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > limit:
                if good:
                    raise messages.too_long(path, max(1, limit // MEGABYTE))
                break
            if end is not None and time.monotonic() > end:
                raise messages.no_answer(self.address.url)
        kind = response.headers.get("content-type", "")
        return Answer(
            path,
            response.status_code,
            bytes(body),
            "html" in kind.lower(),
            response.headers.get("location", ""),
            self.address.secrets,
        )

    def _explain(self, error: Exception, path: str) -> WebUIError:
        import httpx

        url = self.address.url
        reason = quote(str(error), self.address.secrets, 120)
        if isinstance(error, httpx.ConnectError) and _is_tls(error):
            return messages.certificate(url, reason)
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
            return messages.not_running(url, reason)
        if isinstance(error, httpx.TimeoutException):
            return messages.no_answer(url)
        if isinstance(error, httpx.DecodingError):
            return messages.not_json(path)
        if isinstance(error, httpx.RemoteProtocolError) and "closed" not in reason:
            # h11 words an early end "disconnected" or "closed"; the rest is no HTTP at all.
            return messages.died(url) if "disconnected" in reason else messages.other_server(url)
        if isinstance(
            error, (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError)
        ):
            return messages.other_server(url)
        return messages.died(url)


def _is_tls(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
