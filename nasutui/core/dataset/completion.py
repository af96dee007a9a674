"""Which tag somebody means who is typing one: from the dictionary, the models and the dataset.

How well it fits goes first (the whole tag, its beginning, inside it, a slip away); within that, what
is used here and what is used in general, on a logarithmic scale: ten uses in this dataset weigh as
much as a thousand on Danbooru, so that a dataset's own words come up first and the rest stays in
its usual order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nasutui.core.editing.captions import parse_tags, tag_key
from nasutui.core.japanese.dictionary import Dictionary, Entry
from nasutui.core.japanese.romaji import fold

_RANKS = {"exact": 0, "prefix": 1, "inside": 2, "near": 3}
_HERE_WEIGHT = 3.0
_FROM_DICTIONARY = 60
_FEW = 3


@dataclass(frozen=True, slots=True)
class Completion:
    """One tag to choose. tag: as it is to be written (underscores, or as the dataset has it).
    display: its Japanese, "" when nobody knows. alias: another name by which it was found.
    here: pictures of this dataset that have it; count: posts on Danbooru, 0 when not known."""

    tag: str
    display: str
    alias: str
    how: str
    here: int
    count: int


class Completer:
    """Completes against one dataset. `here`: tag key -> pictures that have it, kept up to date by
    whoever owns it; `known`: names of tags that only a model knows."""

    def __init__(
        self, words: Dictionary, here: Mapping[str, int], known: Iterable[str] = ()
    ) -> None:
        self._words, self._here = words, here
        self._known = [key for key in map(tag_key, known) if words.table.get(key) is None]

    def complete(self, text: str, limit: int = 12) -> list[Completion]:
        """What `text` may mean (its last tag, when there are commas), best first."""
        typed = text.rpartition(",")[2].strip()
        if not typed:
            return []
        found: dict[str, Completion] = {}
        for match in self._words.search(typed, _FROM_DICTIONARY):
            self._take(found, match.entry.tag, match.how, match.entry, typed)
        for key, how in self._plain(tag_key(typed)):
            self._take(found, key, how, self._words.translate(key), typed)
        result = sorted(found.values(), key=_order)
        if sum(c.how != "near" for c in result) >= _FEW:
            result = [c for c in result if c.how != "near"]
        return result[:limit]

    def _plain(self, wanted: str) -> Iterable[tuple[str, str]]:
        """Keys of the dataset and the models that hold `wanted`, and how."""
        for source in (self._here, self._known):
            for key in source:
                at = key.find(wanted)
                if at < 0 or (source is self._here and not self._here[key]):
                    continue
                if key == wanted:
                    yield key, "exact"
                else:
                    yield key, "inside" if at else "prefix"

    def _take(
        self, found: dict[str, Completion], tag: str, how: str, entry: Entry | None, typed: str
    ) -> None:
        key = tag_key(tag)
        known = found.get(key)
        if known is not None and _RANKS[known.how] <= _RANKS[how]:
            return
        found[key] = Completion(
            tag, entry.display if entry else "", _alias(entry, typed), how,
            self._here.get(key, 0), entry.count if entry else 0,
        )  # fmt: skip


def _order(found: Completion) -> tuple[int, float, str]:
    weight = _HERE_WEIGHT * math.log1p(found.here) + math.log1p(found.count)
    return _RANKS[found.how], -weight, found.tag


def _alias(entry: Entry | None, typed: str) -> str:
    """The other name that holds what was typed, when neither the tag nor its Japanese does."""
    if entry is None:
        return ""
    wanted = fold(typed)
    if wanted in fold(entry.tag) or wanted in fold(entry.display):
        return ""
    return next((s for s in entry.synonyms if wanted in fold(s)), "")


def typed_tags(text: str) -> tuple[str, ...]:
    """The tags of a typed line as they stand, with commas between them."""
    return parse_tags(text)
