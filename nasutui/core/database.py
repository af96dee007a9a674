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
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nasutui.core import damage
from nasutui.core.errors import StateError, explain_os_error, os_error_code
from nasutui.core.i18n import _
from nasutui.core.schema import SCHEMA, VERSION
from nasutui.core.text import display_name

STATE_DIR = ".nasutui"
PROJECT_FILE = "project.toml"
_BUSY_SECONDS = 30.0
_ALONE_SECONDS = 2.0  # within which a damaged database is had alone


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
        self.use: damage.Use | None = None

    def close(self) -> None:
        super().close()
        if self.use is not None:
            self.use.release()


def connect(root: Path, *, durable: bool) -> Connection:
    """Open (or make) the database of `root`.

    durable: every commit is flushed to the disk before it returns (the journal); otherwise a
    commit survives the end of the process but not a power cut (caches, scores). One that is damaged
    is set aside and a new one made (see damage.py).
    Raises StateError when it can't be opened.
    """
    path = database_path(root)
    with explained_errors(root):
        path.parent.mkdir(parents=True, exist_ok=True)
        use = damage.Use(path.parent)
        try:
            try:
                connection = _open(path, durable=durable)
            except sqlite3.Error as error:
                if not damage.is_damage(error):
                    raise
                connection = _open_anew(path, use, durable=durable)
        except BaseException:
            use.release()
            raise
    connection.use = use
    return connection


def _open(path: Path, *, durable: bool) -> Connection:
    """Open it, whole and with our tables. Raises sqlite3.Error, StateError."""
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False,
        factory=Connection,
    )  # fmt: skip
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        if sys.platform == "darwin" and durable:
            connection.execute("PRAGMA fullfsync=ON")
        connection.execute("PRAGMA foreign_keys=ON")
        _migrate(connection, path)
        damage.check_tables(connection, SCHEMA)
        damage.examine(connection, path)
    except UnicodeDecodeError as error:  # SQLite's own complaint, with a damaged name in it
        connection.close()
        raise damage.DamagedError("a name in it is no text") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _open_anew(path: Path, use: damage.Use, *, durable: bool) -> Connection:
    """Set the damaged database aside and make a new one, unless somebody else does so meanwhile."""
    until = time.monotonic() + _ALONE_SECONDS
    while True:
        alone = use.alone()
        if not alone:
            use.share()
        try:
            connection = _open(path, durable=durable)
        except sqlite3.Error as error:
            if not damage.is_damage(error):
                raise
            if not alone and time.monotonic() > until:
                raise _shared_damage(path) from error
            if not alone:
                use.pause()
                continue
            kept = damage.set_aside(path)
            connection = _open(path, durable=durable)
            damage.remember_set_aside(connection, kept)
        use.share()
        return connection


def _shared_damage(path: Path) -> StateError:
    text = _(
        "{name} is damaged, and another window or program of nasutui has it open. Your captions are"
        " untouched. Close the others and do it again."
    )
    return StateError(text.format(name=display_name(path)), code="state-damaged")


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
    except UnicodeDecodeError as error:
        found = damage.DamagedError("a text in it is none")
        raise database_error(found, database_path(root)) from error


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return
    if version > VERSION:
        raise StateError(
            _("{name} was written by a newer nasutui; update nasutui to open it").format(
                name=display_name(path)
            ),
            code="state-newer",
        )
    with transaction(connection):
        if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
            return  # another process has made it meanwhile
        damage.check_empty(connection)
        for statement in SCHEMA.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={VERSION}")


def database_error(error: sqlite3.Error, path: Path) -> StateError:
    """A StateError that says what a person can do about an error of SQLite."""
    name = display_name(path)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    read_only = code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
    if damage.is_damage(error) or (read_only and damage.is_damaged_header(path)):
        if path.parent.name == STATE_DIR:
            damage.mark(path)
        text = _(
            "{name} is damaged. Your captions are untouched. Do it again: the damaged history is set"
            " aside then, and a new one starts."
        ).format(name=name)
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
    if read_only:
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
