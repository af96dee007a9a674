"""Several taggers with tag lists of their own give one answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.tagging.combine import INTERSECTION, MEAN, UNION, Combination
from nasutui.core.tagging.scores import CHARACTER, GENERAL, RATING, Scores, TagTable
from nasutui.core.tagging.selection import SelectionRules, select

OLD = TagTable(("general", "long_hair", "blue_hair", "miku"), (RATING, GENERAL, GENERAL, CHARACTER))
NEW = TagTable(("general", "Blue Hair", "smile", "long_hair"), (RATING, GENERAL, GENERAL, GENERAL))


def said(table: TagTable, *values: float) -> Scores:
    return Scores.from_dense(np.array(values, np.float32), table)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (UNION, {"long_hair": 0.75, "blue_hair": 0.5, "miku": 1.0, "smile": 0.5, "general": 0.5}),
        (INTERSECTION, {"long_hair": 0.25, "miku": 1.0, "smile": 0.5, "general": 0.25}),
        (MEAN, {"long_hair": 0.5, "blue_hair": 0.25, "miku": 1.0, "smile": 0.5, "general": 0.375}),
    ],
)
def test_union_intersection_and_mean(how: str, expected: dict[str, float]) -> None:
    both = Combination.of([OLD, NEW])
    found = both.combine([said(OLD, 0.5, 0.75, 0.001, 1.0), said(NEW, 0.25, 0.5, 0.5, 0.25)], how)
    assert found.as_dict(both.table) == expected


def test_captions_come_from_the_combined_scores() -> None:
    both = Combination.of([OLD, NEW])
    scores = [said(OLD, 0.5, 0.75, 0.0, 1.0), said(NEW, 0.25, 0.5, 0.5, 0.25)]
    captions = {
        how: select(both.combine(scores, how), both.table, SelectionRules(threshold=0.4))
        for how in (UNION, INTERSECTION, MEAN)
    }
    assert captions == {
        UNION: ["miku", "long_hair", "blue_hair", "smile"],
        INTERSECTION: ["miku", "smile"],
        MEAN: ["miku", "long_hair", "smile"],
    }


@pytest.mark.parametrize("how", [UNION, INTERSECTION, MEAN])
def test_one_tagger_alone_stays_as_it_is(how: str) -> None:
    alone = Combination.of([OLD])
    scores = said(OLD, 0.5, 0.75, 0.25, 0.0)
    assert alone.combine([scores], how).as_dict(alone.table) == scores.as_dict(OLD)


@pytest.mark.parametrize("how", [UNION, INTERSECTION, MEAN])
def test_a_tagger_that_can_not_tell_ratings_has_no_vote_on_them(how: str) -> None:
    both = Combination.of([OLD, NEW])
    found = both.combine([said(OLD, 0.0, 0.5, 0.0, 0.0), said(NEW, 0.75, 0.5, 0.5, 0.5)], how)
    assert found.as_dict(both.table)["general"] == 0.75
    nobody = both.combine([said(OLD, 0.0, 0.5, 0.0, 0.0), said(NEW, 0.0, 0.5, 0.5, 0.5)], how)
    assert nobody.as_dict(both.table)["general"] == 0


@given(st.data())
def test_it_is_what_counting_votes_by_hand_gives(data: st.DataObject) -> None:
    names = [f"t{i}" for i in range(8)]
    tables, answers = [], []
    for _tagger in range(data.draw(st.integers(1, 3))):
        known = data.draw(st.permutations(names).map(lambda p: p[:5]))
        tables.append(TagTable(tuple(known), (GENERAL,) * 5))
        values = st.lists(
            st.sampled_from([0.0, 0.005, 0.25, 0.5, 0.75, 1.0]), min_size=5, max_size=5
        )
        answers.append(dict(zip(known, data.draw(values), strict=True)))
    both = Combination.of(tables)
    scores = [said(table, *answer.values()) for table, answer in zip(tables, answers, strict=True)]
    for how, joined in ((UNION, max), (INTERSECTION, min), (MEAN, lambda v: sum(v) / len(v))):
        expected = {}
        for name in {name for table in tables for name in table.names}:
            votes = [0.0 if a[name] < 0.01 else a[name] for a in answers if name in a]
            if joined(votes) >= 0.01:
                expected[name] = joined(votes)
        found = both.combine(scores, how)
        assert found.as_dict(both.table) == pytest.approx(expected, abs=0.001)
        assert found.tags.tolist() == sorted(found.tags.tolist())
