"""Which pictures have which tags, for all pictures at once: posting lists in numpy.

The lists are made once; pictures that change later are kept apart (few of them, looked through one
by one) until there are so many that making the lists anew is quicker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nasutui.core.dataset.vocabulary import Row, Vocabulary, row_length

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_CHANGED = 2000
_NO_ROW: Row = b""


class TagIndex:
    """Answers "which slots have one of these keys". `row(slot)` gives a slot's row as it is now.

    Tell it with `touch` which slots have changed or are new.
    """

    def __init__(self, vocabulary: Vocabulary, row: Callable[[int], Row]) -> None:
        self._vocabulary = vocabulary
        self._row = row
        self._size = 0
        self._slots: NDArray[np.int32] | None = None
        self._starts: NDArray[np.int64] | None = None
        self._changed: set[int] = set()
        self._apart: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]] | None = None

    def touch(self, slots: Sequence[int] | range) -> None:
        """These slots have another row now."""
        self._changed.update(slots)
        self._apart = None

    def mask(self, keys: Sequence[int], size: int) -> NDArray[np.bool_]:
        """Which of the first `size` slots have one of these keys; bool, shape (size,)."""
        import numpy as np

        self._prepare(size)
        assert self._slots is not None and self._starts is not None
        mask = np.zeros(size, np.bool_)
        known = len(self._starts) - 1
        starts = self._starts
        for key in keys:
            if key < known:
                mask[self._slots[starts[key] : starts[key + 1]]] = True
        if self._apart is not None:
            changed, owners, owned = self._apart
            mask[changed] = False
            if len(keys) == 1:
                mask[owners[owned == keys[0]]] = True
            else:
                mask[owners[np.isin(owned, np.asarray(keys, np.int32))]] = True
        return mask

    def counts(self, size: int) -> NDArray[np.int64]:
        """How many different tags each of the first `size` slots has; shape (size,)."""
        import numpy as np

        slots, _keys = self.pairs(size)
        return np.bincount(slots, minlength=size)

    def pairs(self, size: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Every (slot, key) once, as two arrays of the same length, in no order."""
        import numpy as np

        self._prepare(size)
        assert self._slots is not None and self._starts is not None
        keys = np.repeat(np.arange(len(self._starts) - 1, dtype=np.int32), np.diff(self._starts))
        slots = self._slots
        if self._apart is not None:
            changed, owners, owned = self._apart
            gone = np.zeros(size, np.bool_)
            gone[changed] = True
            kept = ~gone[slots]
            both = np.unique(np.stack([owners, owned]), axis=1)
            return np.concatenate([slots[kept], both[0]]), np.concatenate([keys[kept], both[1]])
        return slots, keys

    def _prepare(self, size: int) -> None:
        if self._slots is None or len(self._changed) > _MOST_CHANGED + size // 50:
            self._build(size)
        if self._changed and self._apart is None:
            self._set_apart(size)

    def _build(self, size: int) -> None:
        """Posting lists of all slots: sorted by key, then slot, each pair once."""
        import numpy as np

        owners, keys = self._flat(range(size))
        # Small numbers are sorted several times as fast.
        small = keys.astype(np.uint16) if len(self._vocabulary.keys) < 65536 else keys
        order = np.argsort(small, kind="stable")
        owners, keys = owners[order], keys[order]
        if len(keys):
            first = np.ones(len(keys), np.bool_)
            first[1:] = (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])
            if not first.all():
                owners, keys = owners[first], keys[first]
        counts = np.bincount(keys, minlength=len(self._vocabulary.keys))
        self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._slots = owners
        self._size = size
        self._changed.clear()
        self._apart = None

    def _set_apart(self, size: int) -> None:
        import numpy as np

        slots = sorted(slot for slot in self._changed if slot < size)
        owners, owned = self._flat(slots)
        self._apart = (np.asarray(slots, np.int32), owners, owned)

    def _flat(self, slots: Sequence[int] | range) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        import numpy as np

        rows = [self._row(slot) for slot in slots]
        lengths = np.fromiter(map(row_length, rows), np.int64, len(rows))
        owners = np.repeat(np.asarray(slots, np.int32), lengths)
        return owners, self._vocabulary.key_numbers(rows)
