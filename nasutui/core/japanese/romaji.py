"""One key for the many ways to type one Japanese word.

`fold` makes width, case, hiragana and katakana, spaces, middle dots and a final long mark the
same: キャット・イヤー, ｷｬｯﾄｲﾔｰ and きゃっといや are one key. `romaji_key` goes further and brings
kana and Latin letters onto one spelling, so that Hepburn (tsuinteeru), Kunrei (tuinteeru) and what
a keyboard needs (tuinte-ru) all meet ついんてーる. Both take a whole index as well as a word: tab,
line feed and "|" end a word and stay.

The spelling is Kunrei-shiki without long vowels (Cabinet Notification No. 1 of 1954 for the
syllables); what it can't tell apart (おう and お, じ and ぢ, んな and な) people mix up as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DROPPED = dict.fromkeys(map(ord, " _\u3000・･-'’‐·"))
# A bracket ends a word too: パンツ(下着) is found under パンツ and under 下着.
_BRACKETS = {ord("("): "\t", ord(")"): None, 0xFF08: "\t", 0xFF09: None}
_FOLDED: dict[int, int | str | None] = {
    **_KATAKANA, **_FULL_WIDTH, **_DROPPED, **_BRACKETS, ord("…"): "...", ord("＿"): None, ord("⑨"): "9",
}  # fmt: skip

_FINAL_LONG = re.compile("ー+(?=[\t\n|]|$)")

_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "g": "がぎぐげご", "s": "さしすせそ", "z": "ざじずぜぞ",
    "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ",
    "m": "まみむめも", "r": "らりるれろ",
}  # fmt: skip
# Small letters are capitals here until the letter before them is known.
_OTHERS = """や ya ゆ yu よ yo わ wa ゐ i ゑ e を o ん n だ da ぢ zi づ zu で de ど do ゔ bu ゕ ka ゖ ke
    ゃ YA ゅ YU ょ YO ゎ A ぁ A ぃ I ぅ U ぇ E ぉ O っ Q"""
_PAIRS = _OTHERS.split()
_KANA: dict[int, str] = {
    **{ord(k): c + v for c, row in _ROWS.items() for k, v in zip(row, "aiueo", strict=True)},
    **{ord(k): v for k, v in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)},
    ord("ー"): "",
}
_SMALL_Y = tuple((f"{before}Y{vowel.upper()}", f"y{vowel}") for before in "ieu" for vowel in "auo")
_SMALL_E = re.compile("([stz])iE")
_SMALL_VOWEL = re.compile("([b-df-hj-np-tv-z])[aeiou]([AIUEO])")
_DOUBLE = re.compile("Q([bcdfghjkmprstwyz])")
_LONG = (("ou", "o"), *((vowel * 2, vowel) for vowel in "aiueoaiueo"))
_MANY_N = re.compile("nn+")

# What people write -> the key's spelling; longer ones first.
_SPELLINGS = (
    ("cch", "tch"), ("jj", "zj"), ("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("thi", "ti"),
    ("dhi", "di"), ("ji", "zi"), ("jy", "zy"), ("j", "zy"), ("sh", "sy"), ("ch", "ty"),
    ("cy", "ty"), ("fu", "hu"), ("f", "h"), ("v", "b"), ("ts", "t"), ("mb", "nb"), ("mp", "np"),
    ("mm", "nm"), ("dzu", "zu"), ("wi", "ui"), ("we", "ue"), ("wo", "o"),
)  # fmt: skip
_UNFINISHED = re.compile("(?<=[stz])y$")
_LATIN = re.compile("[a-z]+")


def fold(text: str) -> str:
    """The key under which a word is stored and looked for. Empty when nothing but separators and
    brackets is in it."""
    return fold_index(unicodedata.normalize("NFKC", text)).strip("\t\n")


def fold_index(text: str) -> str:
    """`fold` for text that is in NFKC already, as the shipped tables are."""
    return _FINAL_LONG.sub("", text.casefold().translate(_FOLDED))


def _replaced(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def _short(text: str) -> str:
    return _MANY_N.sub("n", _replaced(text.replace("-", ""), _LONG))


def kana_to_key(folded: str) -> str:
    """Folded kana -> romaji key; what is no kana stays."""
    text = _replaced(folded.translate(_KANA), _SMALL_Y)
    text = _SMALL_VOWEL.sub(r"\1\2", _SMALL_E.sub(r"\1ye", text))
    return _short(_DOUBLE.sub(r"\1\1", text).replace("Q", "").lower())


def romaji_key(text: str) -> str | None:
    """The romaji key of what somebody typed in Latin letters or in kana; None when it is neither
    (kanji, digits, letters that no Japanese word needs)."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if c not in "\u0304\u0302'’ _・-")
    if _LATIN.fullmatch(plain):
        return None if set("lqx") & set(plain) else _spell(plain)
    key = kana_to_key(fold(text))
    return key if _LATIN.fullmatch(key) else None


def _spell(latin: str) -> str:
    return _short(_UNFINISHED.sub("", _replaced(latin, _SPELLINGS)))
