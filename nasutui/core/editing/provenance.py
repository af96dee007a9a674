"""Who said each tag of a caption: the tagger, or a person.

A caption is the tagger's output plus a person's edits. The journal keeps, beside each caption, what
the tagger wrote last and what the person is known to have added and removed; whatever differs
between the file and the tagger's last word is a person's doing, whichever program did it. So a new
threshold or model replaces what the tagger said, keeps what a person added and never brings back
what a person removed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nasutui.core.editing.captions import tag_key, unique_tags


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of one caption: tag lists as they were written.

    tagger: what the tagger wrote last; None when it never wrote here.
    added, removed: what a person put in and took out, as far as noticed.
    """

    tagger: tuple[str, ...] | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def to_json(self) -> str:
        tagger = None if self.tagger is None else list(self.tagger)
        return json.dumps(
            {"tagger": tagger, "added": list(self.added), "removed": list(self.removed)},
            ensure_ascii=False,
        )

    @staticmethod
    def from_json(text: str | None) -> Memory:
        """What `to_json` made. Of a text that is damaged nothing is known: every tag of the
        caption is a person's then, and none is lost."""
        if text is None:
            return Memory()
        try:
            value = json.loads(text)
            lists = [value.get(name) for name in ("tagger", "added", "removed")]
        except (ValueError, TypeError, AttributeError):
            return Memory()
        if not all(_is_tags(tags) for tags in lists):
            return Memory()
        tagger, added, removed = lists
        return Memory(
            None if tagger is None else tuple(tagger), tuple(added or ()), tuple(removed or ())
        )


def _is_tags(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(tag, str) for tag in value))


def notice(memory: Memory, caption: Sequence[str]) -> Memory:
    """The memory with what a person has done to the caption since it was last looked at.

    Added by a person: what the tagger did not write, or not in this spelling; what was removed and
    is back. Removed by a person: what the tagger or the person had put in and is gone.
    """
    said = set(memory.tagger or ())
    present = {tag_key(t) for t in caption}
    known = {tag_key(t) for t in (*memory.added, *memory.removed)}
    added = [t for t in caption if t not in said or tag_key(t) in known]
    before = (*memory.removed, *memory.added, *(memory.tagger or ()))
    gone = [t for t in before if tag_key(t) not in present]
    return Memory(memory.tagger, tuple(unique_tags(added)), tuple(unique_tags(gone)))


def edited(
    memory: Memory,
    before: Sequence[str],
    after: Sequence[str],
    added: Sequence[str] = (),
    removed: Sequence[str] = (),
) -> Memory:
    """The memory when a person changes a caption's tags from `before` to `after` with our help.

    added, removed: what the person asked for, also where it made no difference: a tag that the
    tagger had put in already is the person's from now on.
    """
    return with_deeds(notice(memory, before), before, after, added, removed)


def with_deeds(
    known: Memory,
    before: Sequence[str],
    after: Sequence[str],
    added: Sequence[str],
    removed: Sequence[str],
) -> Memory:
    """As `edited`, for a memory that `notice` has seen `before` with."""
    old = {tag_key(t) for t in before}
    present = {tag_key(t) for t in after}
    wanted = {tag_key(t) for t in (*known.added, *added)}
    kept = [t for t in after if tag_key(t) in wanted or tag_key(t) not in old]
    gone = [t for t in (*known.removed, *before, *removed) if tag_key(t) not in present]
    return Memory(known.tagger, tuple(unique_tags(kept)), tuple(unique_tags(gone)))


def fresh(memory: Memory) -> Memory:
    """The memory of a caption whose file is gone: the tagger begins again; what the person had
    removed before stays out."""
    return Memory(removed=memory.removed)


def merge(memory: Memory, caption: Sequence[str], said: Sequence[str]) -> tuple[list[str], Memory]:
    """A caption with the tagger's new word in it, and what to remember.

    caption: the tags in the file now; said: the tagger's new tags in its order. Tags that stay
    keep the order that they have in the file; a new one goes behind the nearest tag that stands
    before it in the tagger's order, or behind the person's leading tags (the trigger).
    """
    return merge_noticed(notice(memory, caption), caption, said)


def merge_noticed(
    known: Memory, caption: Sequence[str], said: Sequence[str]
) -> tuple[list[str], Memory]:
    """As `merge`, for a memory that `notice` has seen the caption with."""
    added = {tag_key(t) for t in known.added}
    removed = {tag_key(t) for t in known.removed}
    new_form = {tag_key(t): t for t in said}
    result = []
    for tag in caption:
        key = tag_key(tag)
        if key in added:
            result.append(tag)
        elif key in new_form:
            result.append(new_form[key])
    result = _insert(result, [t for t in said if tag_key(t) not in removed], added)
    return result, Memory(tuple(said), known.added, known.removed)


def _insert(result: list[str], wanted: Iterable[str], added: set[str]) -> list[str]:
    """Put each wanted tag that is missing behind the wanted tag before it."""
    keys = [tag_key(t) for t in result]
    present = set(keys)
    position = _leading(keys, added)
    for tag in wanted:
        key = tag_key(tag)
        if key in present:
            if key not in added:
                position = max(position, keys.index(key) + 1)
            continue
        result.insert(position, tag)
        keys.insert(position, key)
        present.add(key)
        position += 1
    return result


def _leading(keys: Sequence[str], added: set[str]) -> int:
    count = 0
    for key in keys:
        if key not in added:
            break
        count += 1
    return count


def overwrite(said: Sequence[str]) -> tuple[list[str], Memory]:
    """The tagger's word alone; what a person did is forgotten (undo brings it back)."""
    return list(said), Memory(tuple(said))


def append(memory: Memory, caption: Sequence[str], said: Sequence[str]) -> tuple[list[str], Memory]:
    """The caption with the tagger's tags that are not in it at the end; nothing is taken out."""
    known = notice(memory, caption)
    present = {tag_key(t) for t in caption}
    extra = [t for t in said if tag_key(t) not in present]
    result = [*caption, *extra]
    kept = [t for t in memory.tagger or () if tag_key(t) in present]
    back = {tag_key(t) for t in extra}
    removed = tuple(t for t in known.removed if tag_key(t) not in back)
    return result, Memory(tuple(unique_tags([*kept, *said])), known.added, removed)
