"""The pairs of picture and tag that the tagger was least sure of, asked one at a time.

An answer is a person's word: "yes" keeps the tag whatever the threshold becomes, "no" never lets it
come back (see editing/provenance.py). What was answered is not asked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.database import state_root
from nasutui.core.editing.captions import encode_caption, tag_key
from nasutui.core.editing.changing import read_caption
from nasutui.core.editing.listing import caption_path, scan
from nasutui.core.editing.provenance import Memory, notice
from nasutui.core.errors import CaptionError
from nasutui.core.hashes import FileHashes
from nasutui.core.history.journal import Edit, Journal, Refusal
from nasutui.core.i18n import _
from nasutui.core.tagging.scores import CHARACTER, RATING, Scores, ScoreStore, TagTable
from nasutui.core.text import display_name

STEP = "unsure"
WINDOW = 0.15  # how far from the threshold a probability may be to be asked about


@dataclass(frozen=True, slots=True)
class Pair:
    """A question. probability: the tagger's, 0 to 1; present: the tag is in the caption now."""

    picture: Path
    tag: str
    probability: float
    present: bool


def unsure_pairs(
    folder: Path, model: int, threshold: float, character_threshold: float, limit: int = 500
) -> list[Pair]:
    """The questions for a folder of captioned pictures, the least sure first. model: its number in
    the score store. Raises InputError, StateError."""
    root = state_root(folder)
    with closing(ScoreStore(root)) as store, Journal(root) as journal:
        tables = {number: table for number, _name, table in store.models()}
        if model not in tables:
            return []
        hashes = FileHashes(root, store.connection)
        found: list[tuple[float, Pair]] = []
        for picture in scan(folder).pictures:
            try:
                scores = store.get(hashes.sha256(picture), model)
                target = caption_path(picture)
                tags = {tag_key(t) for t in read_caption(target).caption.tags}
            except (OSError, CaptionError):
                continue
            if scores is None:
                continue
            memory = Memory.from_json(journal.memory(target))
            answered = {tag_key(t) for t in (*memory.added, *memory.removed)}
            for tag, probability, distance in _near(
                scores, tables[model], threshold, character_threshold
            ):
                if tag_key(tag) not in answered:
                    pair = Pair(picture, tag, probability, tag_key(tag) in tags)
                    found.append((distance, pair))
    found.sort(key=lambda entry: entry[0])
    return [pair for _distance, pair in found[:limit]]


def _near(
    scores: Scores, table: TagTable, general: float, character: float
) -> Iterator[tuple[str, float, float]]:
    """Tag, probability and distance to its threshold, within the window."""
    for index, probability in zip(scores.tags.tolist(), scores.probabilities.tolist(), strict=True):
        category = table.categories[index]
        if category == RATING:
            continue
        distance = abs(probability - (character if category == CHARACTER else general))
        if distance <= WINDOW:
            yield table.names[index], probability, distance


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
