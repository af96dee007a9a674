"""The character helper: what to do with each tag of the pictures that have a trigger.

A LoRA learns for the trigger what its pictures have in common and no other tag explains. So what
always belongs to the character (hair, eyes) is folded: taken out of the captions, that it goes into
the trigger. What changes (clothes, pose, place) is kept, that it can be asked for. And what belongs
to the character but is missing from a few captions, or is said differently there, is made uniform
first: most of these are the tagger's mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nasutui.core.dataset.kinds import KINDS, OF_THE_CHARACTER, PEOPLE, RATING, kind_of
from nasutui.core.dataset.model import Dataset
from nasutui.core.dataset.statistics import tag_counts
from nasutui.core.editing.captions import parse_tags, tag_key
from nasutui.core.problems.contradictions import rivals_of

FOLD, KEEP, UNIFORM = "fold", "keep", "uniform"

_ALWAYS = 0.9
_MOSTLY = 0.6
# Clothes and the like are folded only when they are never off: else they could not be taken off.
_WORN_ALWAYS = 0.98
_NEVER_FOLDED = frozenset({PEOPLE, RATING})

TagChange = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True, slots=True)
class CharacterTag:
    """One tag of the character's pictures. count: how many of them have it; coverage: 0 to 1;
    advice: FOLD, KEEP or UNIFORM; rivals: tags that say another thing of the same feature in these
    pictures (other hair colours), the most frequent first."""

    tag: str
    key: str
    kind: str
    count: int
    coverage: float
    advice: str
    rivals: tuple[str, ...]


def _keys(trigger: str) -> list[str]:
    return [tag_key(tag) for tag in parse_tags(trigger)]


def pictures_of(dataset: Dataset, trigger: str) -> list[int]:
    """The slots whose caption has the trigger (all its tags, if it is several with commas), in the order of the dataset."""
    with dataset.lock:
        keys = [dataset.vocabulary.known_key(key) for key in _keys(trigger)]
        masks = [dataset.index.mask((key,), dataset.size) for key in keys if key is not None]
        if not masks or len(masks) < len(keys):
            return []
        return [slot for slot in dataset.order if all(mask[slot] for mask in masks)]


def character_tags(dataset: Dataset, trigger: str) -> list[CharacterTag]:
    """The tags of the pictures that have the trigger, by kind (see dataset/kinds.py) and then by how many
    have them. The trigger itself is not among them."""
    slots = pictures_of(dataset, trigger)
    counted = [tag for tag in tag_counts(dataset, slots) if tag.key not in _keys(trigger)]
    spelling = {tag.key: tag.tag for tag in counted}
    found = []
    for tag in counted:
        kind = kind_of(tag.key)
        rivals = rivals_of(tag.key)
        present = tuple(spelling[other.key] for other in counted if other.key in rivals)
        advice = _advice(kind, tag.share, tag.count)
        found.append(CharacterTag(tag.tag, tag.key, kind, tag.count, tag.share, advice, present))
    return sorted(found, key=lambda tag: (KINDS.index(tag.kind), -tag.count, tag.key))


def _advice(kind: str, coverage: float, count: int) -> str:
    if kind in _NEVER_FOLDED or count < 2:
        return KEEP
    if kind in OF_THE_CHARACTER:
        if coverage >= _ALWAYS:
            return FOLD
        return UNIFORM if coverage >= _MOSTLY else KEEP
    return FOLD if coverage >= _WORN_ALWAYS and kind in ("clothes", "accessory") else KEEP


def rule_breakers(dataset: Dataset, trigger: str, tag: str) -> list[int]:
    """The pictures of the character that lack this tag, or say another thing of the same feature:
    the slots in the order of the dataset."""
    wanted = tag_key(tag)
    rivals = rivals_of(wanted)
    found = []
    for slot in pictures_of(dataset, trigger):
        keys = dataset.vocabulary.keys_of(dataset.row(slot))
        if wanted not in keys or not rivals.isdisjoint(keys):
            found.append(slot)
    return found


def folded(tags: Sequence[str]) -> TagChange:
    """A change that takes these tags out: they go into the trigger."""
    gone = {tag_key(tag) for tag in tags}
    return lambda caption: [tag for tag in caption if tag_key(tag) not in gone]


def uniform(tag: str) -> TagChange:
    """A change after which every caption has this tag once, in the place of what says another thing
    of the same feature, else at the end."""
    key = tag_key(tag)
    rivals = rivals_of(key)

    def change(caption: Sequence[str]) -> list[str]:
        keys = [tag_key(t) for t in caption]
        place = next((i for i, k in enumerate(keys) if k == key), None)
        if place is None:
            place = next((i for i, k in enumerate(keys) if k in rivals), len(keys))
            caption = [*caption[:place], tag, *caption[place:]]
            keys.insert(place, key)
        return [
            t for i, t in enumerate(caption)
            if i == place or (keys[i] not in rivals and keys[i] != key)
        ]  # fmt: skip

    return change
