"""Counting the tags of a dataset: how many pictures have each, and which come together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nasutui.core.editing.captions import tag_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nasutui.core.dataset.model import Dataset


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag in its most frequent spelling. count: pictures that have it (once each); share: of all
    pictures that were looked at, 0 to 1."""

    tag: str
    key: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Together:
    """A tag beside a given one. both: pictures that have both; share: of those that have the given
    tag; of_this: of those that have this tag; count: pictures that have this tag."""

    tag: str
    key: str
    both: int
    share: float
    of_this: float
    count: int


def tag_counts(dataset: Dataset, among: Sequence[int] | None = None) -> list[TagCount]:
    """Every tag of the pictures `among` (slots; None: all), the most frequent first, equal ones by
    name."""
    with dataset.lock:
        counts = _counts(dataset, among)
        spellings = spellings_of(dataset)
        pictures = len(dataset.order) if among is None else len(among)
        keys = dataset.vocabulary.keys
        found = [
            TagCount(spellings[number], keys[number], count, count / pictures)
            for number, count in enumerate(counts.tolist())
            if count
        ]
    return sorted(found, key=lambda tag: (-tag.count, tag.key))


def together_with(dataset: Dataset, tag: str, among: Sequence[int] | None = None) -> list[Together]:
    """Every other tag that stands in a caption with `tag`, the most frequent first. `among` as in
    `tag_counts`."""
    with dataset.lock:
        given = dataset.vocabulary.known_key(tag_key(tag))
        if given is None:
            return []
        having = dataset.index.mask((given,), dataset.size) & _chosen(dataset, among)
        total = int(having.sum())
        both = _counts_where(dataset, having)
        counts = _counts(dataset, among)
        spellings = spellings_of(dataset)
        keys = dataset.vocabulary.keys
        found = [
            Together(spellings[n], keys[n], count, count / total, count / every, every)
            for n, (count, every) in enumerate(zip(both.tolist(), counts.tolist(), strict=True))
            if count and n != given
        ]
    return sorted(found, key=lambda other: (-other.both, other.key))


def spellings_of(dataset: Dataset) -> list[str]:
    """For each key number its most frequent spelling in the dataset (the first seen of equals)."""
    import numpy as np

    vocabulary = dataset.vocabulary
    ids = np.frombuffer(b"".join(dataset.row(slot) for slot in dataset.order), np.int32)
    uses = np.bincount(ids, minlength=len(vocabulary.tags)).tolist()
    best = list(vocabulary.keys)
    most = [0] * len(best)
    for number, key in enumerate(vocabulary.key_of):
        if uses[number] > most[key]:
            best[key], most[key] = vocabulary.tags[number], uses[number]
    return best


def _chosen(dataset: Dataset, among: Sequence[int] | None) -> NDArray[np.bool_]:
    import numpy as np

    chosen = np.zeros(dataset.size, np.bool_)
    chosen[np.asarray(dataset.order if among is None else among, np.int64)] = True
    return chosen


def _counts(dataset: Dataset, among: Sequence[int] | None) -> NDArray[np.int64]:
    return _counts_where(dataset, _chosen(dataset, among))


def _counts_where(dataset: Dataset, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each key number, how many of the chosen slots have it."""
    import numpy as np

    slots, keys = dataset.index.pairs(dataset.size)
    return np.bincount(keys[chosen[slots]], minlength=len(dataset.vocabulary.keys))
