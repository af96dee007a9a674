"""The tagger's scores of a whole dataset in memory, to compare one tag's score in all pictures.

Sparse, as in the store (see tagging/scores.py), but laid out by tag: one tag behind the other, for
each the pictures that have it at 0.01 or more, 4 bytes a score; some 90 MB for 100,000 pictures. So
a question looks at the scores of the tags that it is about and at no others. A tag that the tagger
knows and that is not there has the score 0.

Scores are compared as the numbers that their half floats are in bits: of what is not negative, the
greater has the greater bits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nasutui.core.database import database_error, database_path, state_root
from nasutui.core.dataset.names import Item
from nasutui.core.editing.captions import tag_key
from nasutui.core.events import Cancelled, Progress
from nasutui.core.hashes import FileHashes
from nasutui.core.query.terms import COMPARISONS, Pattern
from nasutui.core.tagging.scores import ScoreStore, TagTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 500


class Source(Protocol):
    """What is read of a dataset."""

    folder: Path

    @property
    def order(self) -> list[int]: ...
    def item(self, slot: int) -> Item: ...


_BLOCK = 1 << 16  # slots that 16 bits can tell apart
_ONE = 0x3C00  # the bits of the half float 1.0


@dataclass(frozen=True)
class Block:
    """The scores of `_BLOCK` slots from `first` on. starts: where each tag's scores begin in
    `places` (slot less `first`, uint16) and `bits` (half floats, as uint16); one more than tags."""

    first: int
    starts: NDArray[np.int64]
    places: NDArray[np.uint16]
    bits: NDArray[np.uint16]

    def parts(self, tags: Sequence[int], *, joined: bool) -> list[slice]:
        """Where the scores of these tags are, a tag a part. joined: in one when it is every tag."""
        if joined and len(tags) == len(self.starts) - 1:
            return [slice(0, len(self.bits))]
        return [slice(int(self.starts[tag]), int(self.starts[tag + 1])) for tag in tags]


@dataclass
class ScoreTable:
    """Scores of the newest model that has scored any of the pictures.

    keys: the model's tags. slots: those with scores, ascending, int32. most: how many scores a
    picture has at most."""

    keys: list[str]
    slots: NDArray[np.int32]
    blocks: list[Block]
    most: int

    @staticmethod
    def of(source: Source, cancelled: Cancelled) -> Generator[Progress, None, ScoreTable]:
        """Read the scores of a dataset. Raises StateError."""
        root = state_root(source.folder)
        path = database_path(root)
        if not path.is_file():
            return _empty()
        store = ScoreStore(root)
        try:
            hashes = FileHashes(root, store.connection)
            digests = yield from _digests(source, hashes, cancelled)
            store.connection.execute("BEGIN")  # one state of the database for both readings
            for model, _name, table in reversed(store.models()):
                found = _read(store, model, table, digests)
                if len(found.slots):
                    return found
            return _empty()
        except sqlite3.Error as error:
            raise database_error(error, path) from error
        finally:
            store.close()

    def mask(self, pattern: Pattern, comparison: str, value: float, size: int) -> NDArray[np.bool_]:
        """The slots where a tag that fits has such a score; bool, shape (size,)."""
        import numpy as np

        mask = np.zeros(size, np.bool_)
        fitting = [number for number, key in enumerate(self.keys) if pattern.fits(key)]
        if not fitting or not len(self.slots):
            return mask
        compare = COMPARISONS[comparison]
        absent = bool(compare(0.0, value))
        if absent and len(fitting) > self.most:
            mask[self.slots] = True  # nobody has all of them
            return mask
        least, greatest, inside = _range(comparison, value)
        if inside and least > greatest and not absent:
            return mask
        stored = np.zeros(size if absent else 0, np.uint16)
        for block in self.blocks:
            here = mask[block.first :]
            for part in block.parts(fitting, joined=not absent):
                places, bits = block.places[part], block.bits[part]
                hit = bits >= least
                if greatest < _ONE:
                    hit &= bits <= greatest
                here[places[hit if inside else ~hit]] = True
                if absent:  # each part has a picture once, so that none is lost in counting
                    stored[block.first :][places] += 1
        if absent:
            mask[self.slots[stored[self.slots] < len(fitting)]] = True
        return mask


def _range(comparison: str, value: float) -> tuple[int, int, bool]:
    """The bits of the scores that compare so, least and greatest; or, with False, of those that
    do not."""
    import numpy as np

    every = np.arange(_ONE + 1, dtype=np.uint16).view(np.float16).astype(np.float64)
    fits = np.asarray(COMPARISONS[comparison](every, value))  # type: ignore[arg-type]
    inside = not (fits[0] and fits[-1] and not fits.all())
    (wanted,) = np.nonzero(fits if inside else ~fits)
    return (int(wanted[0]), int(wanted[-1]), inside) if len(wanted) else (1, 0, inside)


def _empty() -> ScoreTable:
    import numpy as np

    return ScoreTable([], np.empty(0, np.int32), [], 0)


def _digests(
    source: Source, hashes: FileHashes, cancelled: Cancelled
) -> Generator[Progress, None, dict[bytes, list[int]]]:
    """SHA-256 -> slots, for the pictures whose hash is remembered and still true."""
    found: dict[bytes, list[int]] = {}
    total = len(source.order)
    for done, slot in enumerate(list(source.order)):
        if cancelled():
            break
        picture = source.item(slot).picture
        try:
            digest = hashes.known(source.folder / picture) if picture else None
        except OSError:
            digest = None
        if digest:
            found.setdefault(bytes.fromhex(digest), []).append(slot)
        if done % _CHUNK == 0:
            yield Progress("scores", done, total, "pictures")
    return found


def _read(
    store: ScoreStore, model: int, table: TagTable, digests: dict[bytes, list[int]]
) -> ScoreTable:
    """Read the scores twice, once to count them: so nothing but the table itself is ever held."""
    import numpy as np

    counts: dict[int, NDArray[np.int64]] = {}
    slots: list[int] = []
    most = 0
    for number, places, tags, _bits in _bundles(store, model, digests):
        slots += (places.astype(np.int32) + number * _BLOCK).tolist()
        most = max(most, *map(len, tags))
        new = np.bincount(np.concatenate(tags), minlength=len(table))
        counts[number] = counts.get(number, 0) + new
    blocks = {number: _Filling(number, found) for number, found in sorted(counts.items())}
    for number, places, tags, bits in _bundles(store, model, digests):
        blocks[number].take(places, tags, bits)
    keys = [tag_key(name) for name in table.names]
    return ScoreTable(
        keys, np.array(sorted(slots), np.int32), [b.block for b in blocks.values()], most
    )


class _Filling:
    """A block whose size is known and that is being filled."""

    def __init__(self, number: int, counts: NDArray[np.int64]) -> None:
        import numpy as np

        starts = np.concatenate([[0], np.cumsum(counts)])
        self._free = starts[:-1].copy()
        total = int(starts[-1])
        self.block = Block(
            number * _BLOCK, starts, np.empty(total, np.uint16), np.empty(total, np.uint16)
        )

    def take(
        self,
        places: NDArray[np.uint16],
        tags: list[NDArray[np.uint16]],
        bits: list[NDArray[np.uint16]],
    ) -> None:
        """Put the scores of some pictures behind those that are there, tag by tag."""
        import numpy as np

        joined = np.concatenate(tags)
        order = np.argsort(joined, kind="stable")
        ordered = joined[order]
        new = np.bincount(joined, minlength=len(self._free))
        before = np.arange(len(ordered)) - (np.cumsum(new) - new)[ordered]
        targets = self._free[ordered] + before
        self.block.places[targets] = np.repeat(places, [len(part) for part in tags])[order]
        self.block.bits[targets] = np.concatenate(bits)[order]
        self._free += new


def _bundles(
    store: ScoreStore, model: int, digests: dict[bytes, list[int]]
) -> Iterator[tuple[int, NDArray[np.uint16], list[NDArray[np.uint16]], list[NDArray[np.uint16]]]]:
    """Some hundred pictures at a time, all of one block: its number, and for each picture its place
    in it, its tags and their scores."""
    import numpy as np

    rows = store.connection.execute(
        "SELECT picture, tags, probabilities FROM score WHERE model_id=? ORDER BY picture", (model,)
    )
    while found := rows.fetchmany(_CHUNK):
        blocks: dict[int, list[tuple[int, bytes, bytes]]] = {}
        for picture, tags, values in found:
            for slot in digests.get(bytes(picture), ()):
                blocks.setdefault(slot // _BLOCK, []).append((slot % _BLOCK, tags, values))
        for number, bundle in blocks.items():
            yield (
                number,
                np.array([place for place, _tags, _values in bundle], np.uint16),
                [np.frombuffer(tags, "<u2") for _place, tags, _values in bundle],
                [np.frombuffer(values, "<u2") for _place, _tags, values in bundle],
            )
