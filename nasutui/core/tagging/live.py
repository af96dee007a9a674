"""What other thresholds would do to the captions, at once and before anything is written.

All scores of a folder are laid out in flat arrays, one entry a stored score; beside each stands
whether its tag is in the caption now and whether a person put it in or took it out. A question about
other thresholds is then a comparison of arrays: some milliseconds for 10,000 pictures.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nasutui.core.database import state_root
from nasutui.core.editing.captions import tag_key
from nasutui.core.editing.changing import read_caption
from nasutui.core.editing.listing import caption_path, scan
from nasutui.core.editing.provenance import Memory, notice
from nasutui.core.errors import CaptionError
from nasutui.core.events import Cancelled
from nasutui.core.hashes import FileHashes
from nasutui.core.history.journal import Journal
from nasutui.core.tagging.scores import CHARACTER, RATING, Scores, ScoreStore, TagTable
from nasutui.core.tagging.selection import MCUT_CHARACTER_FLOOR, SelectionRules, excluded, mcut

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Effect:
    """What a run with other rules would do. come, go: tags over the whole folder; changed: pictures
    whose caption would change; most: (picture, tags that come, tags that go), most changed first;
    per_picture: tags a caption would have, one number a picture."""

    come: int
    go: int
    changed: int
    most: tuple[tuple[Path, tuple[str, ...], tuple[str, ...]], ...]
    per_picture: tuple[int, ...]


@dataclass(frozen=True)
class LiveScores:
    """The scores of a folder's pictures by one model, as arrays over all entries.

    picture: index into pictures; tag: index into table; probability: float32; present, added,
    removed: whether the tag is in the caption, put in or taken out by a person. others: tags of each
    caption that are no entry here.
    """

    model_name: str
    table: TagTable
    pictures: tuple[Path, ...]
    picture: NDArray[np.int32]
    tag: NDArray[np.uint16]
    probability: NDArray[np.float32]
    present: NDArray[np.bool_]
    added: NDArray[np.bool_]
    removed: NDArray[np.bool_]
    others: NDArray[np.int32]

    def effect(self, rules: SelectionRules, most: int = 50) -> Effect:
        """What captioning with these rules (existing: merge) would change. Spelling rules (spaces,
        replace) are left out."""
        import numpy as np

        chosen = self._chosen(rules)
        come = chosen & ~self.present & ~self.removed
        go = self.present & ~chosen & ~self.added
        count = len(self.pictures)
        comes = np.bincount(self.picture[come], minlength=count)
        goes = np.bincount(self.picture[go], minlength=count)
        changes = comes + goes
        order = np.argsort(-changes, kind="stable")[:most]
        stays = np.bincount(self.picture[(self.present & ~go) | come], minlength=count)
        return Effect(
            int(come.sum()),
            int(go.sum()),
            int((changes > 0).sum()),
            tuple(self._names(int(i), come, go) for i in order if changes[i]),
            tuple(int(n) for n in stays + self.others),
        )

    def _names(
        self, index: int, come: NDArray[np.bool_], go: NDArray[np.bool_]
    ) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
        here = self.picture == index
        names = [tuple(self.table.names[t] for t in self.tag[here & mask]) for mask in (come, go)]
        return self.pictures[index], names[0], names[1]

    def _chosen(self, rules: SelectionRules) -> NDArray[np.bool_]:
        import numpy as np

        categories = np.asarray(self.table.categories)[self.tag]
        characters, ratings = categories == CHARACTER, categories == RATING
        general = ~characters & ~ratings
        if rules.mcut:
            limits = self._mcut(general, 0.0), self._mcut(characters, MCUT_CHARACTER_FLOOR)
            threshold = np.where(characters, limits[1][self.picture], limits[0][self.picture])
        else:
            low, high = (
                np.float32(np.float16(t)) for t in (rules.threshold, rules.character_threshold)
            )
            threshold = np.where(characters, high, low)
        chosen = (self.probability >= threshold) & ~ratings
        if rules.ratings:
            chosen |= self._best_rating(ratings)
        if rules.exclude:
            unwanted = np.array([excluded(name, rules.exclude) for name in self.table.names])
            chosen &= ~unwanted[self.tag]
        result: NDArray[np.bool_] = chosen
        return result

    def _mcut(self, mask: NDArray[np.bool_], floor: float) -> NDArray[np.float32]:
        import numpy as np

        limits = np.ones(len(self.pictures), dtype=np.float32)
        edges = np.searchsorted(self.picture, np.arange(len(self.pictures) + 1))
        for index in range(len(self.pictures)):
            part = slice(edges[index], edges[index + 1])
            limits[index] = max(mcut(self.probability[part][mask[part]]), floor)
        return limits

    def _best_rating(self, ratings: NDArray[np.bool_]) -> NDArray[np.bool_]:
        import numpy as np

        best = np.zeros(len(self.pictures), dtype=np.float32)
        np.maximum.at(best, self.picture[ratings], self.probability[ratings])
        result: NDArray[np.bool_] = (
            ratings & (self.probability > 0) & (self.probability == best[self.picture])
        )
        return result


def load_live(folder: Path, cancelled: Cancelled) -> LiveScores | None:
    """Lay out the scores of a folder of captioned pictures by the model that scored most of them;
    None when there are no scores (or it was cancelled). Raises InputError, StateError."""
    root = state_root(folder)
    with closing(ScoreStore(root)) as store, Journal(root) as journal:
        models = store.models()
        hashes = FileHashes(root, store.connection)
        pictures: list[tuple[Path, str]] = []
        for path in scan(folder).pictures:
            if cancelled():
                return None
            try:
                pictures.append((path, hashes.sha256(path)))
            except OSError:
                continue
        best: dict[str, Scores] = {}
        name, table = "", TagTable((), ())
        for number, model_name, model_table in models:
            scores = dict(store.all(number))
            # Of two that know as many pictures the newer one counts.
            if sum(sha in scores for _p, sha in pictures) >= max(1, len(best)):
                best = {sha: scores[sha] for _p, sha in pictures if sha in scores}
                name, table = model_name, model_table
        if not best:
            return None
        return _laid_out([p for p in pictures if p[1] in best], best, name, table, journal)


def _laid_out(
    pictures: list[tuple[Path, str]],
    scores: dict[str, Scores],
    name: str,
    table: TagTable,
    journal: Journal,
) -> LiveScores:
    import numpy as np

    keys = {tag_key(tag): i for i, tag in enumerate(table.names)}
    columns: dict[str, list[NDArray[np.generic]]] = {
        k: [] for k in ("picture", "tag", "probability", "present", "added", "removed")
    }
    others = []
    for index, (path, sha) in enumerate(pictures):
        found = scores[sha]
        present, added, removed, other = _caption_flags(path, journal, keys)
        others.append(len(other | (present - set(found.tags.tolist()))))
        columns["picture"].append(np.full(len(found.tags), index, dtype=np.int32))
        columns["tag"].append(found.tags)
        columns["probability"].append(found.probabilities.astype(np.float32))
        for key, flags in (("present", present), ("added", added), ("removed", removed)):
            columns[key].append(np.isin(found.tags, list(flags)))
    flat = {k: np.concatenate(v) if v else np.empty(0) for k, v in columns.items()}
    return LiveScores(
        name, table, tuple(p for p, _sha in pictures), others=np.array(others, dtype=np.int32),
        **flat,  # type: ignore[arg-type]
    )  # fmt: skip


def _caption_flags(
    picture: Path, journal: Journal, keys: dict[str, int]
) -> tuple[set[int], set[int], set[int], set[int]]:
    """Tag indices that are in the caption, added and removed by a person; and a set as large as the
    number of other tags."""
    target = caption_path(picture)
    try:
        tags = read_caption(target).caption.tags
    except CaptionError:
        return set(), set(), set(), set()
    memory = notice(Memory.from_json(journal.memory(target)), tags)

    def indices(names: tuple[str, ...]) -> set[int]:
        return {keys[key] for tag in names if (key := tag_key(tag)) in keys}

    unknown = {-1 - i for i, tag in enumerate(tags) if tag_key(tag) not in keys}
    return indices(tags), indices(memory.added), indices(memory.removed), unknown
