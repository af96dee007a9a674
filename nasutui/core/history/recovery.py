"""What a process left half done is finished, in the direction in which it was going.

Only files that may not have reached the disk are looked at (`pending`), so what a person did to
files of a long run that were written and flushed is nothing of ours. A file that holds neither the
old nor the new text was changed by somebody since, and stays. After a power cut (another boot of
the machine) a file may also be torn: there with its new name, but empty or full of zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nasutui.core.database import is_inside, real_path, transaction
from nasutui.core.files import flush_to_disk, read_or_none, remove_leftovers
from nasutui.core.history import owners
from nasutui.core.history.files import changed_meanwhile, refused_by_system, write
from nasutui.core.history.rows import APPLIED, APPLYING, UNDOING, UNDONE, FileChange, Rows
from nasutui.core.history.types import Recovery, Refusal


def recover(rows: Rows, root: Path) -> list[Recovery]:
    """Finish the changes whose process is gone; one entry for each in which there was anything to
    do or to say. Raises sqlite3.Error."""
    if all(_is_at_work(root, owner) for _id, _label, _state, owner, _boot in rows.unfinished()):
        return []
    recovered = []
    with owners.write_lock(root):
        # Read again: another process may have finished them while this one waited.
        for change_id, label, state, owner, boot in rows.unfinished():
            if _is_at_work(root, owner):
                continue
            finishing = _Finishing(rows, root, change_id, state, boot)
            finishing.run()
            if finishing.finished or finishing.refused:
                done = Recovery(label, tuple(finishing.finished), tuple(finishing.refused))
                recovered.append(done)
    return recovered


def _is_at_work(root: Path, owner: str | None) -> bool:
    return not owners.is_abandoned(root, owner)


def _is_torn(text: bytes | None) -> bool:
    """No caption holds a zero byte; a file that lost its blocks is empty or holds them."""
    return text is not None and (not text or b"\0" in text)


class _Finishing:
    """One change that is being finished."""

    def __init__(self, rows: Rows, root: Path, change_id: int, state: str, boot: str) -> None:
        self._rows, self._root, self._id, self._state = rows, root, change_id, state
        self._back = state == UNDOING
        self._power_was_cut = boot != owners.boot_id()
        self._not_done: list[FileChange] = []
        self.finished: list[Path] = []
        self.refused: list[Refusal] = []

    def run(self) -> None:
        files = self._rows.files(self._id, undone=self._back, pending_only=True)
        touched = [file for file in files if file.changes_file]
        folders = {real_path(self._root, f.path).parent for f in touched if is_inside(f.path)}
        self._finish([(file, *self._look(file)) for file in touched])
        for folder in folders:
            remove_leftovers(folder)
        flush_to_disk(folders)
        turned_back = (
            self._state != APPLYING and bool(touched) and len(self._not_done) == len(touched)
        )
        with transaction(self._rows.db):
            self._take_back(self._not_done)
            self._rows.settle(self._id, UNDONE if self._back != turned_back else APPLIED)

    def _look(self, file: FileChange) -> tuple[bytes | None, Refusal | None]:
        """What the file holds now, or why that can't be told."""
        path = real_path(self._root, file.path)
        if not is_inside(file.path):
            return None, changed_meanwhile(path)
        try:
            return read_or_none(path), None
        except OSError as error:
            return None, refused_by_system(path, error)

    def _finish(self, seen: Sequence[tuple[FileChange, bytes | None, Refusal | None]]) -> None:
        wants = [file.ends(back=self._back)[1] for file, _current, _refusal in seen]
        arrived = {
            i
            for i, (_f, current, refusal) in enumerate(seen)
            if refusal is None and current == wants[i]
        }
        last = max(arrived, default=-1)
        reached = True
        for i, (file, current, refusal) in enumerate(seen):
            path = real_path(self._root, file.path)
            if i in arrived:
                continue
            if refusal is None and self._is_ours(file, current):
                # Files are written in order: behind one that was not reached, none was.
                reached = False
                refusal = write(path, current, wants[i])
                if refusal is None:
                    self.finished.append(path)
                    continue
                self._not_done.append(file)
            elif not (reached or i < last):
                self._not_done.append(file)
            # Else the change had reached it, and its old text is kept in the journal alone.
            self.refused.append(refusal or changed_meanwhile(path))

    def _is_ours(self, file: FileChange, current: bytes | None) -> bool:
        return current in file.texts or (self._power_was_cut and _is_torn(current))

    def _take_back(self, files: Sequence[FileChange]) -> None:
        if self._state == APPLYING:
            self._rows.forget(row.id for file in files for row in file.rows)
        else:
            self._rows.mark(files, undone=not self._back)
