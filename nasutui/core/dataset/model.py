"""A folder of pictures and captions in memory: a hundred thousand of them, to list and to filter.

The caption files are the truth. The model is read from them, looks again when asked (`refresh`,
`reread`) and never writes. Every picture has a slot, a number that stays the same as long as the
model lives; what is shown is `order`, the slots by name. Tags are kept as numbers, and everything
that a query asks for is answered for all slots at once (see matching.py).

One lock guards it, so that a thread can load while a screen shows what is there already.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nasutui.core.dataset.columns import Columns
from nasutui.core.dataset.matching import NameIndex, mask_of, what_is_missing
from nasutui.core.dataset.names import Item
from nasutui.core.dataset.reading import ORDINARY, State
from nasutui.core.dataset.slots import Slots
from nasutui.core.dataset.tag_index import TagIndex
from nasutui.core.dataset.vocabulary import Row, Vocabulary
from nasutui.core.events import Cancelled, Finished, Progress, Started, never
from nasutui.core.problems.finding import CaptionFile, Hints, Problem, Rules, find
from nasutui.core.query.language import Expression, parse
from nasutui.core.query.terms import Pattern

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK_SECONDS = 0.05
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture as it is now. picture: None for a caption without a picture. loaded: its caption
    has been read; exists: there is a caption file. shared_with: the file name of a picture that has
    the same caption."""

    slot: int
    picture: Path | None
    caption: Path
    tags: tuple[str, ...]
    state: State
    loaded: bool
    exists: bool
    shared_with: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look at the folder found: slots that are new, that have another caption (or picture),
    and that are gone."""

    added: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class Dataset:
    """The model of one folder (not its subfolders). Make it, then run `load` to its end."""

    def __init__(self, folder: Path, rules: Rules | None = None) -> None:
        self.folder = folder
        self.rules = rules or Rules()
        self.vocabulary = Vocabulary()
        self.lock = threading.RLock()
        self._slots = Slots(folder, self.vocabulary)
        self._name_index: NameIndex | None = None
        self.index = TagIndex(self.vocabulary, self._slots.rows.__getitem__)
        self.columns = Columns(self)

    # -- what there is ----------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.order)

    @property
    def order(self) -> list[int]:
        """The slots that are there, in natural order of their names."""
        return self._slots.order

    @property
    def size(self) -> int:
        """How many slots there are, those of pictures that are gone among them."""
        return len(self._slots.items)

    @property
    def lengths(self) -> NDArray[np.int32]:
        """How many tags each slot has, with repeats; shape (size,)."""
        import numpy as np

        return np.array(self._slots.lengths, np.int32)

    @property
    def names(self) -> NameIndex:
        """The file names, to look for patterns in; a caption without a picture has its own."""
        if self._name_index is None:
            self._name_index = NameIndex([i.picture or i.caption for i in self._slots.items])
        return self._name_index

    def item(self, slot: int) -> Item:
        """The names that belong to a slot."""
        return self._slots.items[slot]

    def row(self, slot: int) -> Row:
        """A slot's tags as numbers (see vocabulary.py)."""
        return self._slots.rows[slot]

    def tags(self, slot: int) -> tuple[str, ...]:
        """A picture's tags, in the order of its caption."""
        return self.vocabulary.tags_of(self._slots.rows[slot])

    def state(self, slot: int) -> State:
        """What is unusual about a caption file."""
        return self._slots.states.get(slot, ORDINARY)

    def odd_slots(self) -> list[int]:
        """The slots whose state is not the ordinary one."""
        return list(self._slots.states)

    def path(self, slot: int) -> Path | None:
        """The picture file, or None for a caption without a picture."""
        name = self.item(slot).picture
        return self.folder / name if name else None

    def caption_path(self, slot: int) -> Path:
        """The caption file, there or not."""
        return self.folder / self.item(slot).caption

    def slots_of(self, caption: Path) -> list[int]:
        """The slots that have this caption file: one, or several pictures with one stem."""
        return list(self._slots.slots_of(caption.name))

    def shared_with(self, slot: int) -> str | None:
        """Another picture that has the same caption file, or None."""
        others = self._slots.slots_of(self.item(slot).caption)
        return next((self.item(s).picture or "" for s in others if s != slot), None)

    def caption_file(self, slot: int) -> CaptionFile:
        """What is known of the caption file beside its tags."""
        state, beside = self.state(slot), self.item(slot).beside
        return CaptionFile(state.oddities, state.unreadable, self.shared_with(slot), beside or None)

    def entry(self, slot: int) -> Entry:
        """Everything that a line of a list shows."""
        with self.lock:
            return Entry(
                slot,
                self.path(slot),
                self.caption_path(slot),
                self.tags(slot),
                self.state(slot),
                bool(self._slots.loaded[slot]),
                self._slots.exists(slot),
                self.shared_with(slot),
            )

    def problems(self, slot: int, hints: Hints | None = None) -> list[Problem]:
        """What is wrong with a caption (see problems/finding.py)."""
        with self.lock:
            return find(self.tags(slot), self.rules, self.caption_file(slot), hints)

    def forget_scores(self) -> None:
        """A tagger has been at work: read the scores again when they are asked for."""
        with self.lock:
            self.columns.scores = None

    # -- reading ----------------------------------------------------------------------------

    def load(self, cancelled: Cancelled = never) -> Iterator[Started | Progress | Finished]:
        """Read the folder: names first (with `Started` every name is there), then the captions.
        Stopped early, the rest counts as not loaded. Raises InputError."""
        with self.lock:
            self._match_names()
            slots = list(self.order)
        yield Started("open", len(slots))
        done = 0
        while done < len(slots) and not cancelled():
            until = time.monotonic() + _CHUNK_SECONDS
            while done < len(slots) and time.monotonic() < until:
                with self.lock:
                    self._read(slots[done : done + _CHUNK])
                done += _CHUNK
            done = min(done, len(slots))
            yield Progress("captions", done, len(slots), "captions")
        with self.lock:
            # So that the first keystroke need not wait for them.
            self.index.mask((), self.size)
            self.names.mask(Pattern(""), self.size)
        summary = {"pictures": len(slots), "tags": len(self.vocabulary.keys)}
        yield Finished("open", summary, cancelled=done < len(slots))

    def refresh(self) -> Changes:
        """Look at the folder again: files that came, went or changed, by names, times, size and
        inode. Takes about a second for 100,000 captions. Raises InputError."""
        with self.lock:
            names_changed = self._slots.names_changed()
            added, moved, removed = self._match_names() if names_changed else ([], [], [])
            self._read([*added, *moved])
            changed = {*moved, *self._read(self._slots.suspects({*added, *moved}))}
            changed.update(self.columns.look_at_pictures(self.order))
            return Changes(tuple(added), tuple(sorted(changed)), tuple(removed))

    def reread(self, captions: Iterable[Path]) -> Changes:
        """Read these caption files again, whatever their times say: after an edit, undo or redo
        of ours. A caption without a picture that is new gets its line."""
        with self.lock:
            found = [(path, self.slots_of(path)) for path in captions]
            names_changed = any(not slots for _path, slots in found)
            added, moved, removed = self._match_names() if names_changed else ([], [], [])
            self._read([*added, *moved])
            slots = [slot for _path, slots in found for slot in slots]
            changed = {*moved, *self._read(slots)}
            self.columns.forget_memory(slots)
            return Changes(tuple(added), tuple(sorted(changed)), tuple(removed))

    def _match_names(self) -> tuple[list[int], list[int], list[int]]:
        added, moved, removed = self._slots.match_names()
        self._name_index = None
        self._touch([*added, *moved, *removed])
        self.columns.forget_names()
        return added, moved, removed

    def _read(self, slots: Sequence[int]) -> list[int]:
        changed = self._slots.read(slots)
        self._touch(changed)
        return changed

    def _touch(self, slots: Sequence[int]) -> None:
        if slots:
            self.index.touch(slots)
            self.columns.touch(slots)

    # -- filtering --------------------------------------------------------------------------

    def prepare(self, query: str | Expression, cancelled: Cancelled = never) -> Iterator[Progress]:
        """Gather what a query asks for and is not in memory yet (picture sizes, scores, problems
        ...), with progress; `filter` is quick after it. Raises QueryError, StateError."""
        expression = parse(query) if isinstance(query, str) else query
        for column in what_is_missing(expression):
            yield from self.columns.gather(column, cancelled)

    def filter(self, query: str | Expression) -> NDArray[np.int32]:
        """The slots that a query means, in the order of `order`. Raises QueryError, StateError."""
        import numpy as np

        expression = parse(query) if isinstance(query, str) else query
        for _progress in self.prepare(expression):
            pass
        with self.lock:
            mask = mask_of(expression, self)
            order = np.asarray(self.order, np.int32)
            return order[mask[order]]
