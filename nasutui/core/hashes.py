"""SHA-256 of files, remembered so that an unchanged file is not read again."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from pathlib import Path

from nasutui.core.database import connect, stored_path


class FileHashes:
    """Hashes of the files of one project or folder. Safe to use from several threads."""

    def __init__(self, root: Path, connection: sqlite3.Connection | None = None) -> None:
        self._root = root
        self._db = connection or connect(root, durable=False)
        self._own = connection is None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of the database."""
        if self._own:
            self._db.close()

    def sha256(self, path: Path) -> str:
        """Hex SHA-256 of the file, from memory when size, times and inode are unchanged.
        Raises OSError."""
        known = self.known(path)
        if known:
            return known
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._store(path, status, digest)
        return digest

    def known(self, path: Path) -> str | None:
        """The remembered hash, or None when the file is new or changed. Raises OSError."""
        status = path.stat()
        with self._lock:
            row = self._db.execute(
                "SELECT size, mtime_ns, ctime_ns, inode, sha256 FROM file_hash WHERE path=?",
                (stored_path(self._root, path),),
            ).fetchone()
        if row and row[:4] == _fingerprint(status):
            return bytes(row[4]).hex()
        return None

    def remember(self, path: Path, digest: str) -> None:
        """Note the hash of a file that was just written. Raises OSError."""
        self._store(path, path.stat(), digest)

    def _store(self, path: Path, status: os.stat_result, digest: str) -> None:
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO file_hash VALUES (?, ?, ?, ?, ?, ?)",
                (stored_path(self._root, path), *_fingerprint(status), bytes.fromhex(digest)),
            )


def _fingerprint(status: os.stat_result) -> tuple[int, int, int, int]:
    return (
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino & 0x7FFF_FFFF_FFFF_FFFF,
    )
