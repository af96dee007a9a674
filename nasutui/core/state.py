"""What a step needs of one folder's memory: journal, scores and hashes, opened together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nasutui.core.database import database_path, state_root
from nasutui.core.events import Event, ItemFailed, Note
from nasutui.core.history.journal import Journal, Refusal
from nasutui.core.i18n import ngettext
from nasutui.core.text import display_name


@contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """The journal of the project or folder that `folder` belongs to. Raises StateError."""
    with Journal(state_root(folder)) as journal:
        yield journal


def recovery_notes(journal: Journal) -> Iterator[Event]:
    """Say what the journal found half done and finished when it was opened."""
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


def failures(refused: list[Refusal] | tuple[Refusal, ...]) -> Iterator[ItemFailed]:
    """Refusals of the journal as events."""
    for refusal in refused:
        yield ItemFailed(refusal.path, refusal.code, refusal.reason)


__all__ = ["failures", "open_journal", "recovery_notes"]


def finish_what_is_half_done(folder: Path) -> Iterator[Event]:
    """Before captions are read for something else: finish what a crash left half written. A folder
    without a journal gets none. Raises StateError."""
    if database_path(state_root(folder)).exists():
        with open_journal(folder) as journal:
            yield from recovery_notes(journal)
