"""What several taggers say of one picture, as one answer: union, intersection or mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nasutui.core.editing.captions import tag_key
from nasutui.core.tagging.scores import Scores, TagTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNION, INTERSECTION, MEAN = "union", "intersection", "mean"
COMBINE = (UNION, INTERSECTION, MEAN)


@dataclass(frozen=True)
class Combination:
    """Several tag lists as one. table: every tag that any of them knows, in the order of the first
    that knows it, with its category there. columns: for each list, the index in `table` of each of
    its tags."""

    table: TagTable
    columns: tuple[NDArray[np.intp], ...]

    @staticmethod
    def of(tables: Sequence[TagTable]) -> Combination:
        """Put tag lists together."""
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
        return Combination(TagTable(tuple(names), tuple(categories)), tuple(columns))

    def combine(self, scores: Sequence[Scores], how: str) -> Scores:
        """One picture's scores by each tagger, in the order of the lists -> scores for `table`.

        A tag counts among the taggers that know it. "union": the highest score, so a tag is in
        when any of them says so; "intersection": the lowest, so all must; "mean": the average.
        What a tagger scored too low to be stored counts as 0.
        """
        import numpy as np

        rows = np.full((len(scores), len(self.table)), np.nan, dtype=np.float32)
        for row, said, column in zip(rows, scores, self.columns, strict=True):
            row[column] = 0
            row[column[said.tags]] = said.probabilities
        combined: NDArray[np.float32]
        if how == UNION:
            combined = np.nanmax(rows, axis=0)
        elif how == INTERSECTION:
            combined = np.nanmin(rows, axis=0)
        else:
            combined = np.nanmean(rows, axis=0)
        return Scores.from_dense(combined, self.table)
