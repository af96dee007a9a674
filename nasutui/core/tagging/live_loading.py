"""Laying out a folder's scores and captions for live.py."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasutui.core.database import database_error, database_path, state_root
from nasutui.core.editing.captions import tag_key, with_spaces
from nasutui.core.editing.changing import read_caption
from nasutui.core.editing.listing import caption_path, scan
from nasutui.core.editing.provenance import Memory, fresh, notice
from nasutui.core.errors import CaptionError
from nasutui.core.events import Cancelled
from nasutui.core.hashes import FileHashes
from nasutui.core.history.journal import Journal
from nasutui.core.tagging.combine import UNION
from nasutui.core.tagging.live import LiveScores, Row
from nasutui.core.tagging.scores import GENERAL, Scores, ScoreStore, TagTable
from nasutui.core.tagging.stored import StoredScores, stored_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


def load_live(
    folder: Path, cancelled: Cancelled, models: Sequence[str] = (), how: str = UNION
) -> LiveScores | None:
    """Lay out the scores of a folder of captioned pictures: by these models (names in the store) as
    one, or by the model that scored most when they have scored none. None when there are no scores
    (or it was cancelled). Raises InputError, StateError."""
    root = state_root(folder)
    try:
        with closing(ScoreStore(root)) as store, Journal(root) as journal:
            hashes = FileHashes(root, store.connection)
            pictures: list[tuple[Path, str]] = []
            for path in scan(folder).pictures:
                if cancelled():
                    return None
                try:
                    pictures.append((path, hashes.sha256(path)))
                except OSError:
                    continue
            said = stored_scores(store, {sha for _path, sha in pictures}, models, how)
            return None if said is None else _laid_out(pictures, said, journal)
    except sqlite3.Error as error:
        raise database_error(error, database_path(root)) from error


@dataclass
class _Layout:
    """Rows that are being collected; the table grows by the captions' own tags."""

    table: TagTable
    keys: dict[str, int] = field(init=False)
    names: list[str] = field(init=False)
    spaced: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = list(self.table.names)
        self.keys = {tag_key(tag): i for i, tag in enumerate(self.names)}

    def index(self, tag: str) -> int:
        """A tag's place in the table; it gets one when it has none."""
        key = tag_key(tag)
        place = self.keys.setdefault(key, len(self.names))
        if place == len(self.names):
            self.names.append(tag)
        return place

    def spelling(self, tag: str, place: int) -> int:
        """How a caption spells a tag: Row.AS_LISTED, Row.WITH_SPACES, both or neither."""
        name = self.names[place]
        spaced = self.spaced.get(place)
        if spaced is None:
            spaced = self.spaced[place] = with_spaces(name)
        return Row.AS_LISTED * (tag == name) | Row.WITH_SPACES * (tag == spaced)

    def rows(
        self, scores: Scores, caption: Noted
    ) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.uint8]]:
        """Tag, probability (-1: none was stored) and flags of everything to know of a picture."""
        import numpy as np

        flags: dict[int, int] = {}
        for tag in caption.tags:
            place = self.index(tag)
            flags[place] = flags.get(place, 0) | Row.PRESENT | self.spelling(tag, place)
        for tags, flag in ((caption.added, Row.ADDED), (caption.removed, Row.REMOVED)):
            for tag in tags:
                place = self.index(tag)
                flags[place] = flags.get(place, 0) | flag
        marked = np.fromiter(flags, np.int32, len(flags))
        values = np.fromiter(flags.values(), np.uint8, len(flags))
        scored = scores.tags.astype(np.int32)
        places = np.searchsorted(scored, marked)
        hits = places < len(scored)
        hits[hits] = scored[places[hits]] == marked[hits]
        column = np.zeros(len(scored), np.uint8)
        column[places[hits]] = values[hits]
        probabilities = scores.probabilities.astype(np.float32)
        alone = np.full(int((~hits).sum()), -1, np.float32)
        return (
            np.concatenate([scored, marked[~hits]]),
            np.concatenate([probabilities, alone]),
            np.concatenate([column, values[~hits]]),
        )

    def grown(self) -> TagTable:
        """The table with the captions' own tags at the end."""
        more = len(self.names) - len(self.table)
        return TagTable(tuple(self.names), (*self.table.categories, *(GENERAL,) * more))


@dataclass(frozen=True)
class Noted:
    """A caption's tags, and which of them are a person's doing."""

    tags: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


def _laid_out(
    pictures: list[tuple[Path, str]], said: StoredScores, journal: Journal
) -> LiveScores | None:
    import numpy as np

    layout, scored = _Layout(said.table), said.pictures
    shown: list[Path] = []
    captioned: list[bool] = []
    columns: tuple[list[NDArray[Any]], ...] = ([], [], [], [])
    for path, sha in pictures:
        caption = _caption(path, journal) if sha in scored else None
        if caption is None:
            continue
        rows = layout.rows(said.of(sha), caption)
        owner = np.full(len(rows[0]), len(shown), np.int32)
        parts: tuple[NDArray[Any], ...] = (owner, *rows)
        for column, part in zip(columns, parts, strict=True):
            column.append(part)
        shown.append(path)
        captioned.append(bool(caption.tags))
    if not shown:
        return None
    picture, tag, probability, flags = (np.concatenate(column) for column in columns)
    return LiveScores(
        said.names, said.name, layout.grown(), tuple(shown), picture, tag, probability, flags,
        np.array(captioned), len(pictures) - len(shown),
    )  # fmt: skip


def _caption(picture: Path, journal: Journal) -> Noted | None:
    """A picture's caption with what a person did to it; None when it can't be read."""
    target = caption_path(picture)
    try:
        now = read_caption(target)
    except CaptionError:
        return None
    memory = Memory.from_json(journal.memory(target))
    tags = now.caption.tags
    known = fresh(memory) if now.data is None else notice(memory, tags)
    return Noted(tags, known.added, known.removed)
