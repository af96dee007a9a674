"""Who is at work on a change: a lock file that the system lets go of when its process dies.

A process id alone would not do (it is used again after a restart); the lock of a killed process
is free at once, whatever killed it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from nasutui.core.database import STATE_DIR
from nasutui.core.errors import StateError
from nasutui.core.i18n import _
from nasutui.core.text import display_name

_PREFIX = "owner-"
_LOCK_SECONDS = 120.0


@contextlib.contextmanager
def write_lock(root: Path) -> Iterator[None]:
    """The lock under which captions are compared and written; held for one batch only.

    Raises StateError when another process does not let go of it."""
    lock = FileLock(root / STATE_DIR / "write.lock")
    try:
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout as error:
        text = _("another nasutui is writing in {name}; try again when it is done")
        raise StateError(text.format(name=display_name(root)), code="state-busy") from error
    try:
        yield
    finally:
        lock.release()


class Owner:
    """This process's mark on the changes that it has begun. Made under the write lock."""

    def __init__(self, root: Path) -> None:
        for stray in (root / STATE_DIR).glob(f"{_PREFIX}*.lock"):
            is_abandoned(root, stray.name)
        self.name = f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}.lock"
        self._lock = FileLock(root / STATE_DIR / self.name)
        self._lock.acquire()

    def release(self) -> None:
        """Give the mark back; changes that carry it count as abandoned from now on."""
        path = Path(self._lock.lock_file)
        self._lock.release()
        with contextlib.suppress(OSError):
            path.unlink()


def is_abandoned(root: Path, name: str | None) -> bool:
    """True when no living process holds this mark. Removes the mark's file if so."""
    if not name:
        return True
    path = root / STATE_DIR / name
    if not path.exists():
        return True
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    lock.release()
    with contextlib.suppress(OSError):
        path.unlink()
    return True


@functools.cache
def boot_id() -> str:
    """A word that is another one after each start of the machine ("" where none is to be had)."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    if sys.platform == "darwin":
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            return subprocess.run(
                ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"],
                capture_output=True, text=True, timeout=5, check=True,
            ).stdout.strip()  # fmt: skip
    return ""
