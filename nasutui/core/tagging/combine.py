"""What several taggers say of one picture, as one answer: union, intersection or mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nasutui.core.editing.captions import tag_key
from nasutui.core.tagging.scores import FLOOR, RATING, Scores, TagTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNION, INTERSECTION, MEAN = "union", "intersection", "mean"
COMBINE = (UNION, INTERSECTION, MEAN)


def combined_name(names: Sequence[str], how: str) -> str:
    """What to call taggers that answer together; one alone keeps its name."""
    return names[0] if len(names) == 1 else f"{' + '.join(names)} ({how})"


@dataclass(frozen=True)
class Combination:
    """Several tag lists as one. table: every tag that any of them knows, in the order of the first
    that knows it, with its category there. columns: for each list, the index in `table` of each of
    its tags. known: for each list, which tags of `table` it knows."""

    table: TagTable
    columns: tuple[NDArray[np.intp], ...]
    known: NDArray[np.bool_]

    @staticmethod
    def of(tables: Sequence[TagTable]) -> Combination:
        """Put tag lists together. Names that are one tag to us (case, spaces for `_`) are one."""
        import numpy as np

        index: dict[str, int] = {}
        names: list[str] = []
        categories: list[int] = []
        columns = []
        for table in tables:
            places = []
            for name, category in zip(table.names, table.categories, strict=True):
                place = index.setdefault(tag_key(name), len(names))
                if place == len(names):
                    names.append(name)
                    categories.append(category)
                places.append(place)
            columns.append(np.array(places, dtype=np.intp))
        known = np.zeros((len(columns), len(names)), dtype=np.bool_)
        for row, column in zip(known, columns, strict=True):
            row[column] = True
        return Combination(TagTable(tuple(names), tuple(categories)), tuple(columns), known)

    def combine(self, scores: Sequence[Scores], how: str) -> Scores:
        """One picture's scores by each tagger, in the order of the lists -> scores for `table`.

        A tag counts among the taggers that know it. "union": the highest score, so a tag is in
        when any of them says so; "intersection": the lowest, so all must; "mean": the average.
        What a tagger scored too low to be stored counts as 0. A tagger that does not know a tag has
        no vote on it: an older list, which lacks the newer tags, would otherwise strike every one
        of them out of an intersection and halve it in a mean.
        """
        import numpy as np

        places = [column[said.tags] for column, said in zip(self.columns, scores, strict=True)]
        tags = np.unique(np.concatenate([*places, np.array(self.table.ratings, dtype=np.intp)]))
        rows = np.zeros((len(scores), len(tags)), dtype=np.float32)
        for row, place, said in zip(rows, places, scores, strict=True):
            row[np.searchsorted(tags, place)] = said.probabilities
        votes = self.known[:, tags] & ~self._silent(tags, rows)
        return _kept(tags, _joined(rows, votes, how), self.table)

    def _silent(self, tags: NDArray[np.intp], rows: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where a tagger says nothing although it lists the tag: one that can't tell ratings lists
        them (programs expect them) and says 0 for all."""
        ratings = self.table.codes[tags] == RATING
        mute = rows[:, ratings].max(axis=1, initial=0) <= 0
        result: NDArray[np.bool_] = mute[:, None] & ratings[None, :]
        return result


def _joined(rows: NDArray[np.float32], votes: NDArray[np.bool_], how: str) -> NDArray[np.float32]:
    """Rows of scores as one; where nobody has a vote, 0."""
    import numpy as np

    count = votes.sum(axis=0)
    if how == UNION:
        joined = np.where(votes, rows, 0).max(axis=0)
    elif how == INTERSECTION:
        joined = np.where(votes, rows, 2).min(axis=0)  # no probability is 2
    else:
        joined = np.where(votes, rows, 0).sum(axis=0) / np.maximum(count, 1)
    return np.where(count > 0, joined, 0).astype(np.float32)


def _kept(tags: NDArray[np.intp], values: NDArray[np.float32], table: TagTable) -> Scores:
    """Sparse scores of these tags, as a tagger's own are kept."""
    import numpy as np

    keep = (values >= FLOOR) | (table.codes[tags] == RATING)
    return Scores(tags[keep].astype(np.uint16), values[keep].astype(np.float16))
