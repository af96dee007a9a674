"""The one door for text from outside: file names, tags, servers' answers, exceptions.

A terminal obeys what it is sent. A file name may hold escape sequences that retitle the window
or swallow a line, bidirectional overrides that show another name than the real one, and bytes
that are no text. Nothing from outside reaches a terminal except through this module.
"""

from __future__ import annotations

import json
import re
import unicodedata
from os import PathLike, fspath
from typing import Any

_KEEP = {"\u200d"}  # ZERO WIDTH JOINER holds emoji families together
_UNSAFE_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_UNSAFE_JSON = re.compile(
    "[\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


def display_name(text: str | PathLike[str]) -> str:
    """Text that is safe to show: composed (NFC), and each control, format or broken character
    replaced by U+FFFD. Never use the result to open a file."""
    return display_typed(unicodedata.normalize("NFC", str(fspath(text))))


def display_typed(text: str) -> str:
    """Like `display_name`, character for character, for a line in which a cursor stands."""
    if text.isprintable():
        return text
    return "".join(
        "\ufffd" if c not in _KEEP and unicodedata.category(c) in _UNSAFE_CATEGORIES else c
        for c in text
    )


def display_block(text: str) -> str:
    """Like `display_name`, for text of several lines: line ends stay."""
    return "\n".join(display_name(line) for line in text.splitlines())


_DIGITS = re.compile("([0-9]+)")


def json_line(value: Any) -> str:
    """One JSON document in one line. Japanese stays readable; what a terminal would obey, and
    what is no valid text, is written as \\uXXXX, which any JSON reader turns back."""
    line = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return _UNSAFE_JSON.sub(lambda m: f"\\u{ord(m.group()):04x}", line)


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key in which img2 comes before img10, the same for NFC and NFD names.

    Digits count by value, letters without case; equal names fall back to their exact text.
    """
    composed = name if name.isascii() else unicodedata.normalize("NFC", name)
    key: list[tuple[int, int, str]] = []
    for place, part in enumerate(_DIGITS.split(composed.casefold())):
        if place % 2:
            # Compared as text of the same length: Python refuses to make a number of too many digits.
            digits = part.lstrip("0")
            key.append((0, len(digits), digits))
        elif part:
            key.append((1, 0, part))
    return (*key, (2, 0, composed))
