"""What the journal and the file hashes know of a dataset: what a person added and removed, and
which pictures are copies of each other."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Collection, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nasutui.core.database import (
    Connection,
    connect,
    database_error,
    database_path,
    state_root,
    stored_path,
)
from nasutui.core.dataset.names import Item
from nasutui.core.dataset.vocabulary import Row, Vocabulary
from nasutui.core.editing.captions import tag_key
from nasutui.core.editing.provenance import Memory
from nasutui.core.events import Cancelled, Progress
from nasutui.core.files import sha256_file
from nasutui.core.hashes import FileHashes

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 50
_MANY = 500


class Source(Protocol):
    """What is read of a dataset."""

    folder: Path
    vocabulary: Vocabulary

    @property
    def order(self) -> list[int]: ...
    def item(self, slot: int) -> Item: ...
    def row(self, slot: int) -> Row: ...


@dataclass(slots=True)
class People:
    """What is remembered of each caption, as numbers of keys: `said` by the tagger (no entry: it
    never wrote here), `added` and `removed` by a person. `row` is what `provenance.notice` says of
    the caption as it is now."""

    source: Source
    said: dict[int, frozenset[int]] = field(default_factory=dict)
    added: dict[int, frozenset[int]] = field(default_factory=dict)
    removed: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def row(self, slot: int, deed: str) -> Row:
        """The tags that a person added to (or removed from) a caption, as a row."""
        vocabulary = self.source.vocabulary
        row = self.source.row(slot)
        keys = [vocabulary.key_of[i] for i in memoryview(row).cast("i")]
        said = self.said.get(slot, frozenset())
        if deed == "added":
            if not said:
                return row
            known = self.added.get(slot, frozenset())
            ids = memoryview(row).cast("i").tolist()
            tags = [i for i, k in zip(ids, keys, strict=True) if k not in said or k in known]
        else:
            gone = {*self.removed.get(slot, ()), *said}.difference(keys)
            tags = [vocabulary.tag_id(vocabulary.keys[key]) for key in sorted(gone)]
        return vocabulary.row(vocabulary.tags[i] for i in tags)


@contextlib.contextmanager
def _database(folder: Path) -> Iterator[Connection | None]:
    """The folder's database, or None when it has none yet; it is not made for a mere question."""
    root = state_root(folder)
    path = database_path(root)
    if not path.is_file():
        yield None
        return
    connection = connect(root, durable=False)
    try:
        yield connection
    except sqlite3.Error as error:
        raise database_error(error, path) from error
    finally:
        connection.close()


def load_people(source: Source, slots: Iterable[int], known: People | None) -> People:
    """Read the provenance of these slots' captions; the rest as in `known`. Raises StateError."""
    people = known or People(source)
    root = state_root(source.folder)
    prefix = stored_path(root, source.folder / "x")[:-1]
    with _database(source.folder) as database:
        if database is None:
            return people
        wanted = {prefix + os.fsencode(source.item(slot).caption): slot for slot in slots}
        seen = set()
        for path, value in _remembered(database, wanted):
            slot = wanted.get(bytes(path))
            if slot is not None:
                _remember(people, slot, Memory.from_json(value))
                seen.add(slot)
        for slot in set(wanted.values()) - seen:
            _remember(people, slot, Memory())
    return people


def _remembered(database: Connection, paths: Collection[bytes]) -> Iterator[tuple[bytes, str]]:
    """The remembered provenance of these paths, others among it when there are many."""
    if len(paths) > _MANY:
        yield from database.execute("SELECT path, value FROM memory")
        return
    for path in paths:
        yield from database.execute("SELECT path, value FROM memory WHERE path=?", (path,))


def _remember(people: People, slot: int, memory: Memory) -> None:
    key_id = people.source.vocabulary.key_id
    _set(people.said, slot, frozenset(key_id(tag_key(t)) for t in memory.tagger or ()))
    _set(people.added, slot, frozenset(key_id(tag_key(t)) for t in memory.added))
    removed = tuple(key_id(tag_key(t)) for t in memory.removed)
    if removed:
        people.removed[slot] = removed
    else:
        people.removed.pop(slot, None)


def _set(values: dict[int, frozenset[int]], slot: int, value: frozenset[int]) -> None:
    if value:
        values[slot] = value
    else:
        values.pop(slot, None)


def copies_among(source: Source, cancelled: Cancelled) -> Generator[Progress, None, frozenset[int]]:
    """The slots whose picture file is, byte for byte, the same as another slot's. Only files of one
    length are read. A picture that can't be read is no copy."""
    by_length: dict[int, list[int]] = {}
    for slot in source.order:
        picture = source.item(slot).picture
        if picture:
            with contextlib.suppress(OSError):
                by_length.setdefault((source.folder / picture).stat().st_size, []).append(slot)
    suspects = [slot for slots in by_length.values() if len(slots) > 1 for slot in slots]
    by_content: dict[str, list[int]] = {}
    with _database(source.folder) as database:
        hashes = FileHashes(state_root(source.folder), database) if database else None
        for done, slot in enumerate(suspects):
            if cancelled():
                break
            path = source.folder / source.item(slot).picture
            with contextlib.suppress(OSError):
                digest = hashes.sha256(path) if hashes else sha256_file(path)
                by_content.setdefault(digest, []).append(slot)
            if done % _CHUNK == 0:
                yield Progress("copies", done, len(suspects), "pictures")
    return frozenset(slot for same in by_content.values() if len(same) > 1 for slot in same)
