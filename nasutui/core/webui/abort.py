"""Ending a request that waits for its answer, from another thread."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from typing import Any


class RequestAborted(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The request was ended by `Abort.abort`."""


class Abort:
    """Ends a request from another thread, also while it waits for its answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self.aborted = False

    def abort(self) -> None:
        """End the request now; it raises RequestAborted in its own thread."""
        with self._lock:
            self.aborted = True
            for connection in self._sockets:
                _shut(connection)

    def trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Learn of the request's connection (httpcore's "trace" extension)."""
        if not name.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        connection = info["return_value"].get_extra_info("socket")
        if not isinstance(connection, socket.socket):
            return
        _keep_alive(connection)
        with self._lock:
            self._sockets = [*(s for s in self._sockets if s.fileno() >= 0), connection]
            if self.aborted:
                _shut(connection)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _keep_alive(connection: socket.socket) -> None:
    """Notice within some two minutes that the other computer is gone: a drawing has no timeout."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        idle = getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", None))
        options = ((idle, 60), (getattr(socket, "TCP_KEEPINTVL", None), 15))
        for option, value in (*options, (getattr(socket, "TCP_KEEPCNT", None), 4)):
            if option is not None:
                connection.setsockopt(socket.IPPROTO_TCP, option, value)
