"""The one door for writing: a file appears whole or not at all.

A write goes to a temporary file in the same folder and is renamed into place, so that a reader,
a crash or a power cut meets either the old file or the new one. Nothing is flushed to the disk
here: captions are flushed once a change, in the journal (see journal.py), and what can be made
again needs no flush.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

TEMPORARY_PREFIX = ".nasutui-"
TEMPORARY_SUFFIX = ".tmp"
_CHUNK = 1 << 20


def _temporary_beside(path: Path) -> Path:
    name = f"{TEMPORARY_PREFIX}{os.getpid()}-{secrets.token_hex(6)}{TEMPORARY_SUFFIX}"
    return path.parent / name


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A binary file to write that takes the place of `path` when the block ends well.

    Raises OSError as the system does; then `path` is as it was and nothing is left behind.
    An existing file keeps its permissions.
    """
    temporary = _temporary_beside(path)
    try:
        with temporary.open("xb") as file:
            yield file
        with contextlib.suppress(OSError):
            os.chmod(temporary, path.stat().st_mode & 0o7777)  # noqa: PTH101
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def write_atomic(path: Path, data: bytes) -> None:
    """Make `path` hold `data`, whole or not at all. Raises OSError."""
    with atomic_file(path) as file:
        file.write(data)


def copy_atomic(source: Path, target: Path) -> str:
    """Copy a file, whole or not at all; returns the SHA-256 (hex) of what was written."""
    digest = hashlib.sha256()
    with source.open("rb") as reader, atomic_file(target) as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            writer.write(chunk)
    return digest.hexdigest()


def sha256_file(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_or_none(path: Path) -> bytes | None:
    """A file's bytes, or None when there is no such file. Other OSErrors are raised."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _is_running(pid: int) -> bool:
    if os.name == "nt":  # os.kill(pid, 0) would end the process there
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def remove_leftovers(folder: Path) -> int:
    """Remove temporary files that a killed process of ours left in `folder`; returns how many.

    The name says which process wrote it; the files of a living one stay.
    """
    removed = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if not (name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)):
                continue
            pid = name.removeprefix(TEMPORARY_PREFIX).partition("-")[0]
            if pid.isdecimal() and not _is_running(int(pid)):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)  # noqa: PTH108
                    removed += 1
    return removed
