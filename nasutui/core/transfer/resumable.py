"""Copying a large file so that an interrupted copy is gone on with, and verified at its end.

What has arrived lies beside the target under a hidden name; the target's own name appears when the
whole has been read back and is what it should be. So a target is never half of a file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator
from pathlib import Path

from nasutui.core.errors import InputError
from nasutui.core.events import Cancelled, Progress
from nasutui.core.files import sha256_file
from nasutui.core.i18n import _
from nasutui.core.text import display_name

_CHUNK = 1 << 20
_PREFIX, _SUFFIX = ".nasutui-", ".part"
MADE, UNCHANGED = "made", "unchanged"
OLDER = "older"  # the folder of what would have been overwritten


def part_of(target: Path) -> Path:
    """Where a copy of `target` that is under way lies."""
    return target.parent / f"{_PREFIX}{target.name}{_SUFFIX}"


def parts_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Copies under way in a folder, each with the name that it will have."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.name.startswith(_PREFIX) and path.name.endswith(_SUFFIX):
                yield path, path.name[len(_PREFIX) : -len(_SUFFIX)]


def copy_resumed(
    source: Path, target: Path, digest: str, cancelled: Cancelled
) -> Generator[Progress, None, str | None]:
    """Make `target` hold the bytes of `source`, whose SHA-256 is `digest`. Returns MADE or
    UNCHANGED, None when cancelled. Raises OSError, InputError ("damaged-copy")."""
    size = source.stat().st_size
    if _holds(target, size, digest):
        part_of(target).unlink(missing_ok=True)
        return UNCHANGED
    part = part_of(target)
    for _attempt in range(2):  # what lay there from an earlier run may be another file's beginning
        resumed = part.exists()
        if not (yield from _fill(source, part, size, target.name, cancelled)):
            return None
        if _holds(part, size, digest):
            os.replace(part, target)  # noqa: PTH105
            return MADE
        part.unlink()
        if not resumed:
            break
    text = _("{name} did not arrive as it was sent; check the disk and run it again")
    raise InputError(text.format(name=display_name(target)), code="damaged-copy")


def _fill(
    source: Path, part: Path, size: int, what: str, cancelled: Cancelled
) -> Generator[Progress, None, bool]:
    with source.open("rb") as reader, part.open("ab") as writer:
        done = min(writer.tell(), size)
        reader.seek(done)
        writer.truncate(done)
        yield Progress(what, done, size)
        while chunk := reader.read(_CHUNK):
            if cancelled():
                return False
            writer.write(chunk)
            done += len(chunk)
            yield Progress(what, done, size)
        writer.flush()
        os.fsync(writer.fileno())
    return True


def _holds(path: Path, size: int, digest: str) -> bool:
    try:
        return path.stat().st_size == size and sha256_file(path) == digest
    except FileNotFoundError:
        return False


def free_name(folder: Path, name: str) -> Path:
    """A path in the folder that is not taken: NAME, NAME-2 ..."""
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    return path


def keep_aside(path: Path, folder: Path) -> Path:
    """Move a file into `folder` without overwriting anything. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = free_name(folder, path.name)
    path.rename(kept)
    return kept
