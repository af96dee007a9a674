"""The real program in a real pseudo-terminal: tmux on a private socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

TMUX = shutil.which("tmux")
PATIENCE = 20.0  # seconds until what is waited for counts as missing
_POLL = 0.02


class Terminal:
    """One program in one terminal. Every wait polls the screen; nothing is timed."""

    def __init__(self, socket: str) -> None:
        self._socket = socket

    def _tmux(self, *arguments: str) -> str:
        assert TMUX is not None
        result = subprocess.run(
            [TMUX, "-L", self._socket, "-f", os.devnull, *arguments],
            capture_output=True, text=True, check=True, encoding="utf-8",
        )  # fmt: skip
        return result.stdout

    def start(
        self, size: tuple[int, int], command: list[str], environment: Mapping[str, str]
    ) -> None:
        """Run a command; the terminal stays when it ends."""
        pairs = [f"{name}={value}" for name, value in environment.items()]
        self._tmux(
            "new-session", "-d", "-s", "s", "-x", str(size[0]), "-y", str(size[1]),
            "env", *pairs, sys.executable, "-c", _RUN, *command,
        )  # fmt: skip

    def screen(self) -> str:
        """What the terminal shows."""
        return self._tmux("capture-pane", "-p", "-t", "s")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        self._tmux("send-keys", "-t", "s", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._tmux("send-keys", "-t", "s", "-l", text)

    def until(self, wanted: str | Callable[[str], bool]) -> str:
        """Wait for a text on the screen (or for what a function says of the screen)."""
        fits = (lambda shown: wanted in shown) if isinstance(wanted, str) else wanted
        end = time.monotonic() + PATIENCE
        while True:
            shown = self.screen()
            if fits(shown):
                return shown
            assert time.monotonic() < end, f"never came: {wanted!r}; the screen shows\n{shown}"
            time.sleep(_POLL)

    def kill(self) -> None:
        """End the terminal and what runs in it."""
        assert TMUX is not None
        subprocess.run([TMUX, "-L", self._socket, "kill-server"], capture_output=True, check=False)


_RUN = """
import subprocess, sys, time
print("left with", subprocess.call(sys.argv[1:]), flush=True)
time.sleep(600)
"""


@contextmanager
def terminal() -> Iterator[Terminal]:
    """A terminal on a socket of its own, gone at the end."""
    found = Terminal(f"nasutui-{uuid.uuid4().hex[:12]}")
    try:
        yield found
    finally:
        found.kill()


def wait_for_file(path: Path, text: str) -> None:
    """Wait until a file holds exactly this text."""
    end = time.monotonic() + PATIENCE
    while path.read_text(encoding="utf-8") != text:
        assert time.monotonic() < end, f"{path.name} holds {path.read_text(encoding='utf-8')!r}"
        time.sleep(_POLL)
