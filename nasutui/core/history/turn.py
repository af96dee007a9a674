"""Undo and redo: the newest change back, or the one undone last again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from nasutui.core.database import is_inside, real_path, transaction
from nasutui.core.files import flush_to_disk
from nasutui.core.history import owners
from nasutui.core.history.files import changed_meanwhile, compare, write
from nasutui.core.history.rows import APPLIED, REDOING, UNDOING, UNDONE, FileChange, Rows
from nasutui.core.history.types import ChangeInfo, Outcome, Refusal


class Turn:
    """One undo (`back`) or redo. Begun and ended under the write lock.

    A file that is not as the change (or its undo) left it is refused and stays. When every file
    is refused, nothing has changed at all.
    """

    def __init__(self, rows: Rows, root: Path, *, back: bool) -> None:
        self._rows, self._root, self._back = rows, root, back
        self._refused: list[Refusal] = []
        self._written: list[Path] = []
        self._remembered: list[Path] = []

    def run(self, owner: Callable[[], str]) -> Outcome | None:
        """Do it; None when there is nothing to undo or redo. Raises sqlite3.Error."""
        change = self._rows.next_undo() if self._back else self._rows.next_redo()
        if change is None:
            return None
        ready, remembered = self._compare(change)
        if self._refused and not ready:
            return self._outcome(change)
        with transaction(self._rows.db):
            during = UNDOING if self._back else REDOING
            self._rows.start_turn(change.id, during, owner(), owners.boot_id())
            self._rows.mark([*ready, *remembered], undone=self._back)
        failed = self._write(ready)
        flush_to_disk({path.parent for path in self._written})
        nothing_done = bool(failed) and not self._written
        if not nothing_done:
            self._remembered = [real_path(self._root, file.path) for file in remembered]
        with transaction(self._rows.db):
            self._rows.mark([*failed, *(remembered if nothing_done else ())], undone=not self._back)
            self._rows.settle(change.id, UNDONE if self._back != nothing_done else APPLIED)
        return self._outcome(change)

    def _compare(self, change: ChangeInfo) -> tuple[list[FileChange], list[FileChange]]:
        """The files that can be written, and those of which only the memory changes."""
        ready, remembered = [], []
        for file in self._rows.files(change.id, undone=not self._back):
            if not file.changes_file:
                remembered.append(file)
                continue
            path = real_path(self._root, file.path)
            have, _want = file.ends(back=self._back)
            refusal = compare(path, have) if is_inside(file.path) else changed_meanwhile(path)
            if refusal:
                self._refused.append(refusal)
            else:
                ready.append(file)
        return ready, remembered

    def _write(self, ready: Sequence[FileChange]) -> list[FileChange]:
        """Write the files; those that could not be written."""
        failed = []
        for file in ready:
            path = real_path(self._root, file.path)
            refusal = write(path, *file.ends(back=self._back))
            if refusal:
                self._refused.append(refusal)
                failed.append(file)
            else:
                self._written.append(path)
        return failed

    def _outcome(self, change: ChangeInfo) -> Outcome:
        return Outcome(change, tuple(self._written), tuple(self._refused), tuple(self._remembered))
