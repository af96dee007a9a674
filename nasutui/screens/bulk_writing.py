"""Writing a planned change of many files; for a thread."""

from __future__ import annotations

from collections.abc import Sequence

from nasutui.core.editing.bulk_edit import Planned, apply
from nasutui.core.errors import NasutuiError
from nasutui.core.events import Cancelled, Finished, ItemFailed
from nasutui.tag_desk import TagDesk


def write_planned(
    desk: TagDesk, planned: Sequence[Planned], label: str, cancelled: Cancelled
) -> tuple[int, list[ItemFailed], str]:
    """Write it as one step of undo and read the captions again: how many changed, which were
    refused, and what kept it from being done ("" for nothing)."""
    failures: list[ItemFailed] = []
    changed, error = 0, ""
    try:
        for event in apply(desk.folder, planned, label, cancelled):
            if isinstance(event, ItemFailed):
                failures.append(event)
            elif isinstance(event, Finished):
                changed = int(event.summary["changed"])
    except NasutuiError as problem:
        error = str(problem)
    desk.dataset.reread([item.path for item in planned])
    return changed, failures, error
