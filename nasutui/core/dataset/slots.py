"""The captions of a folder as they were read: one slot for each picture, and how to look again."""

from __future__ import annotations

import os
from array import array
from collections.abc import Collection, Sequence
from pathlib import Path

from nasutui.core.dataset.names import Item, items_of, names_in
from nasutui.core.dataset.reading import (
    MISSING,
    ORDINARY,
    Fingerprint,
    Read,
    State,
    fingerprint_of,
    read_caption_row,
)
from nasutui.core.dataset.vocabulary import Row, Vocabulary, row_length
from nasutui.core.editing.listing import CAPTION_SUFFIX, scan


class Slots:
    """Names, rows and states by slot. A slot is a number that belongs to one picture (or to one
    caption without a picture) for good; `order` has those that are there, by name."""

    def __init__(self, folder: Path, vocabulary: Vocabulary) -> None:
        self.folder = folder
        self.vocabulary = vocabulary
        self.base = f"{os.fspath(folder)}{os.sep}"
        self.order: list[int] = []
        self.items: list[Item] = []
        self.rows: list[Row] = []
        self.states: dict[int, State] = {}
        self.lengths = array("i")
        self.loaded = bytearray()
        self._prints = array("q")
        self._young: set[int] = set()
        self._by_caption: dict[str, list[int]] = {}
        self._names: frozenset[str] = frozenset()

    def slots_of(self, caption: str) -> list[int]:
        """The slots that have the caption file of this name."""
        return self._by_caption.get(caption, [])

    def exists(self, slot: int) -> bool:
        """Whether there was a caption file."""
        return self._print(slot) != MISSING

    def match_names(self) -> tuple[list[int], list[int], list[int]]:
        """Read the folder's names; returns the slots that are new, those whose caption is another
        file now (or has another one beside it), and those that are gone. Raises InputError."""
        self._names = names_in(self.folder)
        slot_of = {_owner(self.items[slot]): slot for slot in self.order}
        order: list[int] = []
        added: list[int] = []
        moved: list[int] = []
        for item in items_of(scan(self.folder)):
            slot = slot_of.pop(_owner(item), None)
            if slot is None:
                slot = self._new(item)
                added.append(slot)
            elif self.items[slot] != item:
                self.items[slot] = item
                moved.append(slot)
            order.append(slot)
        removed = sorted(slot_of.values())
        for slot in removed:
            self._put(slot, Read(b"", ORDINARY, MISSING))
        self._by_caption = {}
        for slot in order:
            self._by_caption.setdefault(self.items[slot].caption, []).append(slot)
        self.order = order
        return added, moved, removed

    def names_changed(self) -> bool:
        """True when files came or went that make another list. A caption of a picture that is
        listed does not. Raises InputError."""
        names = names_in(self.folder)
        if not all(self._is_expected(name) for name in names ^ self._names):
            return True
        self._names = names
        return False

    def read(self, slots: Sequence[int]) -> list[int]:
        """Read captions from disk; returns the slots that are not as they were."""
        base, vocabulary, items = self.base, self.vocabulary, self.items
        different = []
        for slot in slots:
            name = items[slot].caption
            if self._put(slot, read_caption_row(base + name, name, vocabulary)):
                different.append(slot)
        return different

    def suspects(self, known: Collection[int]) -> list[int]:
        """The slots, but for the `known`, whose caption file may not be as it was read."""
        base, items, young, loaded = self.base, self.items, self._young, self.loaded
        return [
            slot
            for slot in self.order
            if loaded[slot]
            and slot not in known
            and (slot in young or fingerprint_of(base + items[slot].caption) != self._print(slot))
        ]

    def _is_expected(self, name: str) -> bool:
        slots = self._by_caption.get(name, ())
        alone = all(self.items[slot].picture and not self.items[slot].beside for slot in slots)
        return bool(slots) and alone and name.endswith(CAPTION_SUFFIX)

    def _new(self, item: Item) -> int:
        slot = len(self.items)
        self.items.append(item)
        self.rows.append(b"")
        self.lengths.append(0)
        self.loaded.append(0)
        self._prints.extend(MISSING)
        return slot

    def _put(self, slot: int, read: Read) -> bool:
        before = (self.loaded[slot], self.rows[slot], self.states.get(slot, ORDINARY))
        existed = self.exists(slot)
        self.rows[slot] = read.row
        self.lengths[slot] = row_length(read.row)
        if read.state is ORDINARY:
            self.states.pop(slot, None)
        else:
            self.states[slot] = read.state
        self._prints[slot * 4 : slot * 4 + 4] = array("q", read.fingerprint)
        self.loaded[slot] = 1
        (self._young.add if read.young else self._young.discard)(slot)
        return before != (1, read.row, read.state) or existed != (read.fingerprint != MISSING)

    def _print(self, slot: int) -> Fingerprint:
        a, b, c, d = self._prints[slot * 4 : slot * 4 + 4]
        return (a, b, c, d)


def _owner(item: Item) -> str:
    """The file that a slot stands for as long as it is there."""
    return item.picture or item.caption
