"""Scores become tags by rules that a person can follow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.editing.captions import KAOMOJI
from nasutui.core.errors import ModelError
from nasutui.core.tagging.scores import CHARACTER, FLOOR, GENERAL, RATING, Scores, TagTable
from nasutui.core.tagging.selection import SelectionRules, excluded, mcut, select

TABLE = TagTable(
    ("general", "sensitive", "questionable", "explicit", "1girl", "blue_hair", "long_hair", "^_^",
     "||_||", "twin", "miku", "alice_(series)"),
    (RATING,) * 4 + (GENERAL,) * 6 + (CHARACTER,) * 2,
)  # fmt: skip


def scores(**values: float) -> Scores:
    """Scores by name; the rest is 0. Names that are no words: see `kaomoji`."""
    named = {"kaomoji": "^_^", "bars": "||_||", "alice": "alice_(series)"}
    dense = np.zeros(len(TABLE), np.float32)
    for name, value in values.items():
        dense[TABLE.names.index(named.get(name, name))] = value
    return Scores.from_dense(dense, TABLE)


def test_characters_come_first_then_tags_by_falling_score() -> None:
    found = select(
        scores(blue_hair=0.9, long_hair=0.5, miku=0.86, alice=0.99), TABLE, SelectionRules()
    )
    assert found == ["alice_(series)", "miku", "blue_hair", "long_hair"]


def test_equal_scores_keep_the_order_of_the_model() -> None:
    found = select(scores(twin=0.5, long_hair=0.5, blue_hair=0.5), TABLE, SelectionRules())
    assert found == ["blue_hair", "long_hair", "twin"]


def test_a_tag_at_the_threshold_is_in() -> None:
    rules = SelectionRules(threshold=0.35, character_threshold=0.85)
    assert select(scores(blue_hair=0.35, miku=0.85), TABLE, rules) == ["miku", "blue_hair"]
    assert select(scores(blue_hair=0.349, miku=0.849), TABLE, rules) == []


def test_ratings_stay_out_unless_asked_for() -> None:
    given_scores = scores(general=0.9, sensitive=0.99, long_hair=0.4)
    assert select(given_scores, TABLE, SelectionRules()) == ["long_hair"]
    assert select(given_scores, TABLE, SelectionRules(ratings=True)) == ["long_hair", "sensitive"]
    assert select(given_scores, TABLE, SelectionRules(mcut=True)) == ["long_hair"]
    assert select(scores(), TABLE, SelectionRules(ratings=True)) == []


@pytest.mark.parametrize(
    ("patterns", "kept"),
    [
        ((), ["blue_hair", "long_hair", "^_^"]),
        (("blue_hair",), ["long_hair", "^_^"]),
        (("BLUE hair",), ["long_hair", "^_^"]),
        (("*_hair",), ["^_^"]),
        (("* hair",), ["^_^"]),
        (("*",), []),
        (("hair",), ["blue_hair", "long_hair", "^_^"]),
        (("?lue_hair", "[a-z]*", "^_."), ["blue_hair", "long_hair", "^_^"]),
        (("", " "), ["blue_hair", "long_hair", "^_^"]),
    ],
)
def test_exclude(patterns: tuple[str, ...], kept: list[str]) -> None:
    given_scores = scores(blue_hair=0.9, long_hair=0.8, kaomoji=0.7)
    assert select(given_scores, TABLE, SelectionRules(exclude=patterns)) == kept


def test_replace_makes_one_tag_of_two() -> None:
    rules = SelectionRules(replace=(("blue_hair", "aqua_hair"), ("Long Hair", "aqua_hair")))
    assert select(scores(blue_hair=0.9, long_hair=0.8, twin=0.7), TABLE, rules) == [
        "aqua_hair", "twin"
    ]  # fmt: skip


def test_spaces_but_never_inside_kaomoji() -> None:
    rules = SelectionRules(spaces=True)
    found = select(scores(blue_hair=0.9, kaomoji=0.8, bars=0.7, alice=0.9), TABLE, rules)
    assert found == ["alice (series)", "blue hair", "^_^", "||_||"]
    assert {"(o)_(o)", "<|>_<|>", "0_0", "3_3"} <= KAOMOJI


def test_mcut_cuts_at_the_widest_gap() -> None:
    assert mcut(np.array([0.1, 0.9, 0.8, 0.2], np.float32)) == pytest.approx(0.5)
    rules = SelectionRules(mcut=True)
    found = select(scores(blue_hair=0.92, long_hair=0.85, twin=0.3, kaomoji=0.25), TABLE, rules)
    assert found == ["blue_hair", "long_hair"]


def test_mcut_counts_what_was_too_low_to_be_stored() -> None:
    rules = SelectionRules(mcut=True)
    assert select(scores(blue_hair=0.9), TABLE, rules) == ["blue_hair"]
    assert select(scores(blue_hair=0.9, long_hair=0.8), TABLE, rules) == ["blue_hair", "long_hair"]
    assert select(scores(), TABLE, rules) == []


def test_mcut_takes_no_unlikely_character() -> None:
    rules = SelectionRules(mcut=True)
    assert select(scores(miku=0.14, alice=0.02, twin=0.9), TABLE, rules) == ["twin"]
    assert select(scores(miku=0.7, twin=0.9), TABLE, rules) == ["miku", "twin"]


@given(st.lists(st.floats(0, 1, width=32), min_size=12, max_size=12))
def test_what_is_stored_is_enough_for_every_threshold(values: list[float]) -> None:
    dense = np.array(values, np.float32)
    stored = Scores.from_dense(dense, TABLE)
    again = Scores.from_blobs(
        stored.tags.astype("<u2").tobytes(), stored.probabilities.astype("<f2").tobytes()
    )
    for threshold in (FLOOR, 0.35, 0.9):
        rules = SelectionRules(threshold=threshold, character_threshold=threshold)
        found = select(again, TABLE, rules)
        limit = np.float16(threshold)
        expected = {TABLE.names[i] for i in range(4, 12)
                    if dense[i] >= FLOOR and np.float16(dense[i]) >= limit}  # fmt: skip
        assert set(found) == expected
    assert {0, 1, 2, 3} <= set(again.tags.tolist())


def test_exclude_does_not_care_for_case_and_spaces() -> None:
    assert excluded("Blue_Hair", ["blue hair"])
    assert not excluded("blue_hair_ribbon", ["blue hair"])


def test_a_table_survives_the_database() -> None:
    assert TagTable.from_bytes(TABLE.to_bytes()) == TABLE


def test_a_tag_list_with_quotes_and_odd_categories_is_read() -> None:
    text = 'tag_id,name,category,count\n1,"say_""lazy""",0,9\n2,x,1,8\n3,m,4,7\n4,general,9,1\n'
    table = TagTable.from_csv(text)
    assert table.names == ('say_"lazy"', "x", "m", "general")
    assert table.ratings == (3,)
    with pytest.raises(ModelError):
        TagTable.from_csv("nonsense")
