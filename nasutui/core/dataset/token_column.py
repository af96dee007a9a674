"""CLIP tokens of every caption of a dataset: each tag is counted once, captions are sums."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Protocol

from nasutui.core.dataset.tokens import best_counter
from nasutui.core.dataset.vocabulary import Row, Vocabulary
from nasutui.core.problems.finding import Rules

_UNKNOWN = -1


class Source(Protocol):
    """What is read of a dataset."""

    rules: Rules
    vocabulary: Vocabulary

    @property
    def size(self) -> int: ...
    def row(self, slot: int) -> Row: ...


class TokenColumn:
    """`counts[slot]` is right for every slot after `count()`."""

    def __init__(self, source: Source) -> None:
        self.counts = array("i")
        self._source = source
        self._with_comma: list[float] = []
        self._alone: list[float] = []

    def touch(self, slots: Iterable[int]) -> None:
        """These slots have another caption now."""
        for slot in slots:
            if slot < len(self.counts):
                self.counts[slot] = _UNKNOWN

    def count(self) -> None:
        """Count where it is not known: the sum of the tags' costs, the last without a comma."""
        import numpy as np

        source, counts = self._source, self.counts
        counts.extend([_UNKNOWN] * (source.size - len(counts)))
        slots = [slot for slot, count in enumerate(counts) if count == _UNKNOWN]
        if not slots:
            return
        self._learn_costs()
        with_comma, alone = np.array(self._with_comma), np.array(self._alone)
        rows = [source.row(slot) for slot in slots]
        ids = np.frombuffer(b"".join(rows), np.int32)
        ends = np.cumsum(np.fromiter((len(row) // 4 for row in rows), np.int64, len(rows)))
        starts = np.concatenate([[0], ends[:-1]])
        sums = np.concatenate([[0.0], np.cumsum(with_comma[ids])])
        totals = sums[ends] - sums[starts]
        filled = ends > starts
        last = ids[ends[filled] - 1]
        totals[filled] += alone[last] - with_comma[last]
        for slot, total in zip(slots, np.rint(totals).astype(int).tolist(), strict=True):
            counts[slot] = total

    def _learn_costs(self) -> None:
        counter = self._source.rules.counter or best_counter()
        for tag in self._source.vocabulary.tags[len(self._with_comma) :]:
            self._with_comma.append(counter.cost(f"{tag},"))
            self._alone.append(counter.cost(tag))
