"""The real program in a real terminal: tmux on a private socket."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

HAS_TMUX = shutil.which("tmux") is not None
_PATIENCE = 30.0


class Terminal:
    """One program in one terminal window; use as a context manager."""

    def __init__(
        self,
        arguments: list[str],
        home: Path,
        size: tuple[int, int] = (80, 24),
        lang: str = "C.UTF-8",
        **more: str,
    ) -> None:
        self._socket = f"nasutui-{os.getpid()}-{secrets.token_hex(3)}"
        environment = {
            "LANG": lang,
            "LC_ALL": lang,
            "TEXTUAL_ANIMATIONS": "none",
            "NASUTUI_CONFIG": str(home / "config.toml"),
            "NASUTUI_CACHE": str(home / "cache"),
            "NASUTUI_PROJECTS": str(home / "projects"),
            "COLORTERM": "truecolor",
        } | more
        command = [
            "env",
            "-u",
            "COLORTERM",
            "-u",
            "NO_COLOR",
            *(f"{k}={v}" for k, v in environment.items() if v),
        ]
        command += [sys.executable, "-m", "nasutui", *arguments]
        # The last line stays readable after the program has ended.
        shell = f"{shlex.join(command)}; echo ENDED $?; exec sleep 60"
        self._tmux("new-session", "-d", "-s", "s", "-x", str(size[0]), "-y", str(size[1]), shell)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_exc: object) -> None:
        subprocess.run(
            ["tmux", "-L", self._socket, "kill-server"],
            capture_output=True,
            check=False,
            timeout=10,
        )

    def _tmux(self, *arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-L", self._socket, "-f", "/dev/null", *arguments],
            capture_output=True, text=True, check=True, timeout=20, encoding="utf-8",
        ).stdout  # fmt: skip

    def screen(self) -> str:
        """What the terminal shows now."""
        return self._tmux("capture-pane", "-p", "-t", "s")

    def title(self) -> str:
        """The title of the terminal window."""
        return self._tmux("display-message", "-p", "-t", "s", "#{pane_title}").strip()

    def wait_for(self, *texts: str) -> str:
        """Wait until all texts are on the screen; the screen. Fails with the last screen."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            shown = self.screen()
            if all(text in shown for text in texts):
                return shown
            if time.monotonic() > deadline:
                raise AssertionError(f"waited for {texts}, the screen says:\n{shown}")
            time.sleep(0.05)

    def wait_gone(self, text: str) -> str:
        """Wait until a text is no longer on the screen."""
        deadline = time.monotonic() + _PATIENCE
        while text in (shown := self.screen()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{text} stays, the screen says:\n{shown}")
            time.sleep(0.05)
        return shown

    def press(self, *keys: str) -> None:
        """Send keys by tmux' names (Enter, Down, C-q, j ...)."""
        self._tmux("send-keys", "-t", "s", *keys)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._tmux("send-keys", "-t", "s", "-l", text)

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size."""
        self._tmux("resize-window", "-t", "s", "-x", str(columns), "-y", str(rows))
