"""Ways in which a state database gets damaged, as functions of its file and some dice."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

Damage = Callable[[Path, random.Random], None]
PAGE = 4096


def into_one_file(path: Path) -> None:
    """Bring what stands in the -wal into the database itself, so that damage to it counts."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def half(path: Path, _dice: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def a_tail_is_gone(path: Path, dice: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: dice.randrange(1, len(data))])


def zeros(path: Path, _dice: random.Random) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def noise(path: Path, dice: random.Random) -> None:
    path.write_bytes(dice.randbytes(path.stat().st_size))


def text(path: Path, _dice: random.Random) -> None:
    path.write_bytes(b"no database at all, but long enough to be looked at" * 40)


def header_only(path: Path, dice: random.Random) -> None:
    """The first page stays, so that it opens; all behind is noise."""
    data = path.read_bytes()
    path.write_bytes(data[:PAGE] + dice.randbytes(len(data) - PAGE))


def first_bytes_only(path: Path, _dice: random.Random) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xee" * 9000)


def read_only_format(path: Path, _dice: random.Random) -> None:
    """A header with which SQLite opens it for reading only."""
    data = bytearray(path.read_bytes())
    data[18] = 7
    path.write_bytes(data)


def one_page(path: Path, dice: random.Random) -> None:
    """One page behind the first is lost."""
    data = bytearray(path.read_bytes())
    start = PAGE * dice.randrange(1, len(data) // PAGE)
    data[start : start + PAGE] = dice.choice([bytes(PAGE), dice.randbytes(PAGE)])
    path.write_bytes(data)


def some_bytes(path: Path, dice: random.Random) -> None:
    """Single bytes anywhere are others."""
    data = bytearray(path.read_bytes())
    for _ in range(dice.randrange(1, 60)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    path.write_bytes(data)


def other_tables(path: Path, _dice: random.Random) -> None:
    """Another program's database under our name."""
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE change (id INTEGER, what TEXT)")


def a_table_is_gone(path: Path, dice: random.Random) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"DROP TABLE {dice.choice(['edit', 'memory', 'meta', 'score'])}")


def a_column_is_gone(path: Path, _dice: random.Random) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE edit RENAME COLUMN turn TO spin")


def memories_are_garbage(path: Path, dice: random.Random) -> None:
    texts = ["", "{", "[1]", "null", '{"tagger": 3}', '{"added": [1]}', 5, b"\xff"]
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for (row,) in db.execute("SELECT path FROM memory").fetchall():
            db.execute("UPDATE memory SET value=? WHERE path=?", (dice.choice(texts), row))


def a_time_is_garbage(path: Path, dice: random.Random) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE change SET at=? WHERE id > 3", (dice.choice(["", "now", 5, b"\xff"]),))


# Those that are noticed when the database is opened.
AT_OPENING: dict[str, Damage] = {
    "zeros": zeros,
    "noise": noise,
    "text": text,
    "first bytes only": first_bytes_only,
    "other tables": other_tables,
    "a table is gone": a_table_is_gone,
    "a column is gone": a_column_is_gone,
}
# Those that may be noticed only when a page is needed.
LATER: dict[str, Damage] = {
    "half": half,
    "a tail is gone": a_tail_is_gone,
    "header only": header_only,
    "one page": one_page,
    "some bytes": some_bytes,
    "read-only format": read_only_format,
    "memories are garbage": memories_are_garbage,
    "a time is garbage": a_time_is_garbage,
}
