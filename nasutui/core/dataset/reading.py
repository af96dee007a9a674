"""Reading a hundred thousand captions: one file's state and row, with as few calls as can be.

What a caption says is decided by editing/captions.py alone; the short way taken here for the ordinary file
(one line of UTF-8) gives the same, and everything else goes there.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from typing import Final

from nasutui.core.dataset.vocabulary import Row, Vocabulary
from nasutui.core.editing.captions import decode_caption
from nasutui.core.errors import CaptionError, explain_os_error, os_error_code
from nasutui.core.i18n import _
from nasutui.core.text import display_name

Fingerprint = tuple[int, int, int, int]

MISSING: Final[Fingerprint] = (-1, -1, -1, -1)
# A file changed less than this before it was read may change again without its times showing it
# (FAT keeps times of two seconds); it is read once more at the next look.
_YOUNG_NANOSECONDS = 2_000_000_000
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class State:
    """What is unusual about a caption file. unreadable: why it can't be read, safe to show;
    code: a stable word for that."""

    oddities: tuple[str, ...] = ()
    unreadable: str | None = None
    code: str = ""


ORDINARY: Final = State()


@dataclass(frozen=True, slots=True)
class Read:
    """A caption as it was found. `young`: look again, see above."""

    row: Row
    state: State
    fingerprint: Fingerprint
    young: bool = False


ABSENT: Final = Read(b"", ORDINARY, MISSING)


def fingerprint(status: os.stat_result) -> Fingerprint:
    """What changes when a file does: modification and change time, size, inode."""
    return (
        status.st_mtime_ns, status.st_ctime_ns, status.st_size,
        status.st_ino & 0x7FFF_FFFF_FFFF_FFFF,
    )  # fmt: skip


def is_young(found: Fingerprint, now: int) -> bool:
    """True when a file read at `now` (nanoseconds) may change without its fingerprint showing it."""
    return now - found[0] < _YOUNG_NANOSECONDS


def read_caption_row(path: str, name: str, vocabulary: Vocabulary) -> Read:
    """Read one caption file. Never raises for what is wrong with the file: that is its state.
    `name` is the file's name, for messages."""
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        return ABSENT
    except OSError as error:
        return Read(b"", _refused(error, name), fingerprint_of(path))
    try:
        status = os.fstat(descriptor)
        found = fingerprint(status)
        if not stat.S_ISREG(status.st_mode):
            reason = _("{name}: not a regular file").format(name=display_name(name))
            return Read(b"", State((), reason, "not-a-file"), found)
        data = _all(descriptor, status.st_size)
    except OSError as error:
        return Read(b"", _refused(error, name), fingerprint_of(path))
    finally:
        os.close(descriptor)
    row, state = row_of(data, vocabulary)
    return Read(row, state, found, is_young(found, time.time_ns()))


def row_of(data: bytes, vocabulary: Vocabulary) -> tuple[Row, State]:
    """The row and state of a caption file's bytes."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\n\n"
    line = text.removesuffix("\n")
    if line.isprintable() and not line.startswith("\ufeff"):
        return vocabulary.row_of_text(line), ORDINARY
    try:
        caption = decode_caption(data)
    except CaptionError as error:
        return b"", State((), str(error), error.code)
    return vocabulary.row(caption.tags), State(caption.oddities)


def _all(descriptor: int, size: int) -> bytes:
    data = os.read(descriptor, size + 1)
    while len(data) < size:
        more = os.read(descriptor, size + 1 - len(data))
        if not more:
            break
        data += more
    return data


def fingerprint_of(path: str) -> Fingerprint:
    """The fingerprint of a file now; MISSING when there is none."""
    try:
        return fingerprint(os.stat(path))  # noqa: PTH116 - a Path would cost more than the call
    except OSError:
        return MISSING


def _refused(error: OSError, name: str) -> State:
    return State((), explain_os_error(error, name), os_error_code(error))
