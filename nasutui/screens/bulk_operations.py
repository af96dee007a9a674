"""What can be done to many captions at once: names, what must be typed, and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from nasutui.core.editing.bulk_edit import (
    Operation,
    adding,
    alphabet_order,
    fixed_order,
    removing,
    replacing,
    replacing_pattern,
    score_order,
    sorting,
)
from nasutui.core.editing.captions import encode_caption, parse_tags, tag_key, unique_tags
from nasutui.core.errors import UsageError
from nasutui.core.hashes import FileHashes
from nasutui.core.i18n import N_, _
from nasutui.core.problems.finding import mend_all, trigger_first
from nasutui.core.tagging.scores import ScoreStore
from nasutui.core.text import display_name
from nasutui.tag_desk import TagDesk

Make = Callable[[TagDesk, Sequence[str], Sequence[int]], Operation]


@dataclass(frozen=True)
class Kind:
    """One operation. fields: the questions for what must be typed. make: desk, the typed texts and
    the slots -> the operation; raises UsageError, CaptionError, StateError. It may read scores, so
    it runs in a thread."""

    name: str
    title: str
    fields: tuple[str, ...]
    make: Make


def _tags(desk: TagDesk, text: str) -> tuple[str, ...]:
    tags = tuple(desk.spelling(tag, typed=True) for tag in parse_tags(text))
    if not tags:
        raise UsageError(_("type a tag"))
    encode_caption(tags)
    return tags


def _add_last(desk: TagDesk, texts: Sequence[str], _slots: Sequence[int]) -> Operation:
    return adding(_tags(desk, texts[0]))


def _add_first(desk: TagDesk, texts: Sequence[str], _slots: Sequence[int]) -> Operation:
    return adding(_tags(desk, texts[0]), desk.trigger, first=True)


def _remove(_desk: TagDesk, texts: Sequence[str], _slots: Sequence[int]) -> Operation:
    patterns = parse_tags(texts[0])
    if not patterns:
        raise UsageError(_("type a tag"))
    return removing(patterns)


def _replace(desk: TagDesk, texts: Sequence[str], _slots: Sequence[int]) -> Operation:
    old = parse_tags(texts[0])
    if len(old) != 1:
        raise UsageError(_("type one tag that is to be replaced"))
    new = tuple(desk.spelling(tag, typed=True) for tag in parse_tags(texts[1]))
    if tag_key(old[0]) in map(tag_key, new):  # a change of spelling: as it is typed
        new = parse_tags(texts[1])
    encode_caption(new)
    return replacing(old[0], new)


def _replace_pattern(_desk: TagDesk, texts: Sequence[str], _slots: Sequence[int]) -> Operation:
    if not texts[0]:
        raise UsageError(_("type a regular expression"))
    return replacing_pattern(texts[0], texts[1])


def _by_score(desk: TagDesk, _texts: Sequence[str], slots: Sequence[int]) -> Operation:
    return sorting(score_order(scores_of(desk, slots)), desk.trigger)


def _by_alphabet(desk: TagDesk, _texts: Sequence[str], _slots: Sequence[int]) -> Operation:
    return sorting(alphabet_order, desk.trigger)


def _by_kind(desk: TagDesk, _texts: Sequence[str], _slots: Sequence[int]) -> Operation:
    from nasutui.core.dataset.kinds import KINDS, kind_of

    places = {kind: number for number, kind in enumerate(KINDS)}
    return sorting(
        lambda _slot, tag: (places.get(kind_of(tag_key(tag)), len(places)),), desk.trigger
    )


def _by_order(desk: TagDesk, texts: Sequence[str], _slots: Sequence[int]) -> Operation:
    order = parse_tags(texts[0])
    if not order:
        raise UsageError(_("type tags in the order that they are to have"))
    return sorting(fixed_order(order), desk.trigger)


def _deduplicate(_desk: TagDesk, _texts: Sequence[str], _slots: Sequence[int]) -> Operation:
    return lambda _slot, tags: unique_tags(tags)


def _trigger_first(desk: TagDesk, texts: Sequence[str], _slots: Sequence[int]) -> Operation:
    from dataclasses import replace

    trigger = parse_tags(texts[0]) or desk.trigger
    if not trigger:
        raise UsageError(_("type the trigger"))
    rules = replace(desk.dataset.rules, trigger=trigger)
    return lambda _slot, tags: trigger_first(tags, rules)


def _mend(desk: TagDesk, _texts: Sequence[str], _slots: Sequence[int]) -> Operation:
    return lambda _slot, tags: mend_all(tags, desk.dataset.rules)


KINDS_OF_CHANGE = (
    Kind("add", N_("Add at the end"), (N_("tags to add"),), _add_last),
    Kind("add-first", N_("Add at the front"), (N_("tags to add"),), _add_first),
    Kind("remove", N_("Remove"), (N_("tags to remove (* fits anything)"),), _remove),
    Kind("replace", N_("Replace a tag"), (N_("this tag"), N_("by these (nothing: take it out)")), _replace),
    Kind("replace-pattern", N_("Replace by pattern"),
         (N_("regular expression, inside each tag"), N_(r"by (\1: first group)")), _replace_pattern),
    Kind("trigger", N_("Trigger first"), (N_("trigger (nothing: the project's)"),), _trigger_first),
    Kind("deduplicate", N_("Remove repeated tags"), (), _deduplicate),
    Kind("sort-score", N_("Sort by score"), (), _by_score),
    Kind("sort-kind", N_("Sort by kind"), (), _by_kind),
    Kind("sort-alphabet", N_("Sort by alphabet"), (), _by_alphabet),
    Kind("sort-order", N_("Sort in my order"), (N_("tags in their order (* fits anything)"),), _by_order),
    Kind("mend", N_("Mend problems"), (), _mend),
)  # fmt: skip


def label_of(kind: Kind, texts: Sequence[str]) -> str:
    """The change in the history's words."""
    typed = " → ".join(text.strip() for text in texts if text.strip())
    return display_name(f"{_(kind.title)}: {typed}" if typed else _(kind.title))


def scores_of(desk: TagDesk, slots: Sequence[int]) -> dict[int, dict[str, float]]:
    """Slot -> tag key -> score by the newest model. Raises StateError, UsageError when no picture
    was ever scored."""
    if not desk.has_journal:
        raise UsageError(_("no picture here was ever scored by a tagger"))
    found: dict[int, dict[str, float]] = {}
    with closing(ScoreStore(desk.root)) as store:
        models = store.models()
        if not models:
            raise UsageError(_("no picture here was ever scored by a tagger"))
        number, _name, table = models[-1]
        hashes = FileHashes(desk.root, store.connection)
        for slot in slots:
            path = desk.dataset.path(slot)
            if path is None:
                continue
            try:
                scores = store.get(hashes.sha256(path), number)
            except OSError:
                continue
            if scores is not None:
                found[slot] = {tag_key(n): s for n, s in scores.as_dict(table).items()}
    return found
