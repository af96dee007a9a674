"""A terminal's screen made from what a program sends; what it does not understand is an error.

It knows what a full-screen program has any reason to send and refuses everything else, so that an
escape sequence that came in with a file name does not pass unseen.
"""

from __future__ import annotations

import codecs
import re

from rich.cells import cell_len, split_graphemes

# Cursor, erasing, colours; private modes; questions about modes; the keyboard's protocol.
_CSI = re.compile(r"\x1b\[([<>?=]?)([0-9;]*)(\$?)([A-Za-z])")
_OSC = re.compile(r"\x1b\]([0-9]+);([^\x07\x1b]*)(?:\x07|\x1b\\)")
_UNFINISHED = re.compile(r"\x1b(?:\[[<>?=]?[0-9;]*\$?|\][^\x07\x1b]*\x1b?)?\Z")
_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]+")
_MODES = {
    "1000", "1003", "1004", "1006", "1015", "1016", "1049", "2004", "2026", "2048", "25", "7",
}  # fmt: skip


class UnknownSequenceError(AssertionError):
    """The program sent something that it has no reason to send."""


class ScreenBuffer:
    """Columns and rows of cells, a cursor, and the modes that are on."""

    def __init__(self, columns: int, rows: int) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("strict").decode
        self._waiting = ""
        self._x = self._y = 0
        self.modes: set[str] = set()
        self.keyboard = 0  # levels of the keyboard's protocol that are pushed
        self.titles: list[str] = []
        self.clipboard: list[str] = []
        self.beyond: list[str] = []  # what went over the right edge, as after a resize it may
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """Another size; what was shown is gone, as a program has to draw it all again."""
        self.columns, self.rows = columns, rows
        self.cells = [[" "] * columns for _row in range(rows)]

    def text(self) -> str:
        """The lines as a person sees them."""
        return "\n".join("".join(row).rstrip() for row in self.cells)

    def feed(self, data: bytes) -> None:
        """Take what the program sent. Raises UnknownSequenceError."""
        text = self._waiting + self._decode(data)
        at = 0
        while at < len(text):
            step = self._take(text, at)
            if step == 0:
                break
            at += step
        self._waiting = text[at:]

    def _take(self, text: str, at: int) -> int:
        """Obey what stands at a place; how many characters that was, 0 when more must come."""
        if found := _TEXT.match(text, at):
            # What belongs to the last character may come with the next bytes.
            self._write(found.group())
            return len(found.group())
        if text[at] == "\x1b":
            if _UNFINISHED.match(text, at):
                return 0
            if found := _CSI.match(text, at):
                self._control(*found.groups())
                return len(found.group())
            if found := _OSC.match(text, at):
                self._command(*found.groups())
                return len(found.group())
        elif text[at] == "\r":
            self._x = 0
            return 1
        elif text[at] == "\n":
            self._y = min(self._y + 1, self.rows - 1)
            return 1
        raise UnknownSequenceError(repr(text[at : at + 60]))

    def _write(self, text: str) -> None:
        for start, end, width in split_graphemes(text)[0]:
            if width == 0 and self._x:
                self.cells[self._y][self._x - 1] += text[start:end]
                continue
            if self._x + width > self.columns:
                self.beyond.append(text)
                return
            row = self.cells[self._y]
            self._free(row, self._x)
            self._free(row, self._x + width)
            row[self._x : self._x + width] = [text[start:end], *[""] * (width - 1)]
            self._x += width

    def _free(self, row: list[str], x: int) -> None:
        """A wide character that is overwritten in part is gone as a whole."""
        if 0 < x < self.columns and row[x] == "" and cell_len(row[x - 1]) == 2:
            row[x - 1] = row[x] = " "

    def _control(self, private: str, numbers: str, dollar: str, letter: str) -> None:
        values = [int(n) for n in numbers.split(";") if n]
        if private == "?" and letter in "hl" and set(numbers.split(";")) <= _MODES:
            for mode in numbers.split(";"):
                (self.modes.add if letter == "h" else self.modes.discard)(mode)
        elif private == "?" and dollar and letter == "p" and numbers in _MODES:
            pass  # a question; this terminal is too old to answer
        elif private == ">" and letter == "u":
            self.keyboard += 1
        elif private == "<" and letter == "u":
            self.keyboard -= 1
        elif private or dollar:
            raise UnknownSequenceError(f"{private}{numbers}{dollar}{letter}")
        else:
            self._plain_control(values, letter)

    def _plain_control(self, values: list[int], letter: str) -> None:
        first = values[0] if values else 0
        if letter == "m":
            return
        if letter == "H":
            y, x = ([*values, 1, 1] if values else [1, 1])[:2]
            if not (y >= 1 and x >= 1):
                raise UnknownSequenceError(f"cursor to {values}")
            self._y, self._x = min(y, self.rows) - 1, min(x, self.columns) - 1
        elif letter == "J" and first == 2:
            self.resize(self.columns, self.rows)
        elif letter == "K" and first in (0, 2):
            start = 0 if first == 2 else self._x
            self.cells[self._y][start:] = [" "] * (self.columns - start)
        elif letter == "A":
            self._y = max(0, self._y - max(1, first))
        elif letter == "C":
            self._x = min(self.columns - 1, self._x + max(1, first))
        else:
            raise UnknownSequenceError(f"{values} {letter}")

    def _command(self, number: str, text: str) -> None:
        if number in ("0", "2"):
            self.titles.append(text)
        elif number == "52":
            self.clipboard.append(text)
        elif not (
            number == "8" or (number == "22" and re.fullmatch("[a-z-]+", text))
        ):  # a link, a pointer
            raise UnknownSequenceError(f"command {number} {text!r}")
