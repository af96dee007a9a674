"""Text from outside: nothing of it is obeyed by a terminal, and JSON brings all of it back."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.text import display_block, display_name, json_line, natural_key

HOSTILE = [
    "\x1b]0;owned\x07", "\x1b[2J\x1b[H", "\x9b31m", "\x90payload\x9c", "a\rb", "a\nb", "a\tb", "\x00",
    "\x7f\x7f", "abc\u202egnp.exe", "\u2066isolate\u2069", "\u200emark\u200f", "\ufeffbom",
    "zero\u200bwidth", "soft\u00adhyphen", "line\u2028and\u2029paragraph", "\udcff\udc80", "\ud83d",
    "\U000e0041tag", "\ufff9anno\ufffb", "\x85next", "\u061cArabic mark",
]  # fmt: skip
any_text = st.text(st.characters())  # surrogates too


def is_obeyed(character: str) -> bool:
    category = unicodedata.category(character)
    return category in ("Cc", "Cs", "Zl", "Zp") or (category == "Cf" and character != "\u200d")


class TestDisplayName:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_nothing_hostile_gets_through(self, text: str) -> None:
        shown = display_name(text)
        assert not any(is_obeyed(c) for c in shown)
        assert "\ufffd" in shown

    @given(any_text)
    def test_nothing_at_all_gets_through(self, text: str) -> None:
        shown = display_name(text)
        assert not any(is_obeyed(c) for c in shown)
        shown.encode()

    @pytest.mark.parametrize(
        "text",
        ["img001.png", "なす味噌.png", "ideographic\u3000space", "é", "👩\u200d🎨", "[bold]not markup[/]",
         "100% {name} \\n", "한국어", "עברית", "a  b"],
    )  # fmt: skip
    def test_ordinary_text_stays(self, text: str) -> None:
        assert display_name(text) == text

    def test_a_macs_names_are_composed(self) -> None:
        assert display_name("か\u3099.png") == "が.png"

    def test_paths(self, tmp_path: Path) -> None:
        assert display_name(tmp_path / "a\x1bb") == f"{tmp_path}/a\ufffdb"
        assert display_name(os.fsdecode(b"latin-\xe9.png")) == "latin-\ufffd.png"

    @given(any_text)
    def test_a_block_keeps_its_lines_only(self, text: str) -> None:
        assert not any(is_obeyed(c) for c in display_block(text) if c != "\n")

    def test_lines_of_a_block(self) -> None:
        assert display_block("a\nb\x1b\r\nc") == "a\nb\ufffd\nc"


class TestJsonLine:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_text_comes_back_and_is_not_obeyed(self, text: str) -> None:
        line = json_line({"name": text})
        assert json.loads(line) == {"name": text}
        assert not any(is_obeyed(c) for c in line if ord(c) < 0x10000)
        line.encode()

    @given(any_text)
    def test_any_text_comes_back_in_one_line(self, text: str) -> None:
        line = json_line([text, {text: text}])
        assert json.loads(line) == [text, {text: text}]
        assert len(line.splitlines()) == 1
        line.encode()

    def test_japanese_stays_readable(self) -> None:
        assert json_line({"タグ": "髪"}) == '{"タグ": "髪"}'


class TestNaturalKey:
    def test_numbers_count(self) -> None:
        names = [
            "img10.png",
            "img2.png",
            "img1.png",
            "IMG3.png",
            "img010.png",
            "a",
            "10",
            "9",
            "な2",
            "な10",
        ]
        assert sorted(names, key=natural_key) == [
            "9", "10", "a", "img1.png", "img2.png", "IMG3.png", "img010.png", "img10.png", "な2", "な10",
        ]  # fmt: skip

    def test_the_same_name_from_a_mac(self) -> None:
        assert natural_key("か\u30991") == natural_key("が1")

    def test_no_number_is_too_long(self) -> None:
        long = "1" * 60_000
        assert natural_key(long) < natural_key(long + "0")
        assert natural_key("9" + long[1:]) > natural_key(long)

    @given(st.lists(any_text))
    def test_any_names_can_be_sorted(self, names: list[str]) -> None:
        backwards = list(reversed(names))
        assert sorted(names, key=natural_key) == sorted(backwards, key=natural_key)

    @given(st.integers(0, 10**40), st.integers(0, 10**40))
    def test_by_value(self, one: int, other: int) -> None:
        assert (natural_key(f"a{one}") < natural_key(f"a{other}")) == (one < other)
