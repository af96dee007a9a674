"""Merging a tagger's word with a caption: what a person did stays."""

from __future__ import annotations

import pytest

from nasutui.core.editing.provenance import Memory, append, edited, fresh, merge, notice, overwrite


def after(*steps: list[str], said: list[list[str]]) -> list[str]:
    """The caption when tagger and person take turns: said[0], steps[0] by hand, said[1] ..."""
    caption, memory = merge(Memory(), [], said[0])
    for by_hand, word in zip(steps, said[1:], strict=True):
        caption, memory = merge(memory, by_hand, word)
    return caption


class TestMerge:
    def test_the_taggers_word_alone(self) -> None:
        assert after([*"abc"], said=[[*"abc"], [*"bd"]]) == [*"bd"]

    def test_what_a_person_added_stays_where_it_is(self) -> None:
        assert after(["x", *"ab", "y"], said=[[*"ab"], [*"bc"]]) == ["x", "b", "c", "y"]

    def test_what_a_person_removed_stays_out(self) -> None:
        assert after([*"ac"], [*"ac"], said=[[*"abc"], [*"abc"], [*"abcd"]]) == [*"acd"]

    def test_until_the_person_adds_it(self) -> None:
        assert after([*"a"], [*"ab"], [*"ab"], said=[[*"ab"], [*"ab"], [*"a"], [*"a"]]) == [*"ab"]

    def test_what_a_person_added_and_removed_does_not_come_back(self) -> None:
        assert after([*"ax"], [*"a"], said=[[*"a"], [*"a"], [*"ax"]]) == [*"a"]

    def test_captions_of_before_are_a_persons(self) -> None:
        assert merge(Memory(), [*"xa"], [*"ab"])[0] == [*"xab"]

    def test_a_new_spelling_is_the_taggers(self) -> None:
        assert after(["x", "blue_hair"], said=[["blue_hair"], ["blue hair"]]) == ["x", "blue hair"]

    def test_a_spelling_by_hand_is_a_persons(self) -> None:
        assert after(["blue hair"], [], said=[["blue_hair"], ["blue_hair"], []])[:1] == []
        assert after(["Blue hair"], said=[["blue_hair"], ["blue_hair"]]) == ["Blue hair"]

    def test_the_trigger_stays_first(self) -> None:
        assert after(["trigger", *"ab"], said=[[*"ab"], [*"cabd"]]) == ["trigger", *"cabd"]

    def test_an_order_by_hand_stays(self) -> None:
        assert after([*"cba"], said=[[*"abc"], [*"abc"]]) == [*"cba"]

    def test_saying_the_same_changes_nothing(self) -> None:
        caption, memory = merge(Memory(), [*"xy"], [*"abc"])
        assert merge(memory, caption, [*"abc"]) == (caption, memory)

    def test_a_caption_whose_file_is_gone_is_made_anew(self) -> None:
        _caption, memory = merge(Memory(), [], [*"abc"])
        memory = notice(memory, [*"axc"][:2])
        assert merge(fresh(memory), [], [*"abcd"])[0] == [*"ad"]


class TestOtherWays:
    def test_overwrite_forgets(self) -> None:
        caption, memory = overwrite([*"ab"])
        assert (caption, memory) == ([*"ab"], Memory(("a", "b")))

    def test_append_takes_nothing_out(self) -> None:
        _caption, memory = merge(Memory(), [], [*"ab"])
        caption, memory = append(memory, [*"xa"], [*"ac"])
        assert caption == [*"xac"]
        assert merge(memory, caption, [*"abc"])[0] == [*"xac"]

    def test_what_append_brings_back_is_the_taggers(self) -> None:
        _caption, memory = merge(Memory(), [], ["blue_hair"])
        caption, memory = append(notice(memory, []), [], ["blue hair"])
        assert caption == ["blue hair"]
        assert merge(memory, caption, [])[0] == []


class TestEdited:
    def test_asked_for_counts_also_where_it_is_there_already(self) -> None:
        caption, memory = merge(Memory(), [], [*"ab"])
        memory = edited(memory, caption, caption, added=["a"], removed=["z"])
        assert merge(memory, caption, [*"zc"])[0] == [*"ac"]

    def test_before_any_tagger_spoke(self) -> None:
        memory = edited(Memory(), [*"ab"], [*"a"])
        assert merge(memory, [*"a"], [*"abc"])[0] == [*"ac"]


class TestMemory:
    @pytest.mark.parametrize(
        "memory", [Memory(), Memory(()), Memory(("a", "^_^"), ("なす",), ('"', "\\m/"))]
    )
    def test_it_survives_being_stored(self, memory: Memory) -> None:
        assert Memory.from_json(memory.to_json()) == memory

    def test_none(self) -> None:
        assert Memory.from_json(None) == Memory()
