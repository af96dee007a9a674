"""A picture in full resolution, on terminals that can: the app steps aside, the picture is printed
once by the terminal's own protocol, any key returns.

The protocol is chosen by the config or by what names the terminal beyond doubt, never by asking the
terminal: over a slow link the answer arrives late and would be taken for key presses.
"""

from __future__ import annotations

import base64
import io
import os
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nasutui.core.config import Config

if TYPE_CHECKING:
    from PIL import Image

_CHUNK = 4096
_CELL = (10, 20)  # pixels of a cell, about; the terminal scales to the cells that are asked for


def protocol(config: Config, environment: Mapping[str, str]) -> str | None:
    """ "kitty", "iterm2" or None."""
    if config.images in ("kitty", "iterm2"):
        return config.images
    if config.images == "none" or "TMUX" in environment:
        return None  # tmux keeps the sequences to itself
    if environment.get("TERM") in ("xterm-kitty", "xterm-ghostty"):
        return "kitty"
    if "iTerm2" in (environment.get("LC_TERMINAL"), environment.get("TERM_PROGRAM")):
        return "iterm2"
    if environment.get("TERM_PROGRAM") == "iTerm.app":
        return "iterm2"
    return None


def escape_for(image: Image.Image, name: str) -> str:
    """The sequence that shows the picture as large as the terminal is, less one line."""
    columns, rows = shutil.get_terminal_size()
    width, height = columns * _CELL[0], (rows - 2) * _CELL[1]
    fitting = image.copy()
    fitting.thumbnail((width, height))
    buffer = io.BytesIO()
    fitting.save(buffer, format="PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    if name == "iterm2":
        return f"\x1b]1337;File=inline=1;height={rows - 2};preserveAspectRatio=1:{data}\x07"
    parts = [data[i : i + _CHUNK] for i in range(0, len(data), _CHUNK)]
    first = "a=T,f=100,"
    return "".join(
        f"\x1b_G{first if i == 0 else ''}m={int(i < len(parts) - 1)};{part}\x1b\\"
        for i, part in enumerate(parts)
    )


def show_and_wait(image: Image.Image, name: str, hint: str) -> None:
    """Print the picture and wait for a key; call while the app is suspended."""
    out = sys.__stdout__
    if out is None:
        return
    out.write("\x1b[2J\x1b[H" + escape_for(image, name) + f"\r\n{hint}")
    out.flush()
    _wait_for_key()
    out.write("\x1b[2J\x1b[H")
    out.flush()


def _wait_for_key() -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.getch()  # type: ignore[attr-defined]
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        os.read(descriptor, 32)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
