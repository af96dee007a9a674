"""The real program under a bare pseudo-terminal, as a process that can be signalled."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

from tests.support.batch import environment

PATIENCE = 30.0  # seconds until what is waited for counts as missing
_QUIET = 0.3
# The terminal becomes the one that controls the process: its loss is SIGHUP.
_START = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


class PtyApp:
    """`nasutui FOLDER` in a terminal of its own; use as a context manager."""

    def __init__(self, folder: Path, size: tuple[int, int] = (100, 30)) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        homes = {k: v for k, v in os.environ.items() if k.startswith("NASUTUI_")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _START, sys.executable, "-m", "nasutui", str(folder)],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env=environment(**homes, TERM="xterm-256color", TEXTUAL_ANIMATIONS="none"),
        )  # fmt: skip
        os.close(slave)
        self._said = bytearray()
        self._news = threading.Condition()
        self._gone = False
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> PtyApp:
        return self

    def __exit__(self, *_exc: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self._reader.join()
        self.hang_up()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:  # the program has gone, or we have hung up
                data = b""
            with self._news:
                self._said += data
                self._gone = not data
                self._news.notify_all()
            if not data:
                return

    @property
    def said(self) -> int:
        """How many bytes the program has written."""
        return len(self._said)

    def until(self, text: str, since: int = 0) -> None:
        """Wait until the program has written this text, after so many bytes."""
        wanted = text.encode()
        with self._news:
            self._news.wait_for(lambda: self._said.find(wanted, since) >= 0 or self._gone, PATIENCE)
            found = self._said.find(wanted, since) >= 0
            assert found, f"never came: {text}; it said {self._said[-3000:]!r}"

    def add(self, tag: str) -> None:
        """Type a tag for the picture under the cursor. The line must have the focus first: keys of
        one burst go where the first one went."""
        since = self.said
        self.send(b"a")
        self.until("meaning", since)
        for part in (tag.encode() + b"\r", b"\r"):
            self.send(part)
            self.until_quiet()

    def until_quiet(self) -> None:
        """Wait until the program has written nothing more for a moment: it waits for a key."""
        with self._news:
            while self._news.wait(_QUIET):
                assert not self._gone

    def send(self, keys: bytes) -> None:
        """Type; a program that has gone takes no notice."""
        with contextlib.suppress(OSError):
            os.write(self._master, keys)

    def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        self.process.kill()
        self.process.wait()

    def hang_up(self) -> None:
        """The terminal goes away, as when an SSH connection drops."""
        master, self._master = self._master, -1
        if master >= 0:
            os.close(master)

    def hang_up_by_signal(self) -> None:
        """What the system sends then."""
        self.process.send_signal(signal.SIGHUP)

    def ended(self) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        return self.process.wait(timeout=PATIENCE)


def wait_for(what: object, seconds: float = PATIENCE) -> None:
    """Wait until a function says yes."""
    assert callable(what)
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
