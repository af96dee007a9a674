"""Changing many captions at once: operations on tags, the plan, and writing exactly the plan."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.editing.bulk_edit import (
    Planned,
    adding,
    alphabet_order,
    apply,
    fixed_order,
    plan,
    removing,
    replacing,
    replacing_pattern,
    score_order,
    sorting,
)
from nasutui.core.editing.captions import tag_key, unique_tags
from nasutui.core.errors import CaptionError, UsageError
from nasutui.core.events import Finished, ItemFailed, never
from nasutui.core.history.journal import Journal

ODD = ("^_^", ":d", ">_<", 'don\'t_say_"lazy"', "poster_(object)", "\\m/", "2024", "[bold]")
TAGS = st.lists(st.sampled_from([*ODD, "a", "b", "c d", "C_D", "white_shirt", "shirt"]), max_size=8)


@given(TAGS)
def test_no_operation_loses_what_it_is_not_about(tags: list[str]) -> None:
    assert adding(["new"])(0, tags) == [*tags, "new"]
    others = [t for t in tags if t != "a"]
    assert removing(["a"])(0, tags) == others
    assert replacing("a", [])(0, tags) == others
    assert replacing("a", ["a"])(0, unique_tags(tags)) == unique_tags(tags)
    assert sorted(sorting(alphabet_order)(0, tags)) == sorted(tags)
    assert replacing_pattern("zzz", "y")(0, tags) == tags


@given(TAGS)
def test_a_replacement_never_brings_a_second_one(tags: list[str]) -> None:
    result = replacing("a", ["b", "new"])(0, tags)
    keys = [tag_key(t) for t in result]
    if "a" in tags:
        assert keys.count("b") == keys.count("new") == 1
    assert "a" not in keys


def test_odd_tags_are_no_patterns() -> None:
    assert removing(["(o)_(o)"])(0, ["(o)_(o)", "o"]) == ["o"]
    assert removing(["*_hair"])(0, ["red hair", "hair", "RED_HAIR"]) == ["hair"]
    assert replacing("\\m/", ["sign"])(0, ["a", "\\m/"]) == ["a", "sign"]


def test_patterns() -> None:
    change = replacing_pattern(r"^(\w+)_hair$", r"\1_fur")
    assert change(0, ["red_hair", "hair"]) == ["red_fur", "hair"]
    assert replacing_pattern(r"^.*$", "")(0, ["a", "b"]) == []
    assert replacing_pattern("x", ", ")(0, ["axb"]) == ["a", "b"]
    for pattern, new in (
        ("(", "x"),
        ("a", r"\3"),
        ("a", "\\"),
        ("a", r"\g<no>"),
        ("a{99999999999}", ""),
    ):
        with pytest.raises(UsageError):
            replacing_pattern(pattern, new)


def test_orders_keep_the_trigger_in_front() -> None:
    tags = ["solo", "me", "hat", "1girl"]
    assert sorting(alphabet_order, ["me"])(0, tags) == ["me", "1girl", "hat", "solo"]
    by_score = score_order({5: {"hat": 0.9, "1girl": 0.95}})
    assert sorting(by_score, ["me"])(5, tags) == ["me", "1girl", "hat", "solo"]
    assert sorting(by_score)(6, tags) == tags
    assert sorting(fixed_order(["h*", "1girl"]))(0, tags) == ["hat", "1girl", "solo", "me"]
    assert adding(["x", "hat"], ["me"], first=True)(0, ["me", "hat"]) == ["me", "x", "hat"]


def test_a_plan_holds_only_what_changes_and_each_file_once(tmp_path: Path) -> None:
    shared = tmp_path / "a.txt"
    captions = [(0, shared, ("a",)), (1, shared, ("a",)), (2, tmp_path / "b.txt", ("b",))]
    assert plan(captions, removing(["a"]), never) == [Planned(0, shared, ("a",), ())]
    with pytest.raises(CaptionError):
        plan(captions, lambda _slot, _tags: ["x, y"], never)


def test_what_was_planned_is_written_and_what_changed_since_is_not(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text("1girl, blue_skin", encoding="utf-8")
    captions = [(n, tmp_path / f"{c}.txt", ("1girl", "blue_skin")) for n, c in enumerate("abc")]
    planned = plan(captions, replacing("blue_skin", ["skin"]), never)
    (tmp_path / "b.txt").write_text("theirs", encoding="utf-8")
    (tmp_path / "c.txt").write_bytes(b"\x81\x00\xff\xfe\x00")
    events = list(apply(tmp_path, planned, "replace", never))
    failed = {e.path.name for e in events if isinstance(e, ItemFailed)}
    assert failed == {"b.txt", "c.txt"}
    assert isinstance(events[-1], Finished)
    assert events[-1].summary == {"changed": 1, "failed": 2}
    assert (tmp_path / "a.txt").read_text() == "1girl, skin"
    assert (tmp_path / "b.txt").read_text() == "theirs"
    assert (tmp_path / "c.txt").read_bytes() == b"\x81\x00\xff\xfe\x00"
    with Journal(tmp_path) as journal:
        assert [change.label for change in journal.history()] == ["replace"]
        journal.undo()
    assert (tmp_path / "a.txt").read_text() == "1girl, blue_skin"
