"""Somebody types: kanji, kana, romaji or English, and finds the tag, the best one first."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.japanese.dictionary import Entry, dictionary, search, shipped
from nasutui.core.japanese.index import within_one
from nasutui.core.japanese.romaji import fold

ORDER = ["exact", "prefix", "inside", "near"]


def found(text: str, limit: int = 10, own: list[Path] | None = None) -> list[str]:
    return [match.entry.tag for match in search(text, limit, own or [])]


@pytest.mark.parametrize(
    ("tag", "typed"),
    [
        ("twintails", ["ツインテール", "ついんてーる", "ﾂｲﾝﾃｰﾙ", "ツインテ", "二つ結び", "tsuinteeru",
                       "tuinte-ru", "twintails", "TWINTAILS", "twin tails"]),
        ("blue_eyes", ["青い目", "青い瞳", "青い眼", "あおいめ", "aoime", "aoi me", "blue eyes", "碧眼"]),
        ("cat_ears", ["猫耳", "ネコ耳", "ねこ耳", "ねこみみ", "ネコミミ", "nekomimi", "cat_ears"]),
        ("glasses", ["眼鏡", "メガネ", "めがね", "megane", "glasses"]),
        ("black_hair", ["黒髪", "くろかみ", "kurokami", "黒い髪"]),
        ("thighhighs", ["ニーソ", "サイハイソックス", "ni-so", "niiso", "ニーハイ"]),
        ("shirt", ["シャツ", "しゃつ", "shatsu", "syatu", "ｼｬﾂ"]),
        ("jeans", ["ジーンズ", "ji-nzu", "jiinzu", "jeans"]),
        ("otoko_no_ko", ["男の娘", "おとこのこ", "otokonoko", "女装男子"]),
        ("sleeves_past_wrists", ["萌え袖", "もえそで", "moesode"]),
        ("all_fours", ["四つん這い", "よつんばい", "yotsunbai", "yotunbai"]),
        ("hakurei_reimu", ["博麗霊夢", "はくれいれいむ", "hakureireimu", "hakurei reimu", "霊夢"]),
        ("panties", ["パンツ", "ショーツ", "pantsu", "panties"]),
        ("pants", ["ズボン", "zubon", "スラックス"]),
        ("bow_(weapon)", ["弓", "ゆみ", "yumi", "bow_(weapon)"]),
        ("ocean", ["海", "うみ", "umi", "ocean"]),
        (":d", [":d", ":D", "笑顔の口"]),
        ("\\m/", ["\\m/"]),
        ("2021", ["2021", "2021年"]),
        ("|_|", ["|_|"]),
        ("explicit", ["R-18", "r18", "成人向け", "explicit"]),
        ("unworn_shoes", ["脱いだ靴", "nuida kutsu"]),
    ],
)  # fmt: skip
def test_every_way_to_type_it_finds_the_tag_near_the_top(tag: str, typed: list[str]) -> None:
    for text in typed:
        assert tag in found(text, 5), text


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("海", "ocean"),
        ("笑顔", "smile"),
        ("髪飾り", "hair_ornament"),
        ("リボン", "bow"),
        ("剣", "sword"),
        ("bow", "bow"),
        ("弓", "bow_(weapon)"),
        ("hat", "hat"),
        ("サーバル", "serval_(kemono_friends)"),
        ("see-through_clothes", "see-through_clothes"),
    ],
)
def test_the_tags_own_name_comes_first(typed: str, first: str) -> None:
    match = search(typed, 3)[0]
    assert (match.entry.tag, match.how) == (first, "exact")


@pytest.mark.parametrize(
    "typed", ["すかーと", "髪", "目", "スカ", "se", "neko", "ear", "制服", "の"]
)
def test_exact_then_prefix_then_inside_then_near_and_the_frequent_first(typed: str) -> None:
    matches = search(typed, 500)
    ranks = [ORDER.index(match.how) for match in matches]
    assert ranks == sorted(ranks)
    for how in ("prefix", "inside"):
        counts = [m.entry.count for m in matches if m.how == how]
        assert counts == sorted(counts, reverse=True)
    tags = [m.entry.tag for m in matches]
    assert len(tags) == len(set(tags))


@pytest.mark.parametrize("typed", ["すかーと", "髪", "制服", "ear", "きつね"])
def test_nothing_that_holds_the_word_is_left_out(typed: str) -> None:
    """Held against reading every entry one by one."""

    def holds(entry: Entry) -> bool:
        texts = (entry.tag, entry.display, *entry.synonyms, entry.reading)
        return any(fold(typed) in fold(text) for text in texts)

    expected = {e.tag for e in dictionary().entries() if e.count and holds(e)}
    assert expected <= set(found(typed, 20_000))


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("ポニーテイル", "ponytail"),
        ("ツインテル", "twintails"),
        ("セーラ服", "serafuku"),
        ("twintials", "twintails"),
        ("lookin_at_viewer", "looking_at_viewer"),
        ("ponitail", "ponytail"),
        ("カチュシャ", "hairband"),
    ],
)
def test_a_slip_of_the_finger_still_finds_it(typed: str, tag: str) -> None:
    assert tag in found(typed, 10)


@pytest.mark.parametrize("typed", ["", " ", "　", "_", "ー", "\t", "\n", "・", "\0"])
def test_nothing_to_look_for_finds_nothing(typed: str) -> None:
    assert found(typed) == []


@pytest.mark.parametrize("typed", ["qqqqqqqqqqq", "存在しない単語", "\ud800", "a" * 5000, "🍆🍆"])
def test_hostile_or_unknown_words_find_nothing_and_fail_nothing(typed: str) -> None:
    assert found(typed) == []


@given(st.text(max_size=12), st.integers(-1, 40))
def test_any_text_and_limit(text: str, limit: int) -> None:
    matches = search(text, limit)
    assert len(matches) <= max(0, limit)


def test_words_with_a_space_between_are_looked_for_together() -> None:
    assert "white_shirt" in found("シャツ 白い", 10)
    assert found("シャツ 存在しない") == []


def test_a_shorter_limit_is_the_head_of_a_longer_one() -> None:
    for typed in ("髪", "ねこ", "se", "リボン", "海", "umi", "ブルアカ", "twintials"):
        for limit in (1, 2, 7):
            assert found(typed, limit) == found(typed, 50)[:limit]


def test_a_former_name_is_found_by_its_name() -> None:
    assert found("hat_removed", 1) == ["hat_removed"]


def test_own_words_are_found_and_shown_as_own(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text(
        "my_oc\tなすみそちゃん\t茄子味噌\nsmile\tえへ顔\n|_|\t線目さん\n", encoding="utf-8"
    )
    for typed in ("なすみそちゃん", "ナスミソ", "茄子味噌", "my_oc", "my oc"):
        assert found(typed, 3, [own])[0] == "my_oc"
    (match, *_) = search("えへ顔", 3, [own])
    assert (match.entry.tag, match.entry.origin) == ("smile", "own")
    assert found("線目さん", 1, [own]) == ["|_|"]
    assert [t for t in found("笑顔", 10, [own]) if t == "smile"] == ["smile"]


def test_every_tag_that_a_tagger_says_is_reached_by_its_japanese() -> None:
    """A sample over all frequencies; typing what the tag is called finds it on the first page."""
    rows = [row for row in shipped().rows if row.posts]
    for row in rows[::37]:
        entry = shipped().get(row.tag)
        assert entry is not None
        assert entry.tag in found(entry.display, 12), entry


@pytest.mark.parametrize(
    ("left", "right", "near"),
    [
        ("abc", "abc", True), ("abc", "abd", True), ("abc", "ab", True), ("abc", "abcd", True),
        ("abcd", "abdc", True), ("ab", "ba", True), ("abc", "ade", False), ("abc", "a", False),
        ("abcd", "badc", False), ("", "a", True), ("", "ab", False), ("aab", "aaab", True),
    ],
)  # fmt: skip
def test_one_slip(left: str, right: str, near: bool) -> None:
    assert within_one(left, right) is near
    assert within_one(right, left) is near
