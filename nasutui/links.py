"""Addresses for a person at a terminal: a link to click (OSC 8), the clipboard (OSC 52).

Over SSH the browser and the clipboard are on the other side; the terminal there understands both.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Mapping
from typing import Any

from nasutui.core.i18n import _
from nasutui.core.text import display_name


def hyperlink(url: str) -> str:
    """The address as a link; terminals that know no links show its text."""
    shown = display_name(url)
    return f"\x1b]8;;{shown}\x1b\\{shown}\x1b]8;;\x1b\\"


def clipboard(text: str, environment: Mapping[str, str]) -> str:
    """What makes the terminal copy the text. tmux and screen pass it on when it is wrapped; tmux
    takes it bare too, as its setting set-clipboard says."""
    code = f"\x1b]52;c;{base64.b64encode(text.encode()).decode('ascii')}\x07"
    if environment.get("TMUX"):
        return code + "\x1bPtmux;" + code.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environment.get("TERM", "").startswith("screen"):
        return f"\x1bP{code}\x1b\\"
    return code


def notebook_line(data: Mapping[str, Any]) -> str:
    """The answer of `--batch colab`: what was opened, or the address to open."""
    url = str(data["url"])
    if data["opened"]:
        return _("opened in your browser: {url}").format(url=display_name(url))
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return display_name(url)
    said = _("copied to the clipboard, if your terminal allows that; open it in a browser")
    return f"{clipboard(url, os.environ)}{hyperlink(url)}\n{said}"
