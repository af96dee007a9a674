"""The tags of a dataset as numbers: each spelling once, and which spellings are the same tag."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nasutui.core.editing.captions import tag_key
from nasutui.core.query.terms import Pattern

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Row = bytes  # a caption's tags in order, as the bytes of an array of C ints ("i")


class Vocabulary:
    """Spellings and keys, numbered from 0 as they turn up. Numbers never change.

    `tags[i]` is spelling number i, `keys[k]` is key number k, `key_of[i]` the key of spelling i.
    """

    def __init__(self) -> None:
        self.tags: list[str] = []
        self.keys: list[str] = []
        self.key_of = array("i")
        self._tag_ids: dict[str, int] = {}
        self._key_ids: dict[str, int] = {}
        self._piece_ids: dict[str, int] = {}
        self._fitting: dict[Pattern, tuple[int, list[int]]] = {}

    def tag_id(self, tag: str) -> int:
        """The number of a spelling, new or known."""
        number = self._tag_ids.get(tag)
        if number is None:
            key = self.key_id(tag_key(tag))
            number = self._tag_ids[tag] = len(self.tags)
            self.key_of.append(key)
            self.tags.append(tag)
        return number

    def key_id(self, key: str) -> int:
        """The number of a key, new or known."""
        number = self._key_ids.get(key)
        if number is None:
            number = self._key_ids[key] = len(self.keys)
            self.keys.append(key)
        return number

    def known_key(self, key: str) -> int | None:
        """The number of a key, or None when no tag with it has turned up."""
        return self._key_ids.get(key)

    def row(self, tags: Iterable[str]) -> Row:
        """A caption's tags as a row."""
        return array("i", map(self.tag_id, tags)).tobytes()

    def row_of_text(self, text: str) -> Row:
        """The row of a caption text of one line: what `row(parse_tags(text))` gives, quicker."""
        ids = self._piece_ids
        found = array("i")
        for piece in text.split(","):
            number = ids.get(piece)
            if number is None:
                tag = piece.strip()
                number = ids[piece] = self.tag_id(tag) if tag else -1
            if number >= 0:
                found.append(number)
        return found.tobytes()

    def tags_of(self, row: Row) -> tuple[str, ...]:
        """The tags of a row, in order."""
        return tuple(map(self.tags.__getitem__, memoryview(row).cast("i")))

    def keys_of(self, row: Row) -> list[str]:
        """The keys of a row's tags, in order."""
        keys, key_of = self.keys, self.key_of
        return [keys[key_of[i]] for i in memoryview(row).cast("i")]

    def fitting(self, pattern: Pattern) -> list[int]:
        """The numbers of the keys that fit; each key is looked at once a pattern."""
        if not pattern.is_glob:
            exact = self._key_ids.get(pattern.text)
            return [] if exact is None else [exact]
        seen, found = self._fitting.get(pattern, (0, []))
        count = len(self.keys)
        if seen < count:
            fits, keys = pattern.fits, self.keys
            found = found + [i for i in range(seen, count) if fits(keys[i])]
            if len(self._fitting) > 256:
                self._fitting.clear()
            self._fitting[pattern] = (count, found)
        return found

    def key_numbers(self, rows: Sequence[Row]) -> NDArray[np.int32]:
        """The keys of all tags of these rows, one row behind the other."""
        import numpy as np

        ids = np.frombuffer(b"".join(rows), np.int32)
        return np.array(self.key_of, np.int32)[ids]


def row_length(row: Row) -> int:
    """How many tags a row has."""
    return len(row) // 4
