"""Hepburn, Kunrei and what a keyboard produces meet the kana; width and case do not matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.japanese.romaji import fold, fold_index, kana_to_key, romaji_key


@pytest.mark.parametrize(
    ("kana", "spellings"),
    [
        ("ツインテール", ["tsuinteeru", "tuinte-ru", "tsuintēru", "TSUINTEERU", "tuinteeru"]),
        ("しゃつ", ["shatsu", "syatu", "shatu", "syatsu"]),
        ("ジャケット", ["jaketto", "zyaketto", "jyaketto"]),
        ("ジーンズ", ["ji-nzu", "jiinzu", "ziinzu", "jīnzu"]),
        ("おんなのこ", ["onnanoko", "onnnanoko", "on'nanoko", "onna no ko"]),
        ("しんぶん", ["shinbun", "shimbun", "sinbun"]),
        ("まっちゃ", ["maccha", "matcha", "mattya"]),
        ("パーティー", ["pa-thi-", "paatii", "pātī"]),
        ("とうじょう", ["toujou", "tojo", "tōjō", "tôjô"]),
        ("ふく", ["fuku", "huku"]),
        ("フェザー", ["fezaa", "fe-za-"]),
        ("チェック", ["chekku", "tyekku"]),
        ("ジェット", ["jetto", "zyetto"]),
        ("ウィンク", ["winku", "uinku"]),
        ("ヴァイオリン", ["vaiorin", "baiorin"]),
        ("つづき", ["tsuduki", "tuzuki", "tsuzuki"][1:]),
        ("てをあげる", ["te wo ageru", "te o ageru"]),
        ("きんえん", ["kin'en", "kinen"]),
    ],
)
def test_every_way_to_type_a_word_has_its_key(kana: str, spellings: list[str]) -> None:
    assert {romaji_key(s) for s in spellings} == {romaji_key(kana)}


@pytest.mark.parametrize("text", ["青い目", "2021", "^_^", "large", "xyz", "", "猫mimi"])
def test_what_is_no_romaji_and_no_kana_has_no_key(text: str) -> None:
    assert romaji_key(text) is None


@pytest.mark.parametrize(
    "same",
    [
        ["きゃっといや", "キャットイヤー", "ｷｬｯﾄ ｲﾔｰ", "キャット・イヤー", "きゃっと　いやー"],
        ["tシャツ", "Tシャツ", "Ｔシャツ", "Ｔしゃつ"],
        ["long hair", "Long_Hair", "ＬＯＮＧ　ＨＡＩＲ", "long-hair"],
    ],
)
def test_width_case_kana_and_separators_fold(same: list[str]) -> None:
    assert len({fold(text) for text in same}) == 1


def test_only_a_final_long_mark_is_dropped() -> None:
    assert fold("コート") != fold("コト")
    assert fold("コーヒー") == fold("コーヒ")


def test_different_words_keep_different_keys() -> None:
    words = [
        "かみ",
        "かめ",
        "かも",
        "くみ",
        "こめ",
        "はな",
        "ほね",
        "ねこ",
        "いぬ",
        "しろ",
        "くろ",
        "あか",
        "あお",
    ]
    assert len({romaji_key(word) for word in words}) == len(words)


@given(st.text(alphabet="aZ_ーアァあ目ｱﾊＡ（)(・　|é…9"))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_any_text_can_be_typed(text: str) -> None:
    assert "\0" not in fold(text) or "\0" in text
    assert romaji_key(text) is None or str(romaji_key(text)).isascii()


@given(st.lists(st.text(alphabet="かきゃっーンアbー", min_size=1), min_size=1, max_size=5))
def test_an_index_folds_as_its_words_do(words: list[str]) -> None:
    together = fold_index("\t".join(words)).split("\t")
    assert together == [fold_index(word) for word in words]
    assert "\t".join(map(kana_to_key, together)) == kana_to_key("\t".join(together))
