"""Changing many captions as one step of undo, in batches that are safely on disk before they are
reported."""

from __future__ import annotations

import functools
import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from nasutui.core.editing.captions import Caption, decode_caption
from nasutui.core.editing.provenance import Memory, fresh, notice, with_deeds
from nasutui.core.errors import CaptionError, explain_os_error, os_error_code
from nasutui.core.events import Cancelled, ItemDone, ItemFailed
from nasutui.core.files import open_regular
from nasutui.core.history.journal import Change, Edit
from nasutui.core.i18n import _
from nasutui.core.text import display_name

Item = TypeVar("Item")

BATCH_EDITS = 5000
BATCH_SECONDS = 0.5
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A caption file as it is now: its bytes (None: no file) and what they say."""

    path: Path
    data: bytes | None
    caption: Caption

    @property
    def is_empty(self) -> bool:
        return not self.caption.tags


def read_caption(path: Path) -> OnDisk:
    """Read one caption. Raises CaptionError when it is there and can't be read."""
    try:
        data = _read(path)
    except OSError as error:
        raise CaptionError(explain_os_error(error, path.name), code=os_error_code(error)) from error
    return OnDisk(path, data, _decoded(data) if data is not None else Caption(()))


def _read(path: Path) -> bytes | None:
    try:
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size > MOST_BYTES:
                raise CaptionError(_("it is too big to be a caption"), code="caption-too-big")
            return file.read()
    except FileNotFoundError:
        return None


def not_changed(path: Path, error: CaptionError) -> ItemFailed:
    """A caption that could not be read or written, named once."""
    name, reason = display_name(path.name), str(error)
    return ItemFailed(path, error.code, reason if name in reason else f"{name}: {reason}")


def with_memory(
    edit: Edit, known: str | None, added: Sequence[str] = (), removed: Sequence[str] = ()
) -> Edit:
    """The edit of a caption with what there is to remember of it; `known`: what is remembered now.

    An edit that says nothing of provenance is a person's doing (added, removed: what the person
    asked for by name). What a person did before, with another program, is noticed here for good:
    undo goes back to just before the edit, not further. Raises CaptionError when the old text is
    none that we read.
    """
    remembered, tags = Memory.from_json(known), _tags(edit.before)
    noticed = fresh(remembered) if edit.before is None else notice(remembered, tags)
    after = edit.memory_after
    if edit.memory_before is after is None:
        after = with_deeds(noticed, tags, _tags(edit.after), added, removed).to_json()
    before = known if noticed == remembered else noticed.to_json()
    return replace(edit, memory_before=before, memory_after=after)


def _tags(data: bytes | None) -> tuple[str, ...]:
    return _decoded(data).tags if data is not None else ()


# A caption is looked at several times on its way into the journal.
_decoded = functools.lru_cache(maxsize=8)(decode_caption)


@dataclass
class Batch:
    """Collects edits and their reports; writes them together.

    `seconds`: flush when the last one (or the beginning) was that long ago: slow work is on disk (and
    on the screen) item by item, quick work in bundles.
    `captions`: what is to be remembered of the edits is filled in (see `with_memory`).
    `first_at_once`: the first is written and reported by itself, so that there is soon something to
    see; without, a change that takes less than `seconds` is one bundle, written whole or not at all.
    """

    change: Change
    seconds: float = BATCH_SECONDS
    captions: bool = True
    first_at_once: bool = False
    _edits: list[Edit] = field(default_factory=list)
    _reports: list[ItemDone] = field(default_factory=list)
    _flushed: float = field(default_factory=time.monotonic)

    def add(self, edit: Edit | None, report: ItemDone) -> Iterator[ItemDone | ItemFailed]:
        """Take an edit (None: nothing to write) with its report; yields what is done by now.
        Raises CaptionError for a caption that can't be read, StateError."""
        if edit is not None and self.captions:
            known = self.change.memory(edit.path)
            edit = with_memory(edit, known)
            if not edit.changes_file and edit.memory_after == known:
                edit = None
        self._reports.append(report)
        if edit is not None:
            self._edits.append(edit)
        waited = time.monotonic() - self._flushed
        if self.first_at_once or waited >= self.seconds or len(self._edits) >= BATCH_EDITS:
            yield from self.flush()

    def flush(self) -> Iterator[ItemDone | ItemFailed]:
        """Write what is collected and report it."""
        edits, reports = self._edits, self._reports
        self._edits, self._reports = [], []
        refused = {r.path: r for r in self.change.apply(edits)} if edits else {}
        self._flushed, self.first_at_once = time.monotonic(), False
        for report in reports:
            refusal = refused.get(report.path)
            if refusal:
                yield ItemFailed(refusal.path, refusal.code, refusal.reason)
            else:
                yield report


def change_each(
    batch: Batch,
    items: Sequence[Item],
    plan: Callable[[Item], tuple[Edit | None, ItemDone]],
    target: Callable[[Item], Path],
    counts: Counter[str],
    cancelled: Cancelled,
) -> Generator[ItemDone | ItemFailed, None, int]:
    """Plan and write the change of each item, counting what became of it (by action, or "failed");
    returns how many were begun. target: the file that an item is about, for what fails."""

    def counted(event: ItemDone | ItemFailed) -> ItemDone | ItemFailed:
        counts[event.action if isinstance(event, ItemDone) else "failed"] += 1
        return event

    begun = 0
    for item in items:
        if cancelled():
            break
        begun += 1
        try:
            events = list(batch.add(*plan(item)))
        except CaptionError as error:
            events = [not_changed(target(item), error)]
        for event in events:
            yield counted(event)
    for event in batch.flush():
        yield counted(event)
    return begun
