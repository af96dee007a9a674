"""Changing the tags of a whole folder: the trigger first in every caption; add, remove, replace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.editing.captions import (
    encode_caption,
    parse_tags,
    tag_key,
    unique_tags,
    without_tags,
)
from nasutui.core.editing.changing import Batch, change_each, read_caption, with_memory
from nasutui.core.editing.listing import Listing, scan
from nasutui.core.errors import CaptionError, InputError, UsageError
from nasutui.core.events import Cancelled, Events, Finished, ItemDone, Note, Started
from nasutui.core.files import remove_leftovers
from nasutui.core.history.journal import Edit, Journal
from nasutui.core.i18n import _, ngettext
from nasutui.core.query.language import parse_query
from nasutui.core.state import open_journal, recovery_notes
from nasutui.core.text import display_name, natural_key


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of one caption: its new tags, and which were asked for by name, also
    where they make no difference."""

    tags: list[str]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


TagChange = Callable[[Sequence[str]], Wish]


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
    """where: a query (see query/language.py). replace: pairs of old and new tag."""

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
    tags = tuple(unique_tags(checked_tags(settings.tag)))
    listing = scan(settings.input)
    files = listing.caption_files()
    if not settings.exclude_jp:
        files = sorted([*files, *listing.sides.values()], key=lambda p: natural_key(p.name))
    at_start = settings.position == "start"

    def change(old: Sequence[str]) -> Wish:
        rest = without_tags(old, tags)
        return Wish([*tags, *rest] if at_start else [*rest, *tags], added=tags)

    place = _("at the start") if at_start else _("at the end")
    label = _("put {tag} {place}").format(tag=display_name(", ".join(tags)), place=place)
    yield from _change_all("add-tag", label, listing, files, change, cancelled)


def edit(settings: EditSettings, cancelled: Cancelled) -> Events:
    """Add, remove and replace tags in every caption that the query fits. Raises InputError,
    UsageError."""
    matches = parse_query(settings.where)
    for tag in (*settings.add, *settings.remove, *(t for pair in settings.replace for t in pair)):
        if parse_tags(tag) != (tag,):
            text = _(
                "{tag} is not one tag: it is empty, or holds a comma, a line end or outer spaces"
            )
            raise UsageError(text.format(tag=display_name(repr(tag))))
        checked_tags(tag)
    if not (settings.add or settings.remove or settings.replace):
        raise UsageError(_("nothing to change: give --add, --remove or --replace"))

    def change(old: Sequence[str]) -> Wish:
        return _edited_tags(settings, old) if matches(old) else Wish(list(old))

    listing = scan(settings.input)
    yield from _change_all(
        "edit", _label(settings), listing, listing.caption_files(), change, cancelled
    )


def _edited_tags(settings: EditSettings, old: Sequence[str]) -> Wish:
    replacements = {tag_key(old): new for old, new in settings.replace}
    kept = without_tags(old, settings.remove)
    replaced = [replacements.get(tag_key(t), t) for t in kept]
    new = [t for t in kept if tag_key(t) in replacements]
    present = {tag_key(t) for t in replaced}
    tags = [*replaced, *(t for t in settings.add if tag_key(t) not in present)]
    put_in = tuple(replacements[tag_key(t)] for t in new)
    return Wish(
        unique_tags(tags) if tags != list(old) else tags,
        added=(*settings.add, *put_in),
        removed=(*settings.remove, *new),
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
    with open_journal(listing.folder) as journal:
        yield from recovery_notes(journal)
        remove_leftovers(listing.folder)
        yield Started(step, len(files))
        yield from _about_missing(listing)
        with journal.change(step, label) as change:
            batch = Batch(change, seconds=60, captions=False)
            seen = yield from change_each(
                batch, files, lambda path: _plan(path, change_tags, journal), lambda path: path,
                counts, cancelled,
            )  # fmt: skip
    summary = {name: counts[name] for name in ("changed", "unchanged", "failed")}
    yield Finished(step, {**summary, "folder": str(listing.folder)}, cancelled=seen < len(files))


def _plan(path: Path, change_tags: TagChange, journal: Journal) -> tuple[Edit | None, ItemDone]:
    now = read_caption(path)
    if now.data is None:
        raise CaptionError(_("it is gone"), code="missing")
    old = now.caption.tags
    wish = change_tags(old)
    same = list(old) == wish.tags
    known = journal.memory(path)
    edit = Edit(path, now.data, now.data if same else encode_caption(wish.tags))
    edit = with_memory(edit, known, wish.added, wish.removed)
    if same:
        nothing_new = edit.memory_after == known
        return None if nothing_new else edit, ItemDone(path, "unchanged", {"tags": len(old)})
    detail = {
        "tags": len(wish.tags),
        "added": [t for t in wish.tags if t not in old],
        "removed": [t for t in old if t not in wish.tags],
    }
    return edit, ItemDone(path, "changed", detail)


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
