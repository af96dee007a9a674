"""What queries ask for beside tags, one value a slot, gathered when it is first asked for.

Each column knows which slots it still lacks; a changed caption or picture only takes its own values
away. Gathering reports progress, because the first time it may open every picture.
"""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from nasutui.core.dataset.deeds import People, copies_among, load_people
from nasutui.core.dataset.names import Item
from nasutui.core.dataset.reading import MISSING, Fingerprint, State, fingerprint_of, is_young
from nasutui.core.dataset.score_table import ScoreTable
from nasutui.core.dataset.tag_index import TagIndex
from nasutui.core.dataset.token_column import TokenColumn
from nasutui.core.dataset.vocabulary import Row, Vocabulary
from nasutui.core.events import Cancelled, Progress
from nasutui.core.pictures.size import shorter_side
from nasutui.core.problems import codes
from nasutui.core.problems.finding import Rules, find_codes

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_UNKNOWN = -1
_BIT = {code: 1 << number for number, code in enumerate(codes.CODES)}
_CHUNK = 500


class Source(Protocol):
    """What the columns read of a dataset."""

    folder: Path
    rules: Rules
    vocabulary: Vocabulary
    lock: threading.RLock

    @property
    def size(self) -> int: ...
    @property
    def order(self) -> list[int]: ...
    def item(self, slot: int) -> Item: ...
    def row(self, slot: int) -> Row: ...
    def state(self, slot: int) -> State: ...
    def odd_slots(self) -> list[int]: ...
    def shared_with(self, slot: int) -> str | None: ...


class Columns:
    """The columns of one dataset. Names of columns: "tokens", "size", "scores", "people", "copies",
    "problems"."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._base = f"{os.fspath(source.folder)}{os.sep}"
        self._tokens = TokenColumn(source)
        self._problems = array("i")
        self._sizes = array("i")
        self._pictures: dict[int, Fingerprint] = {}
        self._young: set[int] = set()
        self._generation = 0
        self._copies: frozenset[int] | None = None
        self._people: People | None = None
        self.scores: ScoreTable | None = None
        self.added = TagIndex(source.vocabulary, lambda slot: self._deed(slot, "added"))
        self.removed = TagIndex(source.vocabulary, lambda slot: self._deed(slot, "removed"))

    # -- what has become stale --------------------------------------------------------------

    def touch(self, slots: Iterable[int]) -> None:
        """These slots have another caption now."""
        slots = list(slots)
        self._tokens.touch(slots)
        for slot in slots:
            if slot < len(self._problems):
                self._problems[slot] = _UNKNOWN
        self.added.touch(slots)
        self.removed.touch(slots)

    def forget_names(self) -> None:
        """Files came or went."""
        self._generation += 1
        self._copies = None
        self._people = None
        self.scores = None
        self._problems = array("i")

    def forget_memory(self, slots: Sequence[int]) -> None:
        """The journal knows something new of these captions."""
        if self._people is not None:
            self._people = load_people(self._source, slots, self._people)
            self.added.touch(slots)
            self.removed.touch(slots)

    def look_at_pictures(self, slots: Iterable[int]) -> list[int]:
        """Compare the pictures that something was read from with their files; what changed, or
        may have, is read anew when it is asked for. Returns the slots that changed."""
        changed: list[int] = []
        stale: list[int] = []
        for slot in slots:
            known = self._pictures.get(slot)
            if known is None:
                continue
            now = self._picture_print(slot)
            if now != known:
                changed.append(slot)
            if now != known or slot in self._young:
                stale.append(slot)
        for slot in stale:
            del self._pictures[slot]
            self._young.discard(slot)
            if slot < len(self._sizes):
                self._sizes[slot] = _UNKNOWN
        if stale:
            self._generation += 1
            self._copies = None
            self.scores = None
        return changed

    def _watch(self, slots: Iterable[int]) -> None:
        """Remember how these pictures are, before something is read from them."""
        now = time.time_ns()
        for slot in slots:
            found = self._pictures[slot] = self._picture_print(slot)
            if is_young(found, now):
                self._young.add(slot)

    # -- gathering --------------------------------------------------------------------------

    def gather(self, column: str, cancelled: Cancelled) -> Iterator[Progress]:
        """Fill what a column lacks. Stopped early, the rest counts as not known."""
        match column:
            case "size":
                yield from self._in_chunks("size", self._sizes, self._read_sizes, cancelled)
            case "tokens":
                with self._source.lock:
                    self._tokens.count()
            case "problems":
                with self._source.lock:
                    self._tokens.count()
                yield from self._in_chunks(
                    "problems", self._problems, self._find_problems, cancelled
                )
            case "people":
                if self._people is None:
                    with self._source.lock:
                        self._people = load_people(self._source, self._source.order, None)
                        self.added.touch(range(self._source.size))
                        self.removed.touch(range(self._source.size))
            case "copies":
                while self._copies is None and not cancelled():
                    generation = self._start_watching()
                    copies = yield from copies_among(self._source, cancelled)
                    if generation == self._generation and not cancelled():
                        self._copies = copies
            case "scores":
                while self.scores is None and not cancelled():
                    generation = self._start_watching()
                    scores = yield from ScoreTable.of(self._source, cancelled)
                    if generation == self._generation and not cancelled():
                        self.scores = scores

    def _start_watching(self) -> int:
        """What is read from the pictures from now on is of no use once they change: then the number
        that this returns is no longer the generation."""
        with self._source.lock:
            self._watch(self._source.order)
            return self._generation

    def _in_chunks(
        self, name: str, column: array[int], fill: object, cancelled: Cancelled
    ) -> Iterator[Progress]:
        assert callable(fill)
        with self._source.lock:
            column.extend([_UNKNOWN] * (self._source.size - len(column)))
            missing = [slot for slot in self._source.order if column[slot] == _UNKNOWN]
        for start in range(0, len(missing), _CHUNK):
            if cancelled():
                return
            fill(missing[start : start + _CHUNK])
            yield Progress(name, min(start + _CHUNK, len(missing)), len(missing), "pictures")

    def _read_sizes(self, slots: Sequence[int]) -> None:
        self._watch(slots)
        for slot in slots:
            picture = self._source.item(slot).picture
            self._sizes[slot] = shorter_side(self._base + picture) if picture else 0

    def _picture_print(self, slot: int) -> Fingerprint:
        picture = self._source.item(slot).picture
        return fingerprint_of(self._base + picture) if picture else MISSING

    def _find_problems(self, slots: Sequence[int]) -> None:
        source, limit = self._source, self._source.rules.token_limit
        with source.lock:
            for slot in slots:
                row, state = source.row(slot), source.state(slot)
                keys = source.vocabulary.keys_of(row)
                found = set() if state.unreadable else find_codes(keys, keys, source.rules)
                if limit and self._tokens.counts[slot] > limit:
                    found.add(codes.TOKENS)
                found.update(_file_codes(state, source.shared_with(slot)))
                if source.item(slot).beside:
                    found.add(codes.TWO_CAPTIONS)
                self._problems[slot] = sum(_BIT[code] for code in found)

    def _deed(self, slot: int, deed: str) -> Row:
        return b"" if self._people is None else self._people.row(slot, deed)

    # -- answers ----------------------------------------------------------------------------

    def numbers(self, field: str) -> NDArray[np.int64]:
        """A number a slot: "tokens" or "size" (0 or less: not known); shape (size,)."""
        import numpy as np

        column = self._tokens.counts if field == "tokens" else self._sizes
        found = np.full(self._source.size, _UNKNOWN, np.int64)
        found[: len(column)] = np.array(column, np.int64)
        return found

    def copies(self) -> NDArray[np.bool_]:
        """The slots whose picture is, byte for byte, another's too."""
        import numpy as np

        mask = np.zeros(self._source.size, np.bool_)
        mask[sorted(self._copies or ())] = True
        return mask

    def with_problems(self, wanted: Iterable[str]) -> NDArray[np.bool_]:
        """The slots with a problem of one of these codes."""
        import numpy as np

        bits = sum(_BIT[code] for code in wanted)
        known = np.array(self._problems, np.int64)
        mask = np.zeros(self._source.size, np.bool_)
        mask[: len(known)] = (known > 0) & ((known & bits) > 0)
        return mask


def _file_codes(state: State, shared_with: str | None) -> set[str]:
    found = set()
    if "encoding" in state.oddities or "bom" in state.oddities:
        found.add(codes.ENCODING)
    if "lines" in state.oddities:
        found.add(codes.LINES)
    if state.unreadable is not None:
        found.add(codes.UNREADABLE)
    if shared_with is not None:
        found.add(codes.STEM_SHARED)
    return found
