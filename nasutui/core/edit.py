"""Changing the tags of a whole folder: the trigger first in every caption; add, remove, replace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.captions import encode_caption, parse_tags, tag_key, unique_tags, without_tags
from nasutui.core.changing import Batch, read_caption
from nasutui.core.errors import CaptionError, InputError, UsageError
from nasutui.core.events import Cancelled, Events, Finished, ItemDone, ItemFailed, Note, Started
from nasutui.core.i18n import _, ngettext
from nasutui.core.journal import Edit
from nasutui.core.listing import Listing, scan
from nasutui.core.query import parse_query
from nasutui.core.state import open_journal, recovery_notes
from nasutui.core.text import display_name, natural_key

TagChange = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True, slots=True)
class AddTagSettings:
    """tag: one tag or several with commas. position: "start" or "end". exclude_jp: leave the
    Japanese side files alone."""

    input: Path
    tag: str
    position: str = "start"
    exclude_jp: bool = False


@dataclass(frozen=True, slots=True)
class EditSettings:
    """where: a query (see query.py). replace: pairs of old and new tag."""

    input: Path
    where: str = ""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    replace: tuple[tuple[str, str], ...] = ()


def checked_tags(text: str) -> tuple[str, ...]:
    """The tags of an argument such as `a, b`. Raises UsageError when there is none or one that no
    caption can hold."""
    tags = parse_tags(text)
    try:
        encode_caption(tags)
    except CaptionError as error:
        raise UsageError(str(error)) from error
    if not tags:
        raise UsageError(_("no tag was given"))
    return tags


def add_tag(settings: AddTagSettings, cancelled: Cancelled) -> Events:
    """Put the tag first (or last) in every caption, once. Raises InputError, UsageError."""
    tags = checked_tags(settings.tag)
    listing = scan(settings.input)
    files = listing.caption_files()
    if not settings.exclude_jp:
        files = sorted([*files, *listing.sides.values()], key=lambda p: natural_key(p.name))
    at_start = settings.position == "start"

    def change(old: Sequence[str]) -> list[str]:
        rest = without_tags(old, tags)
        return [*tags, *rest] if at_start else [*rest, *tags]

    place = _("at the start") if at_start else _("at the end")
    label = _("put {tag} {place}").format(tag=display_name(", ".join(tags)), place=place)
    yield from _change_all("add-tag", label, listing, files, change, cancelled)


def edit(settings: EditSettings, cancelled: Cancelled) -> Events:
    """Add, remove and replace tags in every caption that the query fits."""
    matches = parse_query(settings.where)
    for tags in (settings.add, settings.remove, *settings.replace):
        for tag in tags:
            checked_tags(tag)
    if not (settings.add or settings.remove or settings.replace):
        raise UsageError(_("nothing to change: give --add, --remove or --replace"))
    replacements = {tag_key(old): new for old, new in settings.replace}

    def change(old: Sequence[str]) -> list[str]:
        if not matches(old):
            return list(old)
        kept = without_tags(old, settings.remove)
        replaced = [replacements.get(tag_key(t), t) for t in kept]
        present = {tag_key(t) for t in replaced}
        added = [*replaced, *(t for t in settings.add if tag_key(t) not in present)]
        return unique_tags(added) if added != list(old) else added

    listing = scan(settings.input)
    yield from _change_all(
        "edit", _label(settings), listing, listing.caption_files(), change, cancelled
    )


def _label(settings: EditSettings) -> str:
    parts = [f"+{t}" for t in settings.add] + [f"-{t}" for t in settings.remove]
    parts += [f"{old} → {new}" for old, new in settings.replace]
    where = f" [{settings.where}]" if settings.where else ""
    return display_name(", ".join(parts) + where)


def _change_all(
    step: str,
    label: str,
    listing: Listing,
    files: Sequence[Path],
    change_tags: TagChange,
    cancelled: Cancelled,
) -> Events:
    if not files:
        text = _("there are no captions in {name}").format(name=display_name(listing.folder))
        raise InputError(text, code="no-captions")
    counts: Counter[str] = Counter()
    seen = 0
    with open_journal(listing.folder) as journal:
        yield from recovery_notes(journal)
        yield Started(step, len(files))
        yield from _about_missing(listing)
        with journal.change(step, label) as change:
            batch = Batch(change, seconds=60)
            for path in files:
                if cancelled():
                    break
                seen += 1
                try:
                    planned, report = _plan(path, change_tags)
                    events = list(batch.add(planned, report))
                except CaptionError as error:
                    events = [ItemFailed(path, error.code, f"{display_name(path.name)}: {error}")]
                for event in events:
                    counts[event.action if isinstance(event, ItemDone) else "failed"] += 1
                    yield event
            for event in batch.flush():
                counts[event.action if isinstance(event, ItemDone) else "failed"] += 1
                yield event
    summary = {name: counts[name] for name in ("changed", "unchanged", "failed")}
    yield Finished(step, {**summary, "folder": str(listing.folder)}, cancelled=seen < len(files))


def _plan(path: Path, change_tags: TagChange) -> tuple[Edit | None, ItemDone]:
    now = read_caption(path)
    old = now.caption.tags
    new = change_tags(old)
    if list(old) == new:
        return None, ItemDone(path, "unchanged", {"tags": len(old)})
    detail = {
        "tags": len(new),
        "added": [t for t in new if t not in old],
        "removed": [t for t in old if t not in new],
    }
    return Edit(path, now.data, encode_caption(new)), ItemDone(path, "changed", detail)


def _about_missing(listing: Listing) -> Events:
    missing = [p for p in listing.pictures if p.stem not in listing.captions]
    if missing:
        names = ", ".join(display_name(p.name) for p in missing[:5])
        text = ngettext(
            "{count} picture has no caption: {names}",
            "{count} pictures have no caption: {names}",
            len(missing),
        ).format(count=len(missing), names=names + ("..." if len(missing) > 5 else ""))
        yield Note("no-caption", text)
