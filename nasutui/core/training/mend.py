"""Mending what a check found: the finding's `mend` says how. Captions change through the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from nasutui.core.editing.captions import encode_caption, parse_tags, without_tags
from nasutui.core.editing.changing import Batch, change_each, read_caption
from nasutui.core.editing.listing import caption_path
from nasutui.core.errors import explain_os_error, os_error_code
from nasutui.core.events import Cancelled, Events, Finished, ItemDone, ItemFailed, Started
from nasutui.core.history.journal import Edit
from nasutui.core.i18n import _
from nasutui.core.state import open_journal, recovery_notes
from nasutui.core.training.check_captions import is_rating
from nasutui.core.training.check_pictures import is_cache
from nasutui.core.training.findings import MEND_CACHE, MEND_RATINGS, MEND_TRIGGER, Finding

STEP = "mend"


def mend(folder: Path, trigger: str, findings: Sequence[Finding], cancelled: Cancelled) -> Events:
    """Mend every finding that can be; those that can't are passed over. All captions are one step
    of undo. folder: the one that was checked. Raises StateError."""
    caches = [f.picture for f in findings if f.mend == MEND_CACHE and f.picture]
    kinds: dict[Path, set[str]] = {}
    for finding in findings:
        if finding.mend and finding.mend != MEND_CACHE and finding.picture:
            kinds.setdefault(caption_path(finding.picture), set()).add(finding.mend)
    counts: Counter[str] = Counter()
    yield Started(STEP, len(caches) + len(kinds))
    for path in caches:
        removed = _remove(path)
        counts[removed.action if isinstance(removed, ItemDone) else "failed"] += 1
        yield removed
    with open_journal(folder) as journal:
        yield from recovery_notes(journal)
        with journal.change(STEP, _("mend what the check found")) as change:
            begun = yield from change_each(
                Batch(change, seconds=60), [*kinds], lambda p: _plan(p, kinds[p], trigger),
                lambda path: path, counts, cancelled,
            )  # fmt: skip
    names = ("changed", "removed", "unchanged", "failed")
    yield Finished(STEP, {name: counts[name] for name in names}, cancelled=begun < len(kinds))


def _remove(path: Path) -> ItemDone | ItemFailed:
    try:
        if is_cache(path.name):
            path.unlink(missing_ok=True)
    except OSError as error:
        return ItemFailed(path, os_error_code(error), explain_os_error(error, path.name))
    return ItemDone(path, "removed")


def _plan(path: Path, mends: set[str], trigger: str) -> tuple[Edit | None, ItemDone]:
    now = read_caption(path)
    tags = list(now.caption.tags)
    if MEND_RATINGS in mends:
        tags = [t for t in tags if not is_rating(t)]
    if MEND_TRIGGER in mends:
        triggers = parse_tags(trigger)
        tags = [*triggers, *without_tags(tags, triggers)]
    data = encode_caption(tags)
    if now.data == data:
        return None, ItemDone(path, "unchanged", {"tags": len(tags)})
    return Edit(path, now.data, data), ItemDone(path, "changed", {"tags": len(tags)})
