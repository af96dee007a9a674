"""The one door for writing: a file appears whole or not at all.

A write goes to a temporary file in the same folder and is renamed into place, so that a reader or
a crash meets either the old file or the new one. A write is not flushed to the disk by itself: that
would cost minutes on thousands of captions. The journal flushes once a change (`flush_to_disk`),
and what can be made again needs no flush.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from nasutui.core.i18n import _

TEMPORARY_PREFIX = ".nasutui-"
TEMPORARY_SUFFIX = ".tmp"
_STALE_SECONDS = 600.0  # without a write; one takes milliseconds
_CHUNK = 1 << 20
_OWNER_ONLY = 0o600


def _temporary_beside(path: Path) -> str:
    name = f"{TEMPORARY_PREFIX}{os.getpid()}-{secrets.token_hex(6)}{TEMPORARY_SUFFIX}"
    return os.path.join(os.path.dirname(path), name)  # noqa: PTH118, PTH120 - a Path costs more


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A binary file to write that takes the place of `path` when the block ends well.

    Raises OSError as the system does; then `path` is as it was and nothing is left behind.
    An existing file keeps its permissions.
    """
    temporary = _temporary_beside(path)
    try:
        with open(temporary, "xb") as file:  # noqa: PTH123
            yield file
            mode = os.fstat(file.fileno()).st_mode
        _put_in_place(temporary, mode, path)
    except BaseException:
        _remove(temporary)
        raise


def write_atomic(path: Path, data: bytes, *, private: bool = False) -> None:
    """Make `path` hold `data`, whole or not at all. A private file is its owner's only, from the
    beginning. Raises OSError."""
    temporary = _temporary_beside(path)
    try:
        opener = private_opener if private else None
        with open(temporary, "xb", buffering=0, opener=opener) as file:
            number = file.fileno()
            _allocate(number, len(data))
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(number, rest) :]
            mode = os.fstat(number).st_mode
        _put_in_place(temporary, None if private else mode, path)
    except BaseException:
        _remove(temporary)
        raise


def _allocate(number: int, size: int) -> None:
    """Have the blocks of an open file allocated now. ext4 would do it when the file takes another
    one's place, and write it out then and there: a third of the time of a change of thousands."""
    if size and hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(number, 0, size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
                raise


def _put_in_place(temporary: str, mode: int | None, path: Path) -> None:
    """mode: of the temporary file (None: it stays, whatever the old file's)."""
    with contextlib.suppress(OSError):
        wanted = os.stat(path).st_mode  # noqa: PTH116
        if mode is not None and wanted != mode:
            os.chmod(temporary, wanted & 0o7777)  # noqa: PTH101
    os.replace(temporary, path)  # noqa: PTH105


def _remove(temporary: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(temporary)  # noqa: PTH108


def private_opener(path: str, flags: int) -> int:
    """For `open(..., opener=)`: what is made is its owner's only, whatever the umask."""
    return os.open(path, flags, _OWNER_ONLY)


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner can look into; one that is there stays as it is. Raises
    OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


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


def expanded(given: str | Path) -> Path:
    """The path with its `~` put in. A `~` that means nobody here is part of an ordinary name."""
    try:
        return Path(given).expanduser()
    except RuntimeError:
        return Path(given)


def _regular(path: Path) -> int:
    """The descriptor of a file to read. Raises OSError, also for what is no regular file: to open a
    pipe would wait for ever."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, _("not a regular file"), str(path))
    return descriptor


def open_regular(path: Path) -> BufferedReader:
    """A file to read. Raises OSError, also for what is no regular file."""
    return os.fdopen(_regular(path), "rb")


def read_regular(path: Path) -> bytes:
    """A file's bytes. Raises OSError like `open_regular`."""
    with os.fdopen(_regular(path), "rb", buffering=0) as file:
        return file.read()


def read_or_none(path: Path) -> bytes | None:
    """A file's bytes, or None when there is no such file. Other OSErrors are raised."""
    try:
        return read_regular(path)
    except FileNotFoundError:
        return None


def flush_to_disk(folders: Iterable[Path]) -> None:
    """Wait until all that was written in these folders is on the disk: one flush a file system,
    however many files. Where the system has no such call, nothing happens."""
    devices: dict[int, Path] = {}
    for folder in folders:
        with contextlib.suppress(OSError):
            devices.setdefault(folder.stat().st_dev, folder)
    if not all(map(_flush_file_system, devices.values())) and hasattr(os, "sync"):
        os.sync()


def _flush_file_system(folder: Path) -> bool:
    """True when the file system of this folder was flushed on its own (Linux)."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        syncfs = ctypes.CDLL(None, use_errno=True).syncfs
        handle = os.open(folder, os.O_RDONLY)
    except (AttributeError, OSError):
        return False
    try:
        return bool(syncfs(handle) == 0)
    finally:
        os.close(handle)


def _is_running(pid: int) -> bool:
    if os.name == "nt":  # os.kill(pid, 0) would end the process there
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def remove_leftovers(folder: Path) -> int:
    """Remove temporary files that a killed process of ours left in `folder`; returns how many.

    The name says which process wrote it; the files of a living one stay, unless they are so old
    that the number must be another process's by now.
    """
    removed = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if not (name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)):
                continue
            pid = name.removeprefix(TEMPORARY_PREFIX).partition("-")[0]
            if not pid.isdecimal():
                continue
            with contextlib.suppress(OSError):
                stale = time.time() - entry.stat(follow_symlinks=False).st_mtime > _STALE_SECONDS
                if stale or not _is_running(int(pid)):
                    os.unlink(entry.path)  # noqa: PTH108
                    removed += 1
    return removed
