"""The real program on a bare pseudo-terminal: every byte it sends is counted, kept and understood."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.screen_buffer import ScreenBuffer

PATIENCE = 40.0
QUIET_SECONDS = 0.35  # longer than the program's own pauses before it draws a picture


def plain_environment(home: Path, **changes: str) -> dict[str, str]:
    """What a log-in shell has, and nothing of the machine's own terminal or language."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "HF_HOME") if name in os.environ}
    return kept | {
        "TERM": "xterm-256color", "LANG": "C.UTF-8",
        "NASUTUI_CONFIG": str(home / "config.toml"), "NASUTUI_CACHE": str(home / "cache"),
        "NASUTUI_PROJECTS": str(home / "projects"), "NASUTUI_STATE": str(home / "state"),
    } | changes  # fmt: skip


class PseudoTerminal:
    """A terminal of a given size with one program in it. Every wait polls; nothing is timed."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int]
    ) -> None:
        self._master, slave = pty.openpty()
        self._size(slave, *size)
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=dict(environment),
            start_new_session=True, preexec_fn=_own_the_terminal,
        )  # fmt: skip
        self.buffer = ScreenBuffer(*size)
        self.sent = b""  # all that the program has sent

    @staticmethod
    def _size(descriptor: int, columns: int, rows: int) -> None:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self) -> None:
        """End the program and the terminal."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._slave)
        os.close(self._master)

    def read(self, seconds: float) -> int:
        """Take what comes within so many seconds; how many bytes came."""
        if not select.select([self._master], [], [], seconds)[0]:
            return 0
        chunk = b""
        with contextlib.suppress(OSError):
            chunk = os.read(self._master, 1 << 16)
        self.sent += chunk
        self.buffer.feed(chunk)
        return len(chunk)

    def quiet(self, seconds: float = QUIET_SECONDS) -> int:
        """Read until nothing came for so long; how many bytes came."""
        end, count = time.monotonic() + PATIENCE, 0
        while got := self.read(seconds):
            count += got
            assert time.monotonic() < end, "it never stops to send"
        return count

    def listen(self, seconds: float) -> int:
        """Read for so long; how many bytes came."""
        end, count = time.monotonic() + seconds, 0
        while (left := end - time.monotonic()) > 0:
            count += self.read(left)
        return count

    def screen(self) -> str:
        """What the terminal shows."""
        return self.buffer.text()

    def until(self, *wanted: str, gone: str = "", fits: Callable[[str], bool] = bool) -> str:
        """Wait for texts on the screen (and for one that goes); the screen."""
        end = time.monotonic() + PATIENCE
        while True:
            self.read(0.02)
            shown = self.screen()
            missing = [text for text in wanted if text not in shown]
            if not missing and not (gone and gone in shown) and fits(shown):
                return shown
            assert time.monotonic() < end, f"{missing or gone!r}; the screen says\n{shown}"

    def send(self, keys: str | bytes) -> None:
        """Send keys as a terminal does."""
        os.write(self._master, keys.encode() if isinstance(keys, str) else keys)

    def cost(self, keys: str) -> int:
        """The bytes that the program sends for keys, until it is quiet."""
        self.quiet()
        self.send(keys)
        return self.quiet()

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal, as its window does."""
        self.buffer.resize(columns, rows)
        self._size(self._master, columns, rows)

    def ended(self) -> int:
        """Wait for the end of the program; its exit code."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            self.read(0.05)
            assert time.monotonic() < end, f"it does not end; the screen says\n{self.screen()}"
        while self.read(0):
            pass
        return self.process.returncode

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        self.process.send_signal(number)

    def left_as_found(self) -> bool:
        """Whether the terminal's own settings are what they were before the program."""
        return termios.tcgetattr(self._slave) == self.before


def _own_the_terminal() -> None:
    """In the child: make its terminal the one that controls it (resizing and hanging up signal it)."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def pseudo_terminal(
    arguments: Sequence[str | Path],
    home: Path,
    size: tuple[int, int] = (80, 24),
    through: Sequence[str] = (),
    **changes: str,
) -> Iterator[PseudoTerminal]:
    """`nasutui ARGUMENTS` in a terminal; `through` is a command that runs it (a slow link)."""  # fmt: skip
    command = [*through, sys.executable, "-m", "nasutui", *map(os.fspath, arguments)]
    terminal = PseudoTerminal(command, plain_environment(home, **changes), size)
    try:
        yield terminal
    finally:
        terminal.close()


def colours_in(sent: bytes) -> set[str]:
    """The ways of naming a colour that were used: "16", "256", "true"."""
    found = set()
    for codes in re.findall(rb"\x1b\[([0-9;]*)m", sent):
        if b"38;2;" in codes or b"48;2;" in codes:
            found.add("true")
        elif b"38;5;" in codes or b"48;5;" in codes:
            found.add("256")
        elif re.search(rb"\b(3|4|9|10)[0-7]\b", codes):
            found.add("16")
    return found
