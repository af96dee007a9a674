"""Every change of captions, before and after: undo and redo that survive a quit, a crash and a
power cut.

A change goes first into the journal (SQLite, one flush however many files), then to the files.
The order makes each moment safe:

    1. under the write lock, every file is compared with what the change was made from; a file
       that another program has changed meanwhile is refused, by name;
    2. before and after of the rest are committed and flushed;
    3. the files are written, each whole or not at all.

A process that dies in 3 leaves a change in state "applying"; whoever opens the journal next
finishes it. File contents are not flushed in 3: a power cut may lose them, so each change
remembers the boot it was written in, and the first opening after another boot looks once whether
its files arrived.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nasutui.core import owners
from nasutui.core.database import (
    STATE_DIR,
    connect,
    database_error,
    real_path,
    stored_path,
    transaction,
)
from nasutui.core.errors import explain_os_error, os_error_code
from nasutui.core.files import read_or_none, remove_leftovers, write_atomic
from nasutui.core.i18n import _
from nasutui.core.text import display_name


@dataclass(frozen=True, slots=True)
class Edit:
    """One file's change. None: no file. `memory_*` is the caption's provenance (JSON)."""

    path: Path
    before: bytes | None
    after: bytes | None
    memory_before: str | None = None
    memory_after: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not changed, and why (safe to show)."""

    path: Path
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeInfo:
    """One line of the history. `files`: how many files it changed; `state` is "applied",
    "undone" (can be redone) or "dropped" (undone, then something else was done)."""

    id: int
    at: datetime
    step: str
    label: str
    files: int
    state: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an undo or redo did."""

    change: ChangeInfo
    written: tuple[Path, ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was found half done when the journal was opened, and finished."""

    label: str
    finished: tuple[Path, ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    path: bytes
    before: bytes | None
    after: bytes | None
    memory_before: str | None
    memory_after: str | None


def _changed_meanwhile(path: Path) -> Refusal:
    return Refusal(
        path,
        "changed-meanwhile",
        _("{name}: another program has changed it meanwhile; it is left as it is").format(
            name=display_name(path.name)
        ),
    )


class Change:
    """A change that is being made; closed by `close` or the end of a `with` block.

    Edits may come in several batches (each one flush); they are one step of undo.
    """

    def __init__(self, journal: Journal, step: str, label: str) -> None:
        self._journal = journal
        self._step = step
        self._label = label
        self._id: int | None = None

    def __enter__(self) -> Change:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def apply(self, edits: Sequence[Edit]) -> list[Refusal]:
        """Record and write these edits; returns those that were refused.

        An edit that changes no text only updates the provenance. Raises StateError when the journal can't be
        written; then no file was touched.
        """
        self._journal._remember_only([e for e in edits if e.before == e.after])
        edits = [e for e in edits if e.before != e.after]
        if not edits:
            return []
        if self._id is None:
            self._id = self._journal._begin(self._step, self._label)
        return self._journal._apply(self._id, edits)

    def close(self) -> None:
        """The change is complete. A change without edits leaves no trace."""
        if self._id is not None:
            self._journal._set_state(self._id, "applied")
            self._id = None


class Journal:
    """The journal of one project or folder. Use as a context manager, from one thread."""

    def __init__(self, root: Path) -> None:
        """Open it and finish what was left half done (see `recovered`). Raises StateError."""
        self.root = root
        self._db = connect(root, durable=True)
        self._owner: owners.Owner | None = None
        try:
            self.recovered: list[Recovery] = self._recover()
        except sqlite3.Error as error:
            raise database_error(error, root / STATE_DIR / "state.db") from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database and of this process's mark."""
        if self._owner:
            self._owner.release()
            self._owner = None
        self._db.close()

    # -- making changes ---------------------------------------------------------------------

    def change(self, step: str, label: str) -> Change:
        """Begin a change. `label` is one sentence for the history, safe to show."""
        return Change(self, step, label)

    def _own(self) -> str:
        if self._owner is None:
            self._owner = owners.Owner(self.root)
        return self._owner.name

    def _begin(self, step: str, label: str) -> int:
        owner = self._own()
        with transaction(self._db):
            # What was undone can't be redone once something else is done; it stays in the history.
            self._db.execute("UPDATE change SET dropped=1 WHERE state='undone'")
            cursor = self._db.execute(
                "INSERT INTO change(at, step, label, state, owner, boot, written)"
                " VALUES (?, ?, ?, 'applying', ?, ?, ?)",
                (datetime.now(UTC).isoformat(), step, label, owner, owners.boot_id(), time.time()),
            )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _set_state(self, change_id: int, state: str) -> None:
        with transaction(self._db):
            empty = not self._db.execute(
                "SELECT 1 FROM edit WHERE change_id=? LIMIT 1", (change_id,)
            ).fetchone()
            if empty:
                self._db.execute("DELETE FROM change WHERE id=?", (change_id,))
            else:
                self._db.execute(
                    "UPDATE change SET state=?, owner=NULL, written=? WHERE id=?",
                    (state, time.time(), change_id),
                )

    def _apply(self, change_id: int, edits: Sequence[Edit]) -> list[Refusal]:
        refused: list[Refusal] = []
        try:
            with owners.write_lock(self.root):
                ready = []
                for edit in edits:
                    refusal = self._compare(edit.path, edit.before)
                    if refusal:
                        refused.append(refusal)
                    else:
                        ready.append(edit)
                ids = self._record(change_id, ready)
                failed: list[int] = []
                for edit_id, edit in zip(ids, ready, strict=True):
                    refusal = _write(edit.path, edit.after)
                    if refusal:
                        refused.append(refusal)
                        failed.append(edit_id)
                self._forget(failed)
        except sqlite3.Error as error:
            raise database_error(error, self.root / STATE_DIR / "state.db") from error
        return refused

    @staticmethod
    def _compare(path: Path, expected: bytes | None) -> Refusal | None:
        try:
            current = read_or_none(path)
        except OSError as error:
            return Refusal(path, os_error_code(error), explain_os_error(error, path.name))
        return None if current == expected else _changed_meanwhile(path)

    def _record(self, change_id: int, edits: Sequence[Edit]) -> list[int]:
        ids = []
        with transaction(self._db):
            for edit in edits:
                stored = stored_path(self.root, edit.path)
                cursor = self._db.execute(
                    "INSERT INTO edit(change_id, path, before, after, memory_before, memory_after)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (change_id, stored, edit.before, edit.after,
                     edit.memory_before, edit.memory_after),
                )  # fmt: skip
                self._remember(stored, edit.memory_after)
                assert cursor.lastrowid is not None
                ids.append(cursor.lastrowid)
        return ids

    def _forget(self, edit_ids: Sequence[int]) -> None:
        """Take edits back out that could not be written (disk full, no permission)."""
        if not edit_ids:
            return
        with transaction(self._db):
            for edit_id in edit_ids:
                path, memory = self._db.execute(
                    "DELETE FROM edit WHERE id=? RETURNING path, memory_before", (edit_id,)
                ).fetchone()
                self._remember(path, memory)

    def _remember_only(self, edits: Sequence[Edit]) -> None:
        changed = [e for e in edits if e.memory_before != e.memory_after]
        if changed:
            with transaction(self._db):
                for edit in changed:
                    self._remember(stored_path(self.root, edit.path), edit.memory_after)

    def _remember(self, stored: bytes, memory: str | None) -> None:
        if memory is None:
            self._db.execute("DELETE FROM memory WHERE path=?", (stored,))
        else:
            self._db.execute(
                "INSERT INTO memory(path, value) VALUES (?, ?)"
                " ON CONFLICT(path) DO UPDATE SET value=excluded.value",
                (stored, memory),
            )

    # -- reading ----------------------------------------------------------------------------

    def memory(self, path: Path) -> str | None:
        """The provenance (JSON) kept with a caption, or None."""
        row = self._db.execute(
            "SELECT value FROM memory WHERE path=?", (stored_path(self.root, path),)
        ).fetchone()
        return row[0] if row else None

    def last_written(self, path: Path) -> tuple[bool, bytes | None]:
        """(True, what this journal last left in a file) or (False, None) if it never wrote it."""
        row = self._db.execute(
            "SELECT CASE WHEN undone THEN before ELSE after END FROM edit WHERE path=?"
            " ORDER BY id DESC LIMIT 1",
            (stored_path(self.root, path),),
        ).fetchone()
        return (True, row[0]) if row else (False, None)

    def history(self, limit: int | None = None) -> list[ChangeInfo]:
        """The changes, newest first."""
        rows = self._db.execute(
            "SELECT id, at, step, label, state, dropped,"
            " (SELECT COUNT(*) FROM edit WHERE change_id=change.id)"
            " FROM change ORDER BY id DESC LIMIT ?",
            (-1 if limit is None else limit,),
        )
        return [_info(row) for row in rows]

    def edits_of(self, change_id: int) -> Iterator[Edit]:
        """What one change did, file by file."""
        for row in self._rows(change_id, None):
            yield Edit(
                real_path(self.root, row.path),
                row.before, row.after, row.memory_before, row.memory_after,
            )  # fmt: skip

    def _rows(self, change_id: int, undone: int | None) -> list[_Row]:
        sql = "SELECT id, path, before, after, memory_before, memory_after FROM edit WHERE change_id=?"
        if undone is not None:
            sql += f" AND undone={undone}"
        return [_Row(*row) for row in self._db.execute(sql + " ORDER BY id", (change_id,))]

    # -- undo and redo ----------------------------------------------------------------------

    def next_undo(self) -> ChangeInfo | None:
        """The change that `undo` would take back."""
        return self._find("state='applied' ORDER BY id DESC")

    def next_redo(self) -> ChangeInfo | None:
        """The change that `redo` would make again."""
        return self._find("state='undone' AND dropped=0 ORDER BY id ASC")

    def _find(self, where: str) -> ChangeInfo | None:
        row = self._db.execute(
            "SELECT id, at, step, label, state, dropped,"
            f" (SELECT COUNT(*) FROM edit WHERE change_id=change.id) FROM change WHERE {where} LIMIT 1"
        ).fetchone()
        return _info(row) if row else None

    def undo(self) -> Outcome | None:
        """Take the newest change back; None when there is nothing to undo.

        A file that is not as the change left it is refused and stays. When every file is
        refused, the change stays applied.
        """
        change = self.next_undo()
        return self._turn(change, "undoing", "undone") if change else None

    def redo(self) -> Outcome | None:
        """Make the change that was undone last again; None when there is none."""
        change = self.next_redo()
        return self._turn(change, "redoing", "applied") if change else None

    def _turn(self, change: ChangeInfo, during: str, afterwards: str) -> Outcome:
        back = during == "undoing"
        previous = "applied" if back else "undone"
        refused: list[Refusal] = []
        written: list[Path] = []
        try:
            with owners.write_lock(self.root):
                ready = []
                # A file may stand in a change more than once: back to front when undoing.
                rows = self._rows(change.id, 0 if back else 1)
                for path, first, last in _ends(rows):
                    have, want = (last.after, first.before) if back else (first.before, last.after)
                    file = real_path(self.root, path)
                    refusal = self._compare(file, have)
                    if refusal:
                        refused.append(refusal)
                    else:
                        memory = first.memory_before if back else last.memory_after
                        ready.append((path, file, want, memory))
                if rows and not ready:
                    return Outcome(change, (), tuple(refused))
                with transaction(self._db):
                    self._db.execute(
                        "UPDATE change SET state=?, owner=?, boot=?, written=? WHERE id=?",
                        (during, self._own(), owners.boot_id(), time.time(), change.id),
                    )
                    for path, _file, _want, memory in ready:
                        self._mark(change.id, path, int(back), memory)
                failed = []
                for path, file, want, _memory in ready:
                    refusal = _write(file, want)
                    if refusal:
                        refused.append(refusal)
                        failed.append(path)
                    else:
                        written.append(file)
                with transaction(self._db):
                    for path, first, last in _ends(rows):
                        if path in failed:
                            memory = last.memory_after if back else first.memory_before
                            self._mark(change.id, path, int(not back), memory)
                    self._db.execute(
                        "UPDATE change SET state=?, owner=NULL, dropped=0, written=? WHERE id=?",
                        (afterwards if written or not rows else previous, time.time(), change.id),
                    )
        except sqlite3.Error as error:
            raise database_error(error, self.root / STATE_DIR / "state.db") from error
        return Outcome(change, tuple(written), tuple(refused))

    def _mark(self, change_id: int, path: bytes, undone: int, memory: str | None) -> None:
        self._db.execute(
            "UPDATE edit SET undone=? WHERE change_id=? AND path=?", (undone, change_id, path)
        )
        self._remember(path, memory)

    # -- after a crash ----------------------------------------------------------------------

    def _recover(self) -> list[Recovery]:
        """Finish what a dead process left half done, and what a power cut took."""
        unfinished = self._db.execute(
            "SELECT id, label, state, owner, written FROM change"
            " WHERE state IN ('applying', 'undoing', 'redoing')"
        ).fetchall()
        cut = self._db.execute(
            "SELECT id, label, state, NULL, written FROM change"
            " WHERE state IN ('applied', 'undone') AND boot NOT IN (?, '') ORDER BY id",
            (owners.boot_id(),),
        ).fetchall()
        recovered: list[Recovery] = []
        if not unfinished and not cut:
            return recovered
        with owners.write_lock(self.root):
            for change_id, label, state, owner, written in [*unfinished, *cut]:
                if owners.is_abandoned(self.root, owner):
                    torn_only = state in ("applied", "undone")
                    done = self._finish(change_id, state, written, torn_only)
                    if done[0] or done[1]:
                        recovered.append(Recovery(label, tuple(done[0]), tuple(done[1])))
        return recovered

    def _finish(
        self, change_id: int, state: str, written: float, after_power_cut: bool
    ) -> tuple[list[Path], list[Refusal]]:
        back = state in ("undoing", "undone")
        finished: list[Path] = []
        refused: list[Refusal] = []
        folders: set[Path] = set()
        rows = self._rows(change_id, int(back))
        for path, first, last in _ends(rows):
            want = first.before if back else last.after
            # Every text that this change can have left in the file.
            ours = {text for row in rows if row.path == path for text in (row.before, row.after)}
            file = real_path(self.root, path)
            folders.add(file.parent)
            if after_power_cut and self._newer_edit(path, last.id):
                continue
            try:
                current = read_or_none(file)
                mtime = file.stat().st_mtime if current is not None else 0.0
            except OSError as error:
                refused.append(
                    Refusal(file, os_error_code(error), explain_os_error(error, file.name))
                )
                continue
            if current == want:
                continue
            torn = want is not None and current is not None and not current.strip(b"\0")
            # After a power cut the old file is still there with its old time; a newer time
            # means that somebody put the old text back on purpose.
            lost = current in ours and (not after_power_cut or mtime < written)
            if torn or lost:
                refusal = _write(file, want)
                if refusal:
                    refused.append(refusal)
                else:
                    finished.append(file)
            elif not after_power_cut:
                refused.append(_changed_meanwhile(file))
        for folder in folders:
            remove_leftovers(folder)
        with transaction(self._db):
            self._db.execute(
                "UPDATE change SET state=?, owner=NULL, boot=? WHERE id=?",
                ("undone" if back else "applied", owners.boot_id(), change_id),
            )
            self._db.execute(
                "DELETE FROM change WHERE id=? AND NOT EXISTS"
                " (SELECT 1 FROM edit WHERE change_id=change.id)",
                (change_id,),
            )
        return finished, refused

    def _newer_edit(self, path: bytes, edit_id: int) -> bool:
        return bool(
            self._db.execute(
                "SELECT 1 FROM edit WHERE path=? AND id>? LIMIT 1", (path, edit_id)
            ).fetchone()
        )


def _write(path: Path, data: bytes | None) -> Refusal | None:
    try:
        if data is None:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, data)
    except OSError as error:
        return Refusal(path, os_error_code(error), explain_os_error(error, path.name))
    return None


def _ends(rows: Iterable[_Row]) -> list[tuple[bytes, _Row, _Row]]:
    """For each file of a change: its path, its first and its last edit."""
    first: dict[bytes, _Row] = {}
    last: dict[bytes, _Row] = {}
    for row in rows:
        first.setdefault(row.path, row)
        last[row.path] = row
    return [(path, first[path], last[path]) for path in first]


def _info(row: tuple[int, str, str, str, str, int, int]) -> ChangeInfo:
    change_id, at, step, label, state, dropped, files = row
    shown = {"applying": "applied", "redoing": "applied", "undoing": "undone"}.get(state, state)
    return ChangeInfo(
        change_id,
        datetime.fromisoformat(at),
        step,
        label,
        files,
        "dropped" if dropped and shown == "undone" else shown,
    )
