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
from pathlib import Path

from filelock import FileLock, Timeout

from nasutui.core.database import STATE_DIR

_PREFIX = "owner-"


def write_lock(root: Path) -> FileLock:
    """The lock under which captions are compared and written; held for one batch only."""
    return FileLock(root / STATE_DIR / "write.lock")


class Owner:
    """This process's mark on the changes that it has begun."""

    def __init__(self, root: Path) -> None:
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
