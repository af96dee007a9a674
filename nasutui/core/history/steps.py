"""The history of a folder's captions, and going back and forth in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nasutui.core.editing.listing import scan
from nasutui.core.errors import InputError
from nasutui.core.events import Cancelled, Events, Finished, ItemDone, Note, Row, Started
from nasutui.core.history.journal import ChangeInfo, Outcome
from nasutui.core.i18n import _, ngettext
from nasutui.core.state import failures, open_journal, recovery_notes
from nasutui.core.text import display_name


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """input: a folder of captions, or a project. steps: how many changes to undo or redo."""

    input: Path
    steps: int = 1


def describe(change: ChangeInfo) -> str:
    """One change in words: when, which step, what."""
    when = change.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    text = f"{when} {change.step}: {display_name(change.label)}"
    files = ngettext("{count} file", "{count} files", change.files).format(count=change.files)
    return f"{text} ({files})" if change.files else text


def history(settings: HistorySettings, _cancelled: Cancelled) -> Events:
    """Every change of this folder's captions, newest first, as rows."""
    scan(settings.input)
    with open_journal(settings.input) as journal:
        yield from recovery_notes(journal)
        changes = journal.history()
        yield Started("history", len(changes))
        for change in changes:
            yield Row(
                "change",
                {
                    "id": change.id,
                    "at": change.at.isoformat(),
                    "step": change.step,
                    "label": change.label,
                    "files": change.files,
                    "state": change.state,
                },
            )
    yield Finished("history", {"changes": len(changes)})


def undo(settings: HistorySettings, cancelled: Cancelled) -> Events:
    """Take back the newest changes. Raises InputError when there is nothing to take back."""
    yield from _turn("undo", settings, cancelled)


def redo(settings: HistorySettings, cancelled: Cancelled) -> Events:
    """Make changes again that were taken back. Raises InputError when there are none."""
    yield from _turn("redo", settings, cancelled)


def _turn(step: str, settings: HistorySettings, cancelled: Cancelled) -> Events:
    scan(settings.input)
    turned = written = refused = 0
    with open_journal(settings.input) as journal:
        yield from recovery_notes(journal)
        turn = journal.undo if step == "undo" else journal.redo
        upcoming = journal.next_undo if step == "undo" else journal.next_redo
        if upcoming() is None:
            text = (
                _("there is nothing to undo") if step == "undo" else _("there is nothing to redo")
            )
            raise InputError(text, code=f"nothing-to-{step}")
        yield Started(step, None)
        while turned < settings.steps and not cancelled():
            outcome = turn()
            if outcome is None:
                break
            yield from _report(step, outcome)
            written += len(outcome.written)
            refused += len(outcome.refused)
            if not outcome.written and outcome.refused:
                break  # going on would take back older changes under the one that is held
            turned += 1
    yield Finished(
        step,
        {"changes": turned, "files": written, "failed": refused},
        cancelled=cancelled() and turned < settings.steps,
    )


def _report(step: str, outcome: Outcome) -> Events:
    said = _("undone: {change}") if step == "undo" else _("redone: {change}")
    if outcome.written or not outcome.refused:
        yield Note(step, said.format(change=describe(outcome.change)))
    for path in outcome.written:
        yield ItemDone(path, "changed", {"change": outcome.change.id})
    yield from failures(outcome.refused)
