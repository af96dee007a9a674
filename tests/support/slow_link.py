"""A slow link: runs a command in a pseudo-terminal and delays all that goes to and from it.

    python slow_link.py SECONDS PACKET GAP COMMAND ...

Each byte arrives SECONDS later, as over SSH to the other side of the world. What is typed goes in
packets of PACKET bytes at most, GAP seconds apart, so that escape sequences come in pieces.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time
import tty
from collections import deque

Parcel = tuple[float, bytes]  # when it is due


def _same_size(master: int) -> None:
    size = fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)
    fcntl.ioctl(master, termios.TIOCSWINSZ, size)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _read(descriptor: int) -> bytes:
    with contextlib.suppress(OSError):  # how Linux ends a terminal that nobody writes to
        return os.read(descriptor, 1 << 16)
    return b""


class Link:
    """What is under way in both directions."""

    def __init__(self, master: int, seconds: float, packet: int, gap: float) -> None:
        self._master, self._seconds, self._packet, self._gap = master, seconds, packet, gap
        self._there: deque[Parcel] = deque()
        self._back: deque[Parcel] = deque()
        self._resized: deque[float] = deque()
        self._open = True

    def resized(self, *_signal: object) -> None:
        self._resized.append(time.monotonic() + self._seconds)

    def run(self) -> None:
        """Carry until the command has ended and all that it said has arrived."""
        while self._open or self._back:
            self._deliver()
            listening = [0, self._master] if self._open else []
            for descriptor in select.select(listening, [], [], 0.005)[0]:
                self._take(descriptor)

    def _take(self, descriptor: int) -> None:
        data, due = _read(descriptor), time.monotonic() + self._seconds
        if descriptor == 0:
            due = max(due, self._there[-1][0] + self._gap if self._there else 0.0)
            for start in range(0, len(data), self._packet):
                self._there.append((due, data[start : start + self._packet]))
                due += self._gap
        elif data:
            self._back.append((due, data))
        else:
            self._open = False

    def _deliver(self) -> None:
        now = time.monotonic()
        while self._resized and self._resized[0] <= now:
            self._resized.popleft()
            _same_size(self._master)
        while self._there and self._there[0][0] <= now:
            with contextlib.suppress(OSError):
                _write(self._master, self._there.popleft()[1])
        while self._back and self._back[0][0] <= now:
            _write(1, self._back.popleft()[1])


def main() -> int:
    seconds, packet, gap = float(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    child, master = pty.fork()
    if child == 0:
        os.execvp(sys.argv[4], sys.argv[4:])
    before = termios.tcgetattr(0)
    link = Link(master, seconds, packet, gap)
    signal.signal(signal.SIGWINCH, link.resized)
    _same_size(master)
    tty.setraw(0)
    try:
        link.run()
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
