"""A state database that is damaged: how that is told from everything else, and how it is set aside.

Only what SQLite itself calls damage, or what can't be a database of ours, is set aside: renamed to
`damaged-1.db` (2, 3 ...) beside its old place, with all that belongs to it. Nothing is deleted. A
database that is locked, can't be written or comes from a newer nasutui stays where it is.

Whoever meets damage in the middle of its work can't set the database aside under others that have it
open. It leaves a mark; the next one that opens the database examines it whole, and sets it aside
when it has it to itself.
"""

from __future__ import annotations

import contextlib
import functools
import os
import random
import sqlite3
import time
from datetime import datetime
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where a file that is open can't be renamed
    fcntl = None  # type: ignore[assignment]

_PARTS = ("-wal", "-shm", "")  # the database itself last: until then it is found damaged again
_MARK = "state.suspect"
_UNTOLD = "set-aside"
_PAUSE_SECONDS = (0.01, 0.1)
_STATES = ("applying", "applied", "undoing", "undone", "redoing")
# Bytes 18 and 19 of the header; with others SQLite opens it for reading only, and says no more.
_FORMATS = (1, 2)


class DamagedError(sqlite3.DatabaseError):
    """The database is none of ours or holds what can't be; SQLite itself did not notice."""


def is_damage(error: sqlite3.Error) -> bool:
    """True when an error of SQLite means that the file is damaged."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return (
        isinstance(error, DamagedError)
        or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
        or str(error).startswith("Could not decode to UTF-8")
    )


class Use:
    """One connection's share in a state folder: held from its opening to its end, so that nobody
    renames the database under it. The system lets go of it when the process dies."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError."""
        self._handle = -1
        if fcntl is not None:
            self._handle = os.open(folder, os.O_RDONLY)
            self.share()

    def share(self) -> None:
        """Use it with others. Waits for one that is setting a database aside."""
        if fcntl is not None:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(self._handle, fcntl.LOCK_SH)

    def alone(self) -> bool:
        """Try to have it alone; False when others use it, or where that can't be known."""
        if fcntl is None:
            return True
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def pause(self) -> None:
        """Let others have it for a moment, one of whom may want it alone."""
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(self._handle, fcntl.LOCK_UN)
        time.sleep(random.uniform(*_PAUSE_SECONDS))

    def release(self) -> None:
        """Let go of it. A second call does nothing."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)


def mark(path: Path) -> None:
    """Have the database examined whole when it is opened next."""
    with contextlib.suppress(OSError):
        path.with_name(_MARK).touch()


def is_marked(path: Path) -> bool:
    """True when somebody met damage in this database and nobody has examined it since."""
    return path.with_name(_MARK).exists()


def is_damaged_header(path: Path) -> bool:
    """True when only damage to its first bytes makes SQLite open it for reading only.

    Ask only when something is wrong: to open and close the file beside SQLite takes this process's
    locks off it.
    """
    with contextlib.suppress(OSError), path.open("rb") as file:
        header = file.read(100)
        return len(header) == 100 and not set(header[18:20]) <= {*_FORMATS}
    return False


def check_tables(db: sqlite3.Connection, schema: str) -> None:
    """Every table and column of ours must be there. Raises sqlite3.Error."""
    try:
        for question in _questions(schema):
            db.execute(question)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
            raise DamagedError("tables are missing") from error
        raise


@functools.cache
def _questions(schema: str) -> tuple[str, ...]:
    """A question to each table that names all its columns and reads no row."""
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.executescript(schema)
        columns: dict[str, list[str]] = {}
        for table, column in _columns(db):
            columns.setdefault(table, []).append(column)
    return tuple(f"SELECT {', '.join(c)} FROM {t} LIMIT 0" for t, c in columns.items())


def check_empty(db: sqlite3.Connection) -> None:
    """A database without a version must be a new one. Raises sqlite3.Error."""
    if _columns(db):
        raise DamagedError("it is no database of nasutui")


def _columns(db: sqlite3.Connection) -> frozenset[tuple[str, str]]:
    return frozenset(
        db.execute(
            "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c"
            " WHERE t.type='table' AND t.name NOT LIKE 'sqlite_%'"
        )
    )


def examine(db: sqlite3.Connection, path: Path) -> None:
    """Look at everything if the database is marked, and take the mark away when it is sound.
    Raises sqlite3.Error."""
    if not is_marked(path):
        return
    if is_damaged_header(path):
        raise DamagedError("the header is damaged")
    said = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise DamagedError(str(said))
    for at, step, label, state in db.execute("SELECT at, step, label, state FROM change"):
        read_time(at)
        if state not in _STATES or not isinstance(step, str) or not isinstance(label, str):
            raise DamagedError("the history holds what can't be")
    with contextlib.suppress(OSError):
        path.with_name(_MARK).unlink()


def read_time(text: object) -> datetime:
    """A moment as it is stored. Raises DamagedError when it is none."""
    try:
        return datetime.fromisoformat(text)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise DamagedError("a time in it is none") from error


def set_aside(path: Path) -> Path:
    """Rename the database and what belongs to it; returns its new place. Call it alone (see `Use`).
    Raises OSError."""
    number = 1
    while any(_exists(path, part) and _kept(path, number, part).exists() for part in _PARTS):
        number += 1
    for part in _PARTS:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + part).rename(_kept(path, number, part))
    with contextlib.suppress(OSError):
        path.with_name(_MARK).unlink()
    return _kept(path, number, "")


def _exists(path: Path, part: str) -> bool:
    return path.with_name(path.name + part).exists()


def _kept(path: Path, number: int, part: str) -> Path:
    return path.with_name(f"damaged-{number}.db{part}")


def remember_set_aside(db: sqlite3.Connection, kept: Path) -> None:
    """Note in the new database what became of the old one, until somebody is told."""
    db.execute("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", (_UNTOLD, kept.name))


def told_set_aside(db: sqlite3.Connection) -> str:
    """The name under which a damaged database was set aside that nobody was told of yet, or "".
    Whoever asks tells it: the next one gets "". Raises sqlite3.Error."""
    if db.execute("SELECT 1 FROM meta WHERE key=?", (_UNTOLD,)).fetchone() is None:
        return ""
    row = db.execute("DELETE FROM meta WHERE key=? RETURNING value", (_UNTOLD,)).fetchone()
    return str(row[0]) if row else ""
