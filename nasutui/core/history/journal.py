"""Every change of captions, before and after: undo and redo that survive a quit, a crash and a
power cut.

A change goes first into the journal (SQLite, one flush however many files), then to the files.
The order makes each moment safe:

    1. under the write lock, every file is compared with what the change was made from; a file
       that another program has changed meanwhile is refused, by name;
    2. before and after of the rest are committed and flushed;
    3. the files are written, each whole or not at all;
    4. at the end of the change, the files are flushed together, and the change is complete.

A process that dies before 4 leaves a change that is marked as unfinished; whoever opens the journal
next finishes it (recovery.py). What is complete is on the disk and never looked at again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from nasutui.core.database import connect, explained_errors, transaction
from nasutui.core.files import flush_to_disk
from nasutui.core.history import owners
from nasutui.core.history.files import compare, write
from nasutui.core.history.recovery import recover
from nasutui.core.history.rows import APPLIED, Rows
from nasutui.core.history.turn import Turn
from nasutui.core.history.types import ChangeInfo, Edit, Outcome, Recovery, Refusal
from nasutui.core.text import display_name

__all__ = ["Change", "ChangeInfo", "Edit", "Journal", "Outcome", "Recovery", "Refusal"]

_FLUSH_SECONDS = 10.0


class Change:
    """A change that is being made; closed by `close` or the end of a `with` block.

    Edits may come in several batches (each one flush); they are one step of undo.
    """

    def __init__(self, journal: Journal, step: str, label: str, *, keep: bool = False) -> None:
        self._journal = journal
        self._step, self._label, self._keep = step, label, keep
        self._id: int | None = None
        self._broken = False
        self._folders: set[Path] = set()
        self._flushed = time.monotonic()

    def __enter__(self) -> Change:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def memory(self, path: Path) -> str | None:
        """As `Journal.memory`."""
        return self._journal.memory(path)

    def apply(self, edits: Sequence[Edit]) -> list[Refusal]:
        """Record and write these edits; returns those that were refused.

        Raises StateError when the journal can't be written. When it raises, what it was about is
        finished by whoever opens the journal next, if it was recorded at all.
        """
        wanted = [e for e in edits if e.is_for_history or e.memory_after is not None]
        if not wanted:
            return []
        try:
            with explained_errors(self._journal.root), owners.write_lock(self._journal.root):
                return self._apply(wanted)
        except BaseException:
            self._broken = True
            raise

    def _apply(self, edits: Sequence[Edit]) -> list[Refusal]:
        refused = {e.path: r for e in edits if e.changes_file and (r := compare(e.path, e.before))}
        ready = [e for e in edits if e.path not in refused and e.is_for_history]
        noticed = [e for e in edits if not e.is_for_history]
        if noticed:
            with transaction(self._journal.rows.db):
                for edit in noticed:
                    self._journal.rows.remember_after(edit)
        if ready:
            ids = self._record(ready)
            failed = []
            for edit_id, edit in zip(ids, ready, strict=True):
                if not edit.changes_file:
                    continue
                refusal = write(edit.path, edit.before, edit.after)
                if refusal:
                    refused[edit.path] = refusal
                    failed.append(edit_id)
            if failed:
                with transaction(self._journal.rows.db):
                    self._journal.rows.forget(failed)
        return list(refused.values())

    def _record(self, edits: Sequence[Edit]) -> list[int]:
        rows, owner = self._journal.rows, self._journal.owner()
        flushed = self._id is not None and time.monotonic() - self._flushed >= _FLUSH_SECONDS
        if flushed:
            flush_to_disk(self._folders)
        with transaction(rows.db):
            if self._id is None:
                begun = rows.begin(
                    self._step, self._label, owner, owners.boot_id(), keep=self._keep
                )
            else:
                begun = self._id
            if flushed:
                rows.reached_disk(begun)
            ids = rows.insert(begun, edits)
        if flushed or self._id is None:
            self._flushed = time.monotonic()
        self._id = begun
        self._folders.update(e.path.parent for e in edits if e.changes_file)
        return ids

    def close(self) -> None:
        """The change is complete. A change that touched no file leaves no trace in the history,
        unless it was begun to be kept. Raises StateError."""
        if self._id is None or self._broken:
            return
        change_id, self._id = self._id, None
        flush_to_disk(self._folders)
        rows = self._journal.rows
        with explained_errors(self._journal.root), transaction(rows.db):
            rows.settle(change_id, APPLIED)


class Journal:
    """The journal of one project or folder. Use as a context manager, from one thread."""

    def __init__(self, root: Path) -> None:
        """Open it and finish what was left half done (see `recovered`). Raises StateError."""
        self.root = root
        self._owner: owners.Owner | None = None
        self._db = connect(root, durable=True)
        self.rows = Rows(self._db, root)
        try:
            with explained_errors(root):
                self.recovered: list[Recovery] = recover(self.rows, root)
        except BaseException:
            self._db.close()
            raise

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

    def owner(self) -> str:
        """This process's mark on its changes. Ask under the write lock."""
        if self._owner is None:
            self._owner = owners.Owner(self.root)
        return self._owner.name

    def change(self, step: str, label: str, *, keep: bool = False) -> Change:
        """Begin a change. `label` is one sentence for the history. keep: it is a step of undo also
        when only what is remembered changes, because a person said so."""
        return Change(self, step, display_name(label), keep=keep)

    def undo(self) -> Outcome | None:
        """Take the newest change back; None when there is nothing to undo. Raises StateError.

        A file that is not as the change left it is refused and stays. When every file is
        refused, the change stays applied.
        """
        return self._turn(back=True)

    def redo(self) -> Outcome | None:
        """Make the change that was undone last again; None when there is none. Raises StateError.

        Files are refused as by `undo`.
        """
        return self._turn(back=False)

    def _turn(self, *, back: bool) -> Outcome | None:
        with explained_errors(self.root), owners.write_lock(self.root):
            return Turn(self.rows, self.root, back=back).run(self.owner)

    def memory(self, path: Path) -> str | None:
        """The provenance (JSON) kept with a caption, or None. Raises StateError."""
        with explained_errors(self.root):
            return self.rows.memory(path)

    def last_written(self, path: Path) -> tuple[bool, bytes | None]:
        """(True, what this journal last left in a file; None: no file) or (False, None) if it
        never wrote it. Raises StateError."""
        with explained_errors(self.root):
            return self.rows.last_written(path)

    def history(self, limit: int | None = None) -> list[ChangeInfo]:
        """The changes, newest first. Raises StateError."""
        with explained_errors(self.root):
            return self.rows.history(limit)

    def edits_of(self, change_id: int) -> list[Edit]:
        """What one change did, file by file; of one that touched no file, what is remembered since.
        Raises StateError."""
        with explained_errors(self.root):
            return self.rows.edits(change_id)

    def next_undo(self) -> ChangeInfo | None:
        """The change that `undo` would take back. Raises StateError."""
        with explained_errors(self.root):
            return self.rows.next_undo()

    def next_redo(self) -> ChangeInfo | None:
        """The change that `redo` would make again. Raises StateError."""
        with explained_errors(self.root):
            return self.rows.next_redo()
