"""The tagger's scores of a whole dataset in memory, to compare one tag's score in all pictures.

Sparse, as in the store (see tagging/scores.py): for each picture the tags from 0.01 up, one picture behind
the other, 4 bytes a score; some 90 MB for 100,000 pictures. A tag that the tagger knows and that is
not there has the score 0.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
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


@dataclass
class ScoreTable:
    """Scores of the newest model that has scored any of the pictures. slots: those with scores;
    starts: where each one's scores begin in `tags` and `values` (one more than slots)."""

    keys: list[str] = field(default_factory=list)
    slots: Sequence[int] = ()
    starts: NDArray[np.int64] | None = None
    tags: NDArray[np.uint16] | None = None
    values: NDArray[np.float16] | None = None

    @staticmethod
    def of(source: Source, cancelled: Cancelled) -> Generator[Progress, None, ScoreTable]:
        """Read the scores of a dataset. Raises StateError."""
        root = state_root(source.folder)
        path = database_path(root)
        if not path.is_file():
            return ScoreTable()
        store = ScoreStore(root)
        try:
            hashes = FileHashes(root, store.connection)
            digests = yield from _digests(source, hashes, cancelled)
            for model, _name, table in reversed(store.models()):
                found = _read(store, model, table, digests)
                if found.slots:
                    return found
            return ScoreTable()
        except sqlite3.Error as error:
            raise database_error(error, path) from error
        finally:
            store.close()

    def mask(self, pattern: Pattern, comparison: str, value: float, size: int) -> NDArray[np.bool_]:
        """The slots where a tag that fits has such a score; bool, shape (size,)."""
        import numpy as np

        mask = np.zeros(size, np.bool_)
        fitting = [number for number, key in enumerate(self.keys) if pattern.fits(key)]
        if not fitting or self.tags is None or self.values is None or self.starts is None:
            return mask
        compare = COMPARISONS[comparison]
        places = self._places(fitting)
        stored_scores = self.values[places].astype(np.float64)
        hits = places[compare(stored_scores, value)]  # type: ignore[arg-type]
        rows = np.diff(np.searchsorted(hits, self.starts)) > 0
        if compare(0.0, value):
            rows |= np.diff(np.searchsorted(places, self.starts)) < len(fitting)
        mask[np.asarray(self.slots, np.int64)[rows]] = True
        return mask

    def of_slot(self, slot: int) -> dict[str, float]:
        """Key -> score of one picture; {} when it has none."""
        if self.tags is None or self.values is None or self.starts is None:
            return {}
        if slot not in self.slots:
            return {}
        row = self.slots.index(slot)
        part = slice(int(self.starts[row]), int(self.starts[row + 1]))
        return {
            self.keys[tag]: value
            for tag, value in zip(self.tags[part].tolist(), self.values[part].tolist(), strict=True)
        }

    def _places(self, fitting: Sequence[int]) -> NDArray[np.int64]:
        import numpy as np

        assert self.tags is not None
        if len(fitting) == 1:
            return np.flatnonzero(self.tags == np.uint16(fitting[0]))
        wanted = np.zeros(len(self.keys), np.bool_)
        wanted[list(fitting)] = True
        return np.flatnonzero(wanted[self.tags])


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
    import numpy as np

    slots: list[int] = []
    lengths: list[int] = []
    tags = bytearray()
    values = bytearray()
    rows = store.connection.execute(
        "SELECT picture, tags, probabilities FROM score WHERE model_id=?", (model,)
    )
    for picture, numbers, probabilities in rows:
        for slot in digests.get(bytes(picture), ()):
            slots.append(slot)
            lengths.append(len(numbers) // 2)
            tags += numbers
            values += probabilities
    starts = np.concatenate([[0], np.cumsum(np.asarray(lengths, np.int64))]).astype(np.int64)
    return ScoreTable(
        [tag_key(name) for name in table.names], slots, starts,
        np.frombuffer(tags, "<u2"), np.frombuffer(values, "<f2"),
    )  # fmt: skip
