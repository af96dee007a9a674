"""The journal's tables, as operations on them. Who calls begins the transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nasutui.core.damage import read_time
from nasutui.core.database import real_path, stored_path
from nasutui.core.history.types import ChangeInfo, Edit

APPLYING, UNDOING, REDOING = "applying", "undoing", "redoing"
APPLIED, UNDONE = "applied", "undone"
_KEPT = -1  # the number of files of a change that is being made and stays also when that is none
_INFO = "SELECT id, at, step, label, files, state, dropped FROM change "
_ROW = "SELECT id, path, before, after, memory_before, memory_after FROM edit "


@dataclass(frozen=True, slots=True)
class Row:
    """One edit as it is stored."""

    id: int
    path: bytes
    before: bytes | None
    after: bytes | None
    memory_before: str | None
    memory_after: str | None


@dataclass(frozen=True, slots=True)
class FileChange:
    """What one change does to one file, which may stand in it more than once."""

    path: bytes
    rows: tuple[Row, ...]

    @property
    def changes_file(self) -> bool:
        return any(row.before != row.after for row in self.rows)

    @property
    def texts(self) -> set[bytes | None]:
        """Every text that this change can have left in the file."""
        return {text for row in self._texts() for text in (row.before, row.after)}

    def ends(self, *, back: bool) -> tuple[bytes | None, bytes | None]:
        """What the file holds before the change is made (back: taken back), and what then."""
        rows = self._texts()
        first, last = rows[0].before, rows[-1].after
        return (last, first) if back else (first, last)

    def memory(self, *, undone: bool) -> tuple[bool, str | None]:
        """(True, what is remembered of the file then), or (False, None): the change leaves it."""
        rows = [row for row in self.rows if row.memory_before != row.memory_after]
        if not rows:
            return False, None
        return True, rows[0].memory_before if undone else rows[-1].memory_after

    def _texts(self) -> list[Row]:
        return [row for row in self.rows if row.before != row.after]


class Rows:
    """The journal's rows in one database."""

    def __init__(self, db: sqlite3.Connection, root: Path) -> None:
        self.db, self._root = db, root

    # -- one change -------------------------------------------------------------------------

    def begin(self, step: str, label: str, owner: str, boot: str, *, keep: bool = False) -> int:
        """A new change; what was undone can't be redone from now on, it stays in the history.
        keep: see `settle`."""
        at = datetime.now(UTC).isoformat()
        cursor = self.db.execute(
            "INSERT INTO change(at, step, label, state, owner, boot, files)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (at, step, label, APPLYING, owner, boot, _KEPT if keep else 0),
        )
        assert cursor.lastrowid is not None
        self.db.execute(
            "UPDATE change SET dropped=? WHERE state=? AND dropped=0", (cursor.lastrowid, UNDONE)
        )
        return cursor.lastrowid

    def insert(self, change_id: int, edits: Sequence[Edit]) -> list[int]:
        """Record edits and what they make us remember; returns their numbers."""
        turn, ids = self._next_turn(), []
        for edit in edits:
            stored = stored_path(self._root, edit.path)
            texts = (edit.before, edit.after) if edit.changes_file else (None, None)
            cursor = self.db.execute(
                "INSERT INTO edit(change_id, path, before, after, memory_before, memory_after,"
                " pending, turn) VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
                (change_id, stored, *texts, edit.memory_before, edit.memory_after, turn),
            )
            self.remember_after(edit)
            assert cursor.lastrowid is not None
            ids.append(cursor.lastrowid)
        return ids

    def forget(self, edit_ids: Iterable[int]) -> None:
        """Take edits back out that did not reach their files."""
        for edit_id in edit_ids:
            path, before, after = self.db.execute(
                "DELETE FROM edit WHERE id=? RETURNING path, memory_before, memory_after",
                (edit_id,),
            ).fetchone()
            if before != after:
                self.remember(path, before)

    def start_turn(self, change_id: int, during: str, owner: str, boot: str) -> None:
        """An undo or redo of a change begins."""
        self.db.execute(
            "UPDATE change SET state=?, owner=?, boot=? WHERE id=?",
            (during, owner, boot, change_id),
        )

    def mark(self, files: Iterable[FileChange], *, undone: bool) -> None:
        """Note that these files' edits are taken back or made again."""
        turn = self._next_turn()
        for file in files:
            self.db.executemany(
                "UPDATE edit SET undone=?, pending=1, turn=? WHERE id=?",
                [(int(undone), turn, row.id) for row in file.rows],
            )
            known, memory = file.memory(undone=undone)
            if known:
                self.remember(file.path, memory)

    def reached_disk(self, change_id: int) -> None:
        """The files of this change have been flushed: no power cut can take them any more."""
        self.db.execute("UPDATE edit SET pending=0 WHERE change_id=? AND pending=1", (change_id,))

    def settle(self, change_id: int, state: str) -> None:
        """The change is complete; one that touched no file leaves no trace in the history, unless
        it was begun to be kept and there is something that it made known."""
        files, edits, known, during = self.db.execute(
            "SELECT COUNT(DISTINCT CASE WHEN before IS NOT after THEN path END), COUNT(edit.id),"
            " files, state FROM change LEFT JOIN edit ON change_id=change.id WHERE change.id=?",
            (change_id,),
        ).fetchone()
        if not files and during == APPLYING and not (known == _KEPT and edits):
            self.db.execute("DELETE FROM edit WHERE change_id=?", (change_id,))
            self.db.execute("DELETE FROM change WHERE id=?", (change_id,))
            self.db.execute("UPDATE change SET dropped=0 WHERE dropped=?", (change_id,))
            return
        self.reached_disk(change_id)
        self.db.execute(
            "UPDATE change SET state=?, owner=NULL, files=? WHERE id=?", (state, files, change_id)
        )

    def _next_turn(self) -> int:
        (turn,) = self.db.execute(
            "INSERT INTO meta(key, value) VALUES ('turn', '1') ON CONFLICT(key) DO UPDATE"
            " SET value=CAST(value AS INTEGER) + 1 RETURNING CAST(value AS INTEGER)"
        ).fetchone()
        return int(turn)

    # -- what is remembered -----------------------------------------------------------------

    def remember(self, stored: bytes, memory: str | None) -> None:
        """Keep a caption's provenance (None: nothing is known of it)."""
        if memory is None:
            self.db.execute("DELETE FROM memory WHERE path=?", (stored,))
        else:
            self.db.execute(
                "INSERT INTO memory(path, value) VALUES (?, ?)"
                " ON CONFLICT(path) DO UPDATE SET value=excluded.value",
                (stored, memory),
            )

    def remember_after(self, edit: Edit) -> None:
        """Keep what an edit makes known."""
        if edit.changes_memory or edit.memory_after is not None:
            self.remember(stored_path(self._root, edit.path), edit.memory_after)

    def memory(self, path: Path) -> str | None:
        row = self.db.execute(
            "SELECT value FROM memory WHERE path=?", (stored_path(self._root, path),)
        ).fetchone()
        return row[0] if row else None

    def last_written(self, path: Path) -> tuple[bool, bytes | None]:
        """(True, what was last left in the file) or (False, None)."""
        row = self.db.execute(
            "SELECT CASE WHEN undone THEN before ELSE after END FROM edit"
            " WHERE path=? AND before IS NOT after"
            " ORDER BY turn DESC, CASE WHEN undone THEN id ELSE -id END LIMIT 1",
            (stored_path(self._root, path),),
        ).fetchone()
        return (True, row[0]) if row else (False, None)

    # -- reading ----------------------------------------------------------------------------

    def history(self, limit: int | None) -> list[ChangeInfo]:
        rows = self.db.execute(
            f"{_INFO} ORDER BY id DESC LIMIT ?", (-1 if limit is None else limit,)
        )
        return [_info(row) for row in rows]

    def next_undo(self) -> ChangeInfo | None:
        return self._find("WHERE state='applied' ORDER BY id DESC LIMIT 1")

    def next_redo(self) -> ChangeInfo | None:
        return self._find("WHERE state='undone' AND dropped=0 ORDER BY id LIMIT 1")

    def _find(self, where: str) -> ChangeInfo | None:
        row = self.db.execute(_INFO + where).fetchone()
        return _info(row) if row else None

    def unfinished(self) -> list[tuple[int, str, str, str | None, str]]:
        """Number, label, state, owner and boot of every change that is being made."""
        return self.db.execute(
            "SELECT id, label, state, owner, boot FROM change"
            " WHERE state IN ('applying', 'undoing', 'redoing') ORDER BY id"
        ).fetchall()

    def edits(self, change_id: int) -> list[Edit]:
        rows = self.db.execute(
            f"{_ROW} WHERE change_id=? AND (before IS NOT after OR"
            " (SELECT files FROM change WHERE change.id=change_id) <= 0) ORDER BY id",
            (change_id,),
        )
        return [
            Edit(real_path(self._root, path), before, after, memory_before, memory_after)
            for _id, path, before, after, memory_before, memory_after in rows
        ]

    def files(
        self, change_id: int, *, undone: bool, pending_only: bool = False
    ) -> list[FileChange]:
        """What a change did (undone: took back), file by file in the order of writing."""
        rows = self.db.execute(
            f"{_ROW} WHERE change_id=? AND undone=? AND pending>=? ORDER BY id",
            (change_id, int(undone), int(pending_only)),
        )
        by_path: dict[bytes, list[Row]] = {}
        for values in rows:
            row = Row(*values)
            by_path.setdefault(row.path, []).append(row)
        return [FileChange(path, tuple(found)) for path, found in by_path.items()]


def _info(row: tuple[int, str, str, str, int, str, int]) -> ChangeInfo:
    change_id, at, step, label, files, state, dropped = row
    shown = {APPLYING: APPLIED, REDOING: APPLIED, UNDOING: UNDONE}.get(state, state)
    if dropped and shown == UNDONE:
        shown = "dropped"
    return ChangeInfo(change_id, read_time(at), step, label, max(0, files), shown)
