"""What a step needs of one folder's memory: journal, scores and hashes, opened together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nasutui.core.damage import told_set_aside
from nasutui.core.database import STATE_DIR, database_path, explained_errors, state_root
from nasutui.core.events import Event, ItemFailed, Note
from nasutui.core.history.journal import Journal, Refusal
from nasutui.core.i18n import _, ngettext
from nasutui.core.text import display_name


@contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """The journal of the project or folder that `folder` belongs to. Raises StateError."""
    with Journal(state_root(folder)) as journal:
        yield journal


def recovery_notes(journal: Journal) -> Iterator[Event]:
    """Say what was found when the journal was opened: it was damaged; it was half done, and is
    finished. Raises StateError."""
    with explained_errors(journal.root):
        yield from set_aside_notes(journal.rows.db, journal.root)
    for recovery in journal.recovered:
        count = len(recovery.finished)
        if count:
            yield Note(
                "recovered",
                ngettext(
                    "the last run ended in the middle of “{label}”: {count} file was finished now",
                    "the last run ended in the middle of “{label}”: {count} files were finished now",
                    count,
                ).format(label=display_name(recovery.label), count=count),
            )
        yield from failures(recovery.refused)


def set_aside_notes(db: sqlite3.Connection, root: Path) -> Iterator[Note]:
    """Say once that a damaged database was set aside. Raises sqlite3.Error."""
    kept = told_set_aside(db)
    if kept:
        text = _(
            "the history of this folder was damaged; it was set aside as {name}. The captions are as"
            " they were, and a new history starts. What was done before can't be undone, and tags"
            " that you took out may come back when you caption again."
        )
        name = display_name(f"{STATE_DIR}/{kept}")
        yield Note("state-set-aside", text.format(name=name), root)


def failures(refused: list[Refusal] | tuple[Refusal, ...]) -> Iterator[ItemFailed]:
    """Refusals of the journal as events."""
    for refusal in refused:
        yield ItemFailed(refusal.path, refusal.code, refusal.reason)


def finish_what_is_half_done(folder: Path) -> Iterator[Event]:
    """Before captions are read for something else: finish what a crash left half written. A folder
    without a journal gets none. Raises StateError."""
    if database_path(state_root(folder)).exists():
        with open_journal(folder) as journal:
            yield from recovery_notes(journal)
