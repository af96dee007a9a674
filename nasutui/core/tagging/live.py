"""What other thresholds would do to the captions, at once and before anything is written.

Everything known of a folder is laid out in flat arrays (see live_loading.py): one row a stored score
or tag of a caption, with whether it is in the caption now and whether a person put it in or took it
out. A question about other thresholds is then a comparison of arrays: some milliseconds for 10,000
pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path
from typing import TYPE_CHECKING

from nasutui.core.editing.captions import tag_key
from nasutui.core.tagging.scores import CHARACTER, RATING, TagTable
from nasutui.core.tagging.selection import MCUT_CHARACTER_FLOOR, SelectionRules, excluded, mcut

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Row(IntFlag):
    """What is known of a tag in a picture: it is in the caption; a person put it in, took it out;
    the caption spells it as the tag list does, or with spaces for underscores."""

    PRESENT = 1
    ADDED = 2
    REMOVED = 4
    AS_LISTED = 8
    WITH_SPACES = 16


@dataclass(frozen=True, slots=True)
class Effect:
    """What a run with other rules would do. come, go: tags over the whole folder; changed: pictures
    whose caption would change, respelt: those of them that get nothing but other spellings; most:
    (picture, tags that come, tags that go), most changed first; per_picture: tags a caption would
    have, one number a picture."""

    come: int
    go: int
    changed: int
    respelt: int
    most: tuple[tuple[Path, tuple[str, ...], tuple[str, ...]], ...]
    per_picture: tuple[int, ...]


@dataclass(frozen=True)
class LiveScores:
    """The scores of a folder's pictures, as arrays over all rows.

    models: names of the models in the store; model_name: of them together. table: their tags, then
    those that only captions have. picture: index into pictures, ascending; tag: index into table;
    probability: float32, -1 where none is stored; flags: of Row. captioned: one a picture, whether
    it has a caption. unscored: pictures of the folder that are not here.
    """

    models: tuple[str, ...]
    model_name: str
    table: TagTable
    pictures: tuple[Path, ...]
    picture: NDArray[np.int32]
    tag: NDArray[np.int32]
    probability: NDArray[np.float32]
    flags: NDArray[np.uint8]
    captioned: NDArray[np.bool_]
    unscored: int = 0

    def has(self, flag: Row) -> NDArray[np.bool_]:
        """The rows with a flag."""
        result: NDArray[np.bool_] = (self.flags & int(flag)) != 0
        return result

    def effect(self, rules: SelectionRules, existing: str = "merge", most: int = 50) -> Effect:
        """What captioning with these rules would change. existing: as of the caption step."""
        import numpy as np

        chosen, pictures, names = self._renamed(self._chosen(rules), rules)
        present = self.has(Row.PRESENT)
        come, go, other = self._changes(chosen, rules, existing)
        count = len(self.pictures)
        if existing == "skip":
            pictures, names = _only(pictures, names, ~self.captioned)
        comes = np.bincount(self.picture[come], minlength=count)
        comes += np.bincount(pictures, minlength=count)
        goes = np.bincount(self.picture[go], minlength=count)
        spelt = np.bincount(self.picture[other], minlength=count) > 0
        changes = comes + goes
        order = np.argsort(-changes, kind="stable")[:most]
        stays = np.bincount(self.picture[present & ~go], minlength=count) + comes
        respelt = int((spelt & (changes == 0)).sum())
        extra = {int(p): [n for q, n in zip(pictures, names, strict=True) if q == p]
                 for p in set(pictures.tolist()) & set(order.tolist())}  # fmt: skip
        return Effect(
            int(comes.sum()), int(goes.sum()), int((changes > 0).sum()) + respelt, respelt,
            tuple(self._names(int(i), come, go, extra.get(int(i), ())) for i in order if changes[i]),
            tuple(int(n) for n in stays),
        )  # fmt: skip

    def _changes(
        self, chosen: NDArray[np.bool_], rules: SelectionRules, existing: str
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """The rows whose tag comes, goes, or is spelt in another way."""
        present, added = self.has(Row.PRESENT), self.has(Row.ADDED)
        come, go = chosen & ~present, present & ~chosen
        other = present & chosen & ~self.has(Row.WITH_SPACES if rules.spaces else Row.AS_LISTED)
        if existing == "append":
            return come, go & False, other & False
        if existing == "overwrite":
            return come, go, other
        come, go, other = come & ~self.has(Row.REMOVED), go & ~added, other & ~added
        if existing == "skip":
            bare = ~self.captioned[self.picture]
            come, go, other = come & bare, go & bare, other & bare
        return come, go, other

    def _names(
        self, index: int, come: NDArray[np.bool_], go: NDArray[np.bool_], extra: Sequence[str]
    ) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
        import numpy as np

        part = slice(*np.searchsorted(self.picture, (index, index + 1)).tolist())
        coming, going = (
            tuple(self.table.names[t] for t in self.tag[part][mask[part]]) for mask in (come, go)
        )
        return self.pictures[index], (*coming, *extra), going

    def _renamed(
        self, chosen: NDArray[np.bool_], rules: SelectionRules
    ) -> tuple[NDArray[np.bool_], NDArray[np.int32], list[str]]:
        """The chosen rows after `replace`; and what has no row of its own yet: pictures and the new
        names that come into them."""
        import numpy as np

        chosen, pictures, names = chosen.copy(), [], []
        known = (
            {tag_key(name): i for i, name in enumerate(self.table.names)} if rules.replace else {}
        )
        moving = {
            known[tag_key(old)]: new for old, new in rules.replace
            if tag_key(old) in known and tag_key(old) != tag_key(new)
        }  # fmt: skip
        left = {place: chosen & (self.tag == place) for place in moving}
        for mask in left.values():
            chosen &= ~mask
        coming: dict[str, set[int]] = {}
        for place, new in moving.items():
            coming.setdefault(new, set()).update(self.picture[left[place]].tolist())
        for new, wanted in coming.items():
            rows = np.flatnonzero(self.tag == known.get(tag_key(new), -1))
            here = rows[np.isin(self.picture[rows], list(wanted))]
            chosen[here] = True
            rest = sorted(wanted - set(self.picture[here].tolist()))
            pictures += rest
            names += [new] * len(rest)
        return chosen, np.array(pictures, dtype=np.int32), names

    def _chosen(self, rules: SelectionRules) -> NDArray[np.bool_]:
        import numpy as np

        categories = np.asarray(self.table.categories)[self.tag]
        characters = (categories == CHARACTER) & (self.probability >= 0)
        ratings = categories == RATING
        general = ~characters & ~ratings & (self.probability >= 0)
        if rules.mcut:
            limits = self._mcut(general, 0.0), self._mcut(characters, MCUT_CHARACTER_FLOOR)
            threshold = np.where(characters, limits[1][self.picture], limits[0][self.picture])
        else:
            low, high = (
                np.float32(np.float16(t)) for t in (rules.threshold, rules.character_threshold)
            )
            threshold = np.where(characters, high, low)
        chosen = (self.probability >= threshold) & (self.probability >= 0) & ~ratings
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
        highest = ratings & (self.probability > 0) & (self.probability == best[self.picture])
        rows = np.flatnonzero(highest)
        _pictures, first = np.unique(self.picture[rows], return_index=True)
        result = np.zeros(len(self.picture), np.bool_)
        result[rows[first]] = True
        return result


def _only(
    pictures: NDArray[np.int32], names: list[str], wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], list[str]]:
    keep = wanted[pictures]
    return pictures[keep], [name for name, k in zip(names, keep, strict=True) if k]
