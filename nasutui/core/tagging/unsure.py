"""The pairs of picture and tag that the tagger was least sure of, or about which two taggers
disagree, asked one at a time.

An answer is a person's word: "yes" keeps the tag whatever the threshold becomes, "no" never lets it
come back (see editing/provenance.py). What was answered is not asked again.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.database import database_error, database_path, state_root
from nasutui.core.editing.captions import encode_caption, tag_key
from nasutui.core.editing.changing import read_caption
from nasutui.core.editing.listing import caption_path, scan
from nasutui.core.editing.provenance import Memory, notice
from nasutui.core.errors import CaptionError
from nasutui.core.hashes import FileHashes
from nasutui.core.history.journal import Edit, Journal, Refusal
from nasutui.core.i18n import _
from nasutui.core.tagging.combine import UNION
from nasutui.core.tagging.scores import CHARACTER, RATING, Scores, ScoreStore, TagTable
from nasutui.core.tagging.stored import StoredScores, stored_scores
from nasutui.core.text import display_name

STEP = "unsure"
WINDOW = 0.15  # how far from the threshold a probability may be to be asked about


@dataclass(frozen=True, slots=True)
class Pair:
    """A question. probability: the tagger's (of several: of them as one; where they disagree the
    highest), 0 to 1; present: the tag
    is in the caption now. said: with several taggers, the name and probability of each that knows
    the tag."""

    picture: Path
    tag: str
    probability: float
    present: bool
    said: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Doubts:
    """What to ask about. models: names in the score store (none: the model that scored most); how:
    one of combine.COMBINE. disagreements: where one tagger is at the threshold or above and another
    below, instead of what is near it."""

    threshold: float
    character_threshold: float
    models: tuple[str, ...] = ()
    how: str = UNION
    disagreements: bool = False


def unsure_pairs(folder: Path, doubts: Doubts, limit: int = 500) -> list[Pair]:
    """The questions for a folder of captioned pictures, the least sure (of disagreements: the
    widest) first. Raises InputError, StateError."""
    root = state_root(folder)
    try:
        with closing(ScoreStore(root)) as store, Journal(root) as journal:
            hashes = FileHashes(root, store.connection)
            pictures = dict(_hashed(scan(folder).pictures, hashes))
            said = stored_scores(store, set(pictures.values()), doubts.models, doubts.how)
            if said is None:
                return []
            scored = said.pictures
            found = [
                entry for picture, sha in pictures.items() if sha in scored
                for entry in _questions(picture, sha, said, doubts, journal)
            ]  # fmt: skip
    except sqlite3.Error as error:
        raise database_error(error, database_path(root)) from error
    found.sort(key=lambda entry: entry[0])
    return [pair for _order, pair in found[:limit]]


def _hashed(pictures: Iterable[Path], hashes: FileHashes) -> Iterator[tuple[Path, str]]:
    for picture in pictures:
        with contextlib.suppress(OSError):
            yield picture, hashes.sha256(picture)


def _questions(
    picture: Path, sha: str, said: StoredScores, doubts: Doubts, journal: Journal
) -> Iterator[tuple[float, Pair]]:
    """The questions about one picture, each with its place in the order."""
    target = caption_path(picture)
    try:
        tags = {tag_key(t) for t in read_caption(target).caption.tags}
    except CaptionError:
        return
    memory = Memory.from_json(journal.memory(target))
    answered = {tag_key(t) for t in (*memory.added, *memory.removed)}
    each = said.each(sha)
    # What one tagger does not see at all may have no combined score: disagreements need the highest.
    scores = said.of(sha, UNION if doubts.disagreements else said.how)
    for tag, probability, threshold in _scored(scores, said.table, doubts):
        key = tag_key(tag)
        if key in answered:
            continue
        votes = _votes(key, said, each) if len(each) > 1 else ()
        order = _order(probability, threshold, [p for _name, p in votes], doubts)
        if order is not None:
            yield order, Pair(picture, tag, probability, key in tags, votes)


def _order(
    probability: float, threshold: float, votes: Sequence[float], doubts: Doubts
) -> float | None:
    """Where a question comes, the lowest first; None when there is none to ask."""
    if doubts.disagreements:
        apart = bool(votes) and min(votes) < threshold <= max(votes)
        return min(votes) - max(votes) if apart else None
    distance = abs(probability - threshold)
    return distance if distance <= WINDOW else None


def _votes(key: str, said: StoredScores, each: Sequence[Scores]) -> tuple[tuple[str, float], ...]:
    """What each tagger that knows a tag says of it; what was too low to be stored counts as 0."""
    votes = []
    for name, table, scores in zip(said.names, said.tables, each, strict=True):
        place = table.places.get(key)
        if place is not None:
            (row,) = (scores.tags == place).nonzero()
            votes.append((name, float(scores.probabilities[row[0]]) if len(row) else 0.0))
    return tuple(votes)


def _scored(scores: Scores, table: TagTable, doubts: Doubts) -> Iterator[tuple[str, float, float]]:
    """Tag, probability and its threshold, without ratings."""
    import numpy as np

    # As captions are made: the stored half floats are compared as such.
    limits = [float(np.float16(t)) for t in (doubts.threshold, doubts.character_threshold)]
    for index, probability in zip(scores.tags.tolist(), scores.probabilities.tolist(), strict=True):
        category = table.categories[index]
        if category != RATING:
            yield table.names[index], probability, limits[category == CHARACTER]


def answer(journal: Journal, pair: Pair, yes: bool) -> Refusal | None:
    """Write the answer into caption and memory, as one step of undo. Raises CaptionError."""
    target = caption_path(pair.picture)
    now = read_caption(target)
    remembered = journal.memory(target)
    memory = notice(Memory.from_json(remembered), now.caption.tags)
    key = tag_key(pair.tag)
    others = [t for t in now.caption.tags if tag_key(t) != key]
    if yes:
        tags = (
            list(now.caption.tags) if len(others) < len(now.caption.tags) else [*others, pair.tag]
        )
        known = Memory(memory.tagger, (*memory.added, pair.tag), memory.removed)
    else:
        tags = others
        known = Memory(memory.tagger, memory.added, (*memory.removed, pair.tag))
    same = now.data is not None and tags == list(now.caption.tags)
    data = now.data if same else encode_caption(tags)
    word = _("yes") if yes else _("no")
    label = f"{display_name(pair.picture.name)}: {pair.tag} - {word}"
    with journal.change(STEP, label, keep=True) as change:
        refused = change.apply([Edit(target, now.data, data, remembered, known.to_json())])
    return refused[0] if refused else None
