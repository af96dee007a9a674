"""Changing many captions as one step of undo, in batches that are safely on disk before they are
reported."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nasutui.core.captions import Caption, decode_caption
from nasutui.core.errors import CaptionError, explain_os_error, os_error_code
from nasutui.core.events import ItemDone, ItemFailed
from nasutui.core.files import read_or_none
from nasutui.core.journal import Change, Edit

BATCH_EDITS = 5000
BATCH_SECONDS = 0.5


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
        data = read_or_none(path)
    except OSError as error:
        raise CaptionError(explain_os_error(error, path.name), code=os_error_code(error)) from error
    return OnDisk(path, data, decode_caption(data) if data is not None else Caption(()))


@dataclass
class Batch:
    """Collects edits and their reports; writes them together.

    `seconds`: flush when the oldest edit has waited that long, so that slow work loses little.
    """

    change: Change
    seconds: float = BATCH_SECONDS
    _edits: list[Edit] = field(default_factory=list)
    _reports: list[ItemDone] = field(default_factory=list)
    _since: float = 0.0

    def add(self, edit: Edit | None, report: ItemDone) -> Iterator[ItemDone | ItemFailed]:
        """Take an edit (None: nothing to write) with its report; yields what is done by now."""
        if not self._reports:
            self._since = time.monotonic()
        self._reports.append(report)
        if edit is not None:
            self._edits.append(edit)
        if len(self._edits) >= BATCH_EDITS or time.monotonic() - self._since >= self.seconds:
            yield from self.flush()

    def flush(self) -> Iterator[ItemDone | ItemFailed]:
        """Write what is collected and report it."""
        edits, reports = self._edits, self._reports
        self._edits, self._reports = [], []
        refused = {r.path: r for r in self.change.apply(edits)} if edits else {}
        for report in reports:
            refusal = refused.get(report.path)
            if refusal:
                yield ItemFailed(refusal.path, refusal.code, refusal.reason)
            else:
                yield report
