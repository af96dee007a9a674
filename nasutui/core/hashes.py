"""SHA-256 of files, remembered so that an unchanged file is not read again."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from nasutui.core.database import Connection, connect, stored_path, transaction
from nasutui.core.files import open_regular

_INSERT = "INSERT OR REPLACE INTO file_hash VALUES (?, ?, ?, ?, ?, ?)"
_TOGETHER = 200


class FileHashes:
    """Hashes of the files of one project or folder. Safe to use from several threads."""

    def __init__(self, root: Path, connection: Connection | None = None) -> None:
        """connection: one to share; its users take its lock. A statement of one thread that is not
        read to its end keeps the view of the database that it began with, and a write of another
        thread on the same connection is refused for it."""
        self._root = root
        self._db = connection or connect(root, durable=False)
        self._own = connection is None
        self.lock = self._db.lock
        self._loaded: dict[bytes, tuple[int, int, int, int, bytes]] | None = None
        self._unsaved: list[bytes] = []

    def close(self) -> None:
        """Let go of the database."""
        self.save()
        if self._own:
            self._db.close()

    def load(self) -> None:
        """Read all that is remembered at once: worth it before asking for a whole folder. What is
        remembered from now on is written many at a time; `save` writes the last of it."""
        with self.lock:
            rows = self._db.execute(
                "SELECT path, size, mtime_ns, ctime_ns, inode, sha256 FROM file_hash"
            )
            self._loaded = {row[0]: row[1:] for row in rows}

    def sha256(self, path: Path) -> str:
        """Hex SHA-256 of the file, from memory when size, times and inode are unchanged.
        Raises OSError."""
        known = self.known(path)
        if known:
            return known
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._store(path, status, digest)
        return digest

    def known(self, path: Path) -> str | None:
        """The remembered hash, or None when the file is new or changed. Raises OSError."""
        status = path.stat()
        row = self._row(stored_path(self._root, path))
        if row and row[:4] == _fingerprint(status):
            return bytes(row[4]).hex()
        return None

    def remember(self, path: Path, digest: str, status: os.stat_result | None = None) -> None:
        """Note the hash of a file that was just written, or that was read after `status` was
        taken. Raises OSError."""
        self._store(path, status or path.stat(), digest)

    def _row(self, key: bytes) -> tuple[int, int, int, int, bytes] | None:
        if self._loaded is not None:
            return self._loaded.get(key)
        with self.lock:
            row: tuple[int, int, int, int, bytes] | None = self._db.execute(
                "SELECT size, mtime_ns, ctime_ns, inode, sha256 FROM file_hash WHERE path=?", (key,)
            ).fetchone()
        return row

    def _store(self, path: Path, status: os.stat_result, digest: str) -> None:
        key, row = stored_path(self._root, path), (*_fingerprint(status), bytes.fromhex(digest))
        if self._loaded is None:
            with self.lock:
                self._db.execute(_INSERT, (key, *row))
            return
        self._loaded[key] = row
        self._unsaved.append(key)
        if len(self._unsaved) >= _TOGETHER:
            self.save()

    def save(self) -> None:
        """Write what is remembered in memory only. Raises sqlite3.Error."""
        with self.lock:
            keys, self._unsaved = self._unsaved, []
            if keys and self._loaded is not None:
                loaded = self._loaded
                with transaction(self._db):
                    self._db.executemany(_INSERT, [(key, *loaded[key]) for key in keys])


def _fingerprint(status: os.stat_result) -> tuple[int, int, int, int]:
    return (
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino & 0x7FFF_FFFF_FFFF_FFFF,
    )
