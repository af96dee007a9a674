"""The small words of a Japanese prompt: particles, endings of verbs, numbers of people."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 24  # letters of the longest phrase that is looked for

# What joins phrases and says nothing itself. を着た and the like: the thing alone is the tag.
_PARTICLES = "の が を に で と は も へ や な から まで より だ です たち 達"
_LINKS = """そして それと および または とても すごく かなり ちょっと 少し という っぽい みたいな
    ような 風の 姿の 姿で 姿 付きの つきの 付き つき 入りの のある がある がいる ある いる あります
    います のいる のついた の付いた がついた が付いた している してる をしている をしてる をした をして
    した して しながら ながら 状態 様子 シーン 場面 イラスト 絵 の絵 背景に 背景は が背景"""
_PLACES = """の前 の前で の前に の中 の中で の中に の上 の上で の上に の下 の下で の下に の後ろ の横
    のそば"""
_SEEN = """が上がる が上がっている が生えた の生えた が生えている を背負った を背負っている を使う
    を使っている が差し込む が広がる が咲く が咲いている が舞う が舞っている が見える を見せる
    を見せている を乗せた"""
_WEARING = {
    "着": "た ている てる て る ていて",
    "かぶ": "った っている ってる って る",
    "被": "った っている ってる って る",
    "履": "いた いている いてる いて く",
    "はい": "た ている てる て",
    "つけ": "た ている てる て る",
    "付け": "た ている てる て る",
    "着け": "た ている てる て る",
    "かけ": "た ている てる て る",
    "掛け": "た ている てる て る",
    "はめ": "た ている てる て る",
    "巻い": "た ている てる て",
    "羽織": "った っている ってる って る",
    "締め": "た ている てる て る",
    "まと": "った っている って う",
    "身につけ": "た ている て る",
    "し": "た ている てる て",
}
_ADDRESSED = "さん ちゃん くん 君 様 さま"
HONORIFICS = frozenset(_ADDRESSED.split())


def _fillers() -> Iterator[str]:
    for words in (_PARTICLES, _LINKS, _PLACES, _SEEN, _ADDRESSED):
        yield from words.split()
    for stem, endings in _WEARING.items():
        yield from (f"{particle}{stem}{end}" for end in endings.split() for particle in "をのが")


FILLERS = frozenset(_fillers())


def _endings() -> Iterator[tuple[str, str]]:
    """(ending as it is said, last letters that the dictionary form may have)."""
    for sound, forms in (("っ", "うつる"), ("い", "く"), ("し", "す"), ("", "る")):
        for more in ("た", "ている", "てる", "て", "ていた"):
            yield f"{sound}{more}", forms
    for sound, forms in (("ん", "むぶぬ"), ("い", "ぐ")):
        for more in ("だ", "でいる", "でる", "で", "でいた"):
            yield f"{sound}{more}", forms
    for more, forms in (("", "る"), ("り", "る"), ("い", "う"), ("き", "く"), ("み", "む")):
        yield f"{more}ながら", forms


_ENDINGS = tuple(_endings())
_DOING = ("した", "している", "してる", "して", "しながら")

# 眼鏡をかけていない -> 眼鏡なし
NOTHING = "なし"
_STEMS = "か[けぶ]っ?|着け?|つけ|付け|被っ|履い|はい|し|持っ|巻い|羽織っ"
_NOT = re.compile(
    f"(?:を|が|は|も)?(?:{_STEMS})て(?:い)?(?:ない|ません|おらず)"
    "|(?:が|は|も|の|では|じゃ)(?:い)?ない|(?:が|は|も)(?:い|あり)ません"
    "|(?:を|が|は|も|の)?(?:無し|抜き|なし)"
)
_HOLDING = re.compile(
    "を(?:手に)?(?:持|握|抱え|構え)(?:ち|つ|る|った|って|っている|ってる|た|て|ている|てる)?"
)
_HUGGING = re.compile("を(?:抱く|抱い|抱きしめ|抱き締め|だきしめ)(?:る|た|て|ている|てる)?")

_DIGITS = {digit: str(number) for number, digit in enumerate("一二三四五六七八九", 1)}
_GIRL = "女の子|少女|女性|女子|娘|女"
_BOY = "男の子|少年|男性|男子|男"
_NUMBER = "[0-9一二三四五六七八九]"
_COUNT = re.compile(
    f"(?P<n1>{_NUMBER})人の(?:(?P<g1>{_GIRL})|(?P<b1>{_BOY}))(?:たち|達)?"
    f"|(?:(?P<g2>{_GIRL})|(?P<b2>{_BOY}))(?:が|は)?(?P<n2>{_NUMBER})人"
)
_MOST_COUNTED = 5  # then 6+girls


def count_tag(text: str) -> str | None:
    """2人の女の子, 女の子が二人 -> 2girls; None when the text is no number of people."""
    match = _COUNT.fullmatch(text)
    if match is None:
        return None
    digit = match["n1"] or match["n2"]
    number = int(_DIGITS.get(digit, digit))
    who = "girl" if match["g1"] or match["g2"] else "boy"
    if number > _MOST_COUNTED:
        return f"{_MOST_COUNTED + 1}+{who}s"
    return f"{number}{who}" + ("s" if number > 1 else "")


def dictionary_forms(text: str) -> Iterator[str]:
    """What a verb at the end of a phrase could be in a dictionary: 手を振っている -> 手を振る."""
    for ending, forms in _ENDINGS:
        if text.endswith(ending) and len(text) > len(ending):
            yield from (text.removesuffix(ending) + form for form in forms)
    for ending in _DOING:
        if text.endswith(ending) and len(text) > len(ending):
            yield text.removesuffix(ending) + "する"
            yield text.removesuffix(ending)


def says_not(clause: str) -> str:
    """The clause with every negation written as なし."""
    return _NOT.sub(NOTHING, clause)


def is_negative(text: str) -> bool:
    """True for what a negated verb leaves behind: 笑っていない."""
    return text.endswith(("ない", "ません", "ずに", "おらず"))


def says_held(text: str) -> bool:
    """True for を持った and the like."""
    return bool(_HOLDING.fullmatch(text))


def says_hugged(text: str) -> bool:
    """True for を抱いている and the like."""
    return bool(_HUGGING.fullmatch(text))


def is_break(text: str) -> bool:
    """True for up to two letters of hiragana: too easily a part of other words."""
    return len(text) < 3 and all("ぁ" <= letter <= "ゖ" for letter in text)
