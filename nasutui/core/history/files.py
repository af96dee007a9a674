"""The journal's hands: comparing a file with what it should be, and writing it."""

from __future__ import annotations

from pathlib import Path

from nasutui.core.errors import explain_os_error, os_error_code
from nasutui.core.files import read_or_none, write_atomic
from nasutui.core.history.types import Refusal
from nasutui.core.i18n import _
from nasutui.core.text import display_name

_ANY_WRITE = 0o222


def refused_by_system(path: Path, error: OSError) -> Refusal:
    """A Refusal for what the operating system did not allow."""
    return Refusal(path, os_error_code(error), explain_os_error(error, path.name))


def changed_meanwhile(path: Path) -> Refusal:
    """A Refusal for a file that is not as it was left."""
    return Refusal(
        path,
        "changed-meanwhile",
        _("{name}: another program has changed it meanwhile; it is left as it is").format(
            name=display_name(path.name)
        ),
    )


def compare(path: Path, expected: bytes | None) -> Refusal | None:
    """None when the file holds what is expected (None: is not there)."""
    try:
        current = read_or_none(path)
    except OSError as error:
        return refused_by_system(path, error)
    return None if current == expected else changed_meanwhile(path)


def write(path: Path, expected: bytes | None, data: bytes | None) -> Refusal | None:
    """Make the file hold `data` (None: remove it) if it still holds what is expected.

    Compared once more right here: in a change of thousands of files, another program has whole
    seconds to save one of them after the first look.
    """
    refusal = compare(path, expected)
    if refusal:
        return refusal
    try:
        if data is None:
            path.unlink(missing_ok=True)
            return None
        if expected is not None and not path.stat().st_mode & _ANY_WRITE:
            # A rename would take its place all the same; whoever locked it does not want that.
            return Refusal(
                path,
                "no-permission",
                _("{name}: it is write-protected; allow writing and run it again").format(
                    name=display_name(path.name)
                ),
            )
        write_atomic(path, data)
    except OSError as error:
        return refused_by_system(path, error)
    return None
