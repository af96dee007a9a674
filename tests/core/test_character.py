"""The character helper: what goes into the trigger, what stays, and what breaks the rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.dataset.kinds import KINDS, kind_of
from nasutui.core.dataset.model import Dataset
from nasutui.core.editing.captions import tag_key
from nasutui.core.editing.character import (
    FOLD,
    KEEP,
    UNIFORM,
    character_tags,
    folded,
    pictures_of,
    rule_breakers,
    uniform,
)
from tests.support.dataset_facts import load, shown, write


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    captions: dict[str, str | bytes | None] = {}
    for number in range(10):
        tags = ["hero", "1girl", "blue_eyes", "hat"]
        tags.append("brown hair" if number < 7 else "black_hair")
        tags.append("standing" if number % 2 else "sitting")
        if number == 0:
            tags.append("smile")
        captions[f"h{number}"] = ", ".join(tags)
    captions["other"] = "1girl, red_eyes, villain"
    captions["none"] = None
    write(tmp_path, captions)
    return load(tmp_path)


def test_tags_are_ranked_by_kind_and_coverage(dataset: Dataset) -> None:
    found = character_tags(dataset, "hero")
    assert "hero" not in [tag.key for tag in found]
    assert "red_eyes" not in [tag.key for tag in found]
    by_key = {tag.key: tag for tag in found}
    assert (by_key["brown_hair"].count, by_key["brown_hair"].coverage) == (7, 0.7)
    assert by_key["brown_hair"].tag == "brown hair"
    order = [(KINDS.index(tag.kind), -tag.count) for tag in found]
    assert order == sorted(order)


def test_what_always_belongs_to_the_character_is_folded_the_rest_kept(dataset: Dataset) -> None:
    advice = {tag.key: tag.advice for tag in character_tags(dataset, "hero")}
    assert advice["blue_eyes"] == FOLD
    assert advice["brown_hair"] == UNIFORM
    assert advice["black_hair"] == KEEP
    assert advice["1girl"] == KEEP
    assert advice["standing"] == advice["smile"] == KEEP
    assert advice["hat"] == FOLD


def test_the_pictures_that_break_the_rule_are_shown(dataset: Dataset) -> None:
    rivals = {tag.key: tag.rivals for tag in character_tags(dataset, "hero")}
    assert rivals["brown_hair"] == ("black_hair",)
    broken = [dataset.item(slot).picture for slot in rule_breakers(dataset, "hero", "brown_hair")]
    assert broken == ["h7.png", "h8.png", "h9.png"]
    assert rule_breakers(dataset, "hero", "blue eyes") == []


def test_a_trigger_of_several_tags_and_one_that_nobody_has(dataset: Dataset) -> None:
    assert len(pictures_of(dataset, "HERO")) == 10
    assert len(pictures_of(dataset, "hero, smile")) == 1
    assert pictures_of(dataset, "nobody") == []
    assert pictures_of(dataset, "hero, nobody") == []
    assert pictures_of(dataset, "") == []
    assert character_tags(dataset, "nobody") == []


def test_after_making_it_uniform_nothing_breaks_the_rule(dataset: Dataset) -> None:
    change = uniform("brown hair")
    for slot in rule_breakers(dataset, "hero", "brown_hair"):
        text = ", ".join(change(dataset.tags(slot)))
        dataset.caption_path(slot).write_text(text)
    dataset.refresh()
    assert rule_breakers(dataset, "hero", "brown_hair") == []
    assert shown(dataset, "black_hair") == []
    assert shown(dataset, "hero brown_hair blue_eyes") == [f"h{n}.png" for n in range(10)]


TAGS = st.sampled_from(["brown_hair", "Brown Hair", "black_hair", "red hair", "hat", "^_^", "ナス"])


@given(st.lists(TAGS, max_size=8), st.sampled_from(["brown_hair", "hat", "^_^"]))
def test_uniform_gives_the_tag_once_and_its_rivals_never(tags: list[str], wanted: str) -> None:
    changed = uniform(wanted)(tags)
    keys = [tag_key(tag) for tag in changed]
    assert keys.count(wanted) == 1
    if wanted == "brown_hair":
        assert not {"black_hair", "red_hair"} & set(keys)
    assert uniform(wanted)(changed) == changed
    touched = {"brown_hair", "black_hair", "red_hair"} if wanted == "brown_hair" else {wanted}
    assert [t for t in changed if tag_key(t) not in touched] == [
        t for t in tags if tag_key(t) not in touched
    ]


@given(st.lists(TAGS, max_size=8))
def test_folding_takes_out_these_tags_and_no_others(tags: list[str]) -> None:
    assert folded(["Brown hair", "hat"])(tags) == [
        tag for tag in tags if tag_key(tag) not in ("brown_hair", "hat")
    ]


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("1girl", "people"), ("6+girls", "people"), ("solo", "people"), ("silver_hair", "hair"),
        ("ahoge", "hair"), ("twintails", "hair"), ("blue_eyes", "eyes"), ("heterochromia", "eyes"),
        ("smile", "face"), (":d", "face"), ("^_^", "face"), ("|_|", "face"), ("cat_ears", "body"),
        ("dark_skin", "body"), ("pleated_skirt", "clothes"), ("knee_boots", "clothes"),
        ("school_uniform", "clothes"), ("hair_ribbon", "accessory"), ("hat", "accessory"),
        ("holding_sword", "pose"), ("looking_at_viewer", "pose"), ("sitting", "pose"),
        ("upper_body", "view"), ("from_above", "view"), ("white_background", "place"),
        ("night_sky", "place"), ("sword", "object"), ("chibi", "style"), ("general", "rating"),
        ("monochrome", "style"), ("2024", "other"), ("x", "other"), ("ナス味噌", "other"),
    ],
)  # fmt: skip
def test_a_tag_has_a_kind(tag: str, kind: str) -> None:
    assert kind_of(tag) == kind


@given(st.text(max_size=20))
def test_any_text_has_a_kind(tag: str) -> None:
    assert kind_of(tag) in KINDS
