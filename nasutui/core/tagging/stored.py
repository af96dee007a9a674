"""Scores that are stored already, by one model or by several as one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from nasutui.core.tagging.combine import UNION, Combination, combined_name
from nasutui.core.tagging.scores import Scores, ScoreStore, TagTable


@dataclass(frozen=True)
class StoredScores:
    """names, tables, scores: of each model, in the same order; scores: picture (hex SHA-256) ->
    what it said. how: one of combine.COMBINE."""

    names: tuple[str, ...]
    tables: tuple[TagTable, ...]
    scores: tuple[Mapping[str, Scores], ...]
    how: str = UNION
    combination: Combination = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "combination", Combination.of(self.tables))

    @property
    def name(self) -> str:
        """What to call them together."""
        return combined_name(self.names, self.how)

    @property
    def table(self) -> TagTable:
        """The tags that `of` speaks of."""
        return self.tables[0] if len(self.tables) == 1 else self.combination.table

    @property
    def pictures(self) -> set[str]:
        """The pictures that all of them have scored."""
        return set.intersection(*(set(scores) for scores in self.scores))

    def of(self, picture: str, how: str = "") -> Scores:
        """What is said of one of `pictures` (how: combined in another way than usual)."""
        found = self.each(picture)
        return found[0] if len(found) == 1 else self.combination.combine(found, how or self.how)

    def each(self, picture: str) -> list[Scores]:
        """What each of them says of one of `pictures`."""
        return [scores[picture] for scores in self.scores]


def stored_scores(
    store: ScoreStore, pictures: Collection[str], names: Sequence[str] = (), how: str = UNION
) -> StoredScores | None:
    """What is stored of these pictures (hex SHA-256) by the models of these names (of several of one
    name the newest); by the model that knows most of them when no names are given, or when one of
    the models knows none of them. None when there is nothing. Raises sqlite3.Error."""
    named: dict[str, tuple[TagTable, dict[str, Scores]]] = {}
    most: tuple[str, TagTable, dict[str, Scores]] | None = None
    for number, name, table in store.models():
        scores = {sha: said for sha, said in store.all(number) if sha in pictures}
        if not scores:
            continue
        named[name] = table, scores
        # Of two that know as many pictures the newer one counts.
        if most is None or len(scores) >= len(most[2]):
            most = name, table, scores
    wanted = [name for name in dict.fromkeys(names) if name in named]
    if wanted and len(wanted) == len(set(names)):
        tables, scores_of = zip(*(named[name] for name in wanted), strict=True)
        found = StoredScores(tuple(wanted), tables, scores_of, how)
        if found.pictures:
            return found
    return None if most is None else StoredScores((most[0],), (most[1],), (most[2],))
