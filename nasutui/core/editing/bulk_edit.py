"""Changing many captions at once: what would change, picture by picture, and then exactly that.

An operation is a pure function of one picture's tags. `plan` shows what it does to each; `apply`
writes what was shown, as one step of undo. A caption that changed in between is refused, by name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.editing.captions import encode_caption, parse_tags, tag_key, unique_tags
from nasutui.core.editing.changing import Batch, change_each, read_caption
from nasutui.core.editing.listing import instead_of
from nasutui.core.errors import CaptionError, UsageError
from nasutui.core.events import Cancelled, Events, Finished, ItemDone, Started
from nasutui.core.history.journal import Edit
from nasutui.core.i18n import _
from nasutui.core.query.terms import tag_pattern
from nasutui.core.state import open_journal, recovery_notes
from nasutui.core.text import display_name

STEP = "bulk"
Operation = Callable[[int, Sequence[str]], list[str]]  # slot, tags -> tags


@dataclass(frozen=True, slots=True)
class Planned:
    """What an operation does to one caption file."""

    slot: int
    path: Path
    before: tuple[str, ...]
    after: tuple[str, ...]


def adding(tags: Sequence[str], trigger: Sequence[str] = (), *, first: bool = False) -> Operation:
    """Add tags that are missing, at the end or right behind the trigger."""
    leading = {tag_key(t) for t in trigger}

    def change(_slot: int, old: Sequence[str]) -> list[str]:
        present = {tag_key(t) for t in old}
        new = [t for t in unique_tags(tags) if tag_key(t) not in present]
        if not first:
            return [*old, *new]
        head = 0
        while head < len(old) and tag_key(old[head]) in leading:
            head += 1
        return [*old[:head], *new, *old[head:]]

    return change


def removing(patterns: Sequence[str]) -> Operation:
    """Take out every tag that is one of these; a `*` in one fits anything."""
    wanted = [tag_pattern(text, literal=False) for text in patterns]

    def change(_slot: int, old: Sequence[str]) -> list[str]:
        return [t for t in old if not any(p.fits(tag_key(t)) for p in wanted)]

    return change


def replacing(old_tag: str, new_tags: Sequence[str]) -> Operation:
    """Put other tags (none: nothing) in a tag's place. One that is there already is not repeated."""
    key = tag_key(old_tag)

    def change(_slot: int, old: Sequence[str]) -> list[str]:
        if key not in {tag_key(t) for t in old}:
            return list(old)
        return _merged(old, [new_tags if tag_key(t) == key else (t,) for t in old])

    return change


def replacing_pattern(pattern: str, replacement: str) -> Operation:
    """Replace what a regular expression finds inside each tag (\\1 in the replacement is its first
    group). A tag of which nothing is left goes away. Raises UsageError when it is none."""
    try:
        expression = re.compile(pattern)
        expression.sub(replacement, "")  # the replacement is checked before anything is looked for
    except (re.error, IndexError, OverflowError, RecursionError) as error:
        raise UsageError(
            _("this is no regular expression: {reason}").format(reason=display_name(str(error)))
        ) from error

    def change(_slot: int, old: Sequence[str]) -> list[str]:
        parts = [_replaced(expression, replacement, t) for t in old]
        if all(part == (t,) for part, t in zip(parts, old, strict=True)):
            return list(old)
        return _merged(old, parts)

    return change


def _replaced(expression: re.Pattern[str], replacement: str, tag: str) -> tuple[str, ...]:
    new = expression.sub(replacement, tag)
    return (tag,) if new == tag else parse_tags(new)


def _merged(old: Sequence[str], parts: Sequence[Sequence[str]]) -> list[str]:
    """The parts in a row. A tag that came in by the replacement stands once, where it is first;
    repeats that have nothing to do with it stay."""
    new = {
        tag_key(t)
        for tag, part in zip(old, parts, strict=True)
        if tuple(part) != (tag,)
        for t in part
    }
    result: list[str] = []
    seen: set[str] = set()
    for tag in (t for part in parts for t in part):
        key = tag_key(tag)
        if key not in seen or key not in new:
            result.append(tag)
        seen.add(key)
    return result


def sorting(
    key: Callable[[int, str], tuple[object, ...]], trigger: Sequence[str] = ()
) -> Operation:
    """Put tags in the order of `key(slot, tag)`; the trigger stays in front, equals stay in order."""
    leading = {tag_key(t) for t in trigger}

    def change(slot: int, old: Sequence[str]) -> list[str]:
        head = [t for t in old if tag_key(t) in leading]
        rest = [t for t in old if tag_key(t) not in leading]
        return [*head, *sorted(rest, key=lambda tag: key(slot, tag))]

    return change


def plan(
    captions: Iterable[tuple[int, Path, tuple[str, ...]]],
    operation: Operation,
    cancelled: Cancelled,
) -> list[Planned]:
    """What the operation changes: slot, caption file, tags as shown -> only those that change.
    A file that several pictures share comes once. Raises CaptionError for a tag that no caption
    can hold."""
    found: list[Planned] = []
    seen: set[Path] = set()
    for slot, path, tags in captions:
        if cancelled():
            break
        if path in seen:
            continue
        seen.add(path)
        after = tuple(operation(slot, tags))
        if after != tags:
            encode_caption(after)
            found.append(Planned(slot, path, tags, after))
    return found


def apply(folder: Path, planned: Sequence[Planned], label: str, cancelled: Cancelled) -> Events:
    """Write what was planned, as one step of undo. Raises StateError."""
    counts: Counter[str] = Counter()
    with open_journal(folder) as journal:
        yield from recovery_notes(journal)
        yield Started(STEP, len(planned))
        with journal.change(STEP, label) as change:
            begun = yield from change_each(
                Batch(change, seconds=60), planned, _edit, lambda item: item.path, counts, cancelled
            )
    yield Finished(
        STEP, {"changed": counts["changed"], "failed": counts["failed"]},
        cancelled=begun < len(planned),
    )  # fmt: skip


def _edit(item: Planned) -> tuple[Edit, ItemDone]:
    now = read_caption(item.path)
    # Beside a NAME.caption that has come since, no second caption is made.
    if now.caption.tags != item.before or instead_of(item.path) is not None:
        text = _("{name}: another program has changed it meanwhile; it is left as it is")
        name = display_name(item.path.name)
        raise CaptionError(text.format(name=name), code="changed-meanwhile")
    edit = Edit(item.path, now.data, encode_caption(item.after))
    return edit, ItemDone(item.path, "changed", {"tags": len(item.after)})


def score_order(scores: Mapping[int, Mapping[str, float]]) -> Callable[[int, str], tuple[float]]:
    """A sort key: highest score first; tags without one last. scores: slot -> tag key -> score."""
    return lambda slot, tag: (-scores.get(slot, {}).get(tag_key(tag), -1.0),)


def alphabet_order(_slot: int, tag: str) -> tuple[str]:
    """A sort key: by letters, whatever the case."""
    return (tag_key(tag),)


def fixed_order(order: Sequence[str]) -> Callable[[int, str], tuple[int]]:
    """A sort key: tags in this order (`*` fits anything), the rest behind as it is."""
    wanted = [tag_pattern(text, literal=False) for text in order]

    def key(_slot: int, tag: str) -> tuple[int]:
        found = (i for i, pattern in enumerate(wanted) if pattern.fits(tag_key(tag)))
        return (next(found, len(wanted)),)

    return key
