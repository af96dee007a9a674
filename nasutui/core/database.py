"""The one SQLite file of a project or folder: `.nasutui/state.db`.

Paths in it are relative to the folder that holds `.nasutui`, with forward slashes, so that a
project can be moved or renamed. Every connection here commits by itself (autocommit); what must
be one transaction says so with `transaction`.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nasutui.core.errors import StateError, explain_os_error, os_error_code
from nasutui.core.i18n import _
from nasutui.core.text import display_name

STATE_DIR = ".nasutui"
PROJECT_FILE = "project.toml"
_SCHEMA_VERSION = 1
_BUSY_SECONDS = 30.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One row a change (a bulk change is one), see history/journal.py.
CREATE TABLE IF NOT EXISTS change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,                 -- ISO 8601, UTC
    step TEXT NOT NULL,
    label TEXT NOT NULL,
    state TEXT NOT NULL,              -- applying, applied, undoing, undone, redoing
    files INTEGER NOT NULL DEFAULT 0, -- how many it changed, once it is complete
    dropped INTEGER NOT NULL DEFAULT 0, -- undone, and not to be redone since this change was begun
    owner TEXT,                       -- lock file of the process that is at work on it
    boot TEXT NOT NULL                -- the machine's boot in which that process runs
);
CREATE TABLE IF NOT EXISTS edit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    change_id INTEGER NOT NULL REFERENCES change(id),
    path BLOB NOT NULL,               -- file-system bytes, relative
    before BLOB,                      -- NULL: no file; the same as after: only memory changed
    after BLOB,
    memory_before TEXT,               -- provenance of the caption, see editing/provenance.py
    memory_after TEXT,
    undone INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL,         -- 1: the file may not have reached the disk yet
    turn INTEGER NOT NULL             -- counts what is done: made, undone, redone
);
CREATE INDEX IF NOT EXISTS edit_by_change ON edit(change_id);
CREATE INDEX IF NOT EXISTS edit_by_path ON edit(path, turn);

CREATE TABLE IF NOT EXISTS memory (path BLOB PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- SHA-256 of files, so that unchanged files are not read again.
CREATE TABLE IF NOT EXISTS file_hash (
    path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER,
    sha256 BLOB NOT NULL
) WITHOUT ROWID;

-- Pictures that we made: what from, and what they were when we wrote them.
CREATE TABLE IF NOT EXISTS made (
    path BLOB PRIMARY KEY, sha256 BLOB NOT NULL, source TEXT NOT NULL, source_sha256 BLOB NOT NULL,
    slot INTEGER NOT NULL DEFAULT 0,  -- which crop of the source
    settings TEXT NOT NULL
) WITHOUT ROWID;

-- Taggers and their sparse scores, see tagging/scores.py.
CREATE TABLE IF NOT EXISTS model (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, tags BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS score (
    picture BLOB NOT NULL, model_id INTEGER NOT NULL REFERENCES model(id),
    tags BLOB NOT NULL, probabilities BLOB NOT NULL,
    PRIMARY KEY (picture, model_id)
) WITHOUT ROWID;
"""


def state_root(folder: Path) -> Path:
    """The folder whose `.nasutui` remembers `folder`: its project's, else its own.

    A project is the folder itself or its parent when that holds a project.toml.
    """
    absolute = folder.absolute()
    for candidate in (absolute, absolute.parent):
        if (candidate / PROJECT_FILE).is_file():
            return candidate
    return absolute


def database_path(root: Path) -> Path:
    """Where the database of `root` is."""
    return root / STATE_DIR / "state.db"


def stored_path(root: Path, path: Path) -> bytes:
    """The form of a path in the database: relative to root, "/" between its parts."""
    folder, name = os.path.split(path.absolute())
    return _stored_folder(str(root), folder) + os.fsencode(name)


@functools.lru_cache(maxsize=256)
def _stored_folder(root: str, folder: str) -> bytes:
    """A folder's part of stored paths: empty, or with "/" at its end."""
    relative = os.path.relpath(folder, root).replace(os.sep, "/")
    return b"" if relative == "." else os.fsencode(relative) + b"/"


def real_path(root: Path, stored: bytes) -> Path:
    """The path that `stored_path` was made from."""
    return root / os.fsdecode(stored)


def is_inside(stored: bytes) -> bool:
    """False for a path that leads out of the folder, or to what is hidden in it (.git). We store
    none; a database that came with somebody else's folder may."""
    parts = stored.split(b"/")
    hidden = any(part.startswith(b".") for part in parts)
    return not hidden and not Path(os.fsdecode(stored)).is_absolute()


class Connection(sqlite3.Connection):
    """A connection with the lock that everybody who shares it holds while using it.

    SQLite's own mutex is no substitute: a thread that waits for it keeps the interpreter, and with
    it the thread that would let go of what the first one waits for.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.lock = threading.RLock()


def connect(root: Path, *, durable: bool) -> Connection:
    """Open (or make) the database of `root`.

    durable: every commit is flushed to the disk before it returns (the journal); otherwise a
    commit survives the end of the process but not a power cut (caches, scores).
    Raises StateError when it can't be opened or is damaged.
    """
    path = database_path(root)
    connection: sqlite3.Connection | None = None
    try:
        with explained_errors(root):
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False,
                factory=Connection,
            )  # fmt: skip
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            if sys.platform == "darwin" and durable:
                connection.execute("PRAGMA fullfsync=ON")
            connection.execute("PRAGMA foreign_keys=ON")
            _migrate(connection, path)
    except BaseException:
        if connection is not None:
            connection.close()
        raise
    return connection


@contextlib.contextmanager
def explained_errors(root: Path) -> Iterator[None]:
    """Turn what SQLite and the system refuse in `.nasutui` into a StateError."""
    try:
        yield
    except OSError as error:
        folder = root / STATE_DIR
        raise StateError(explain_os_error(error, folder), code=os_error_code(error)) from error
    except sqlite3.Error as error:
        raise database_error(error, database_path(root)) from error


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == _SCHEMA_VERSION:
        return
    if version > _SCHEMA_VERSION:
        raise StateError(
            _("{name} was written by a newer nasutui; update nasutui to open it").format(
                name=display_name(path)
            ),
            code="state-newer",
        )
    with transaction(connection):
        for statement in _SCHEMA.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={_SCHEMA_VERSION}")


def database_error(error: sqlite3.Error, path: Path) -> StateError:
    """A StateError that says what a person can do about an error of SQLite."""
    name = display_name(path)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        text = _(
            "{name} is damaged. Your captions are untouched. Rename the folder {folder} and run it"
            " again; a new history starts."
        ).format(name=name, folder=display_name(path.parent))
        return StateError(text, code="state-damaged")
    if code == sqlite3.SQLITE_FULL:
        return StateError(
            _("{name}: the disk is full; make room and run it again").format(name=name),
            code="disk-full",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StateError(
            _("{name} is in use by another program; try again when it is done").format(name=name),
            code="state-busy",
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StateError(
            _("{name} can't be written; check the rights of its folder").format(name=name),
            code="no-permission",
        )
    if code == sqlite3.SQLITE_IOERR:
        text = _("{name} can't be read or written; make sure that the disk works and has room")
        return StateError(text.format(name=name), code="state")
    return StateError(
        _("{name}: the database refused: {reason}").format(
            name=name, reason=display_name(str(error))
        ),
        code="state",
    )


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction, taken for writing at once; rolled back when the block raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # Also when the commit itself fails, as on a full disk: nothing may stay half begun.
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
