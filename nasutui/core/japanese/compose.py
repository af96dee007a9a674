"""Japanese for tags that nobody wrote down: fixed frames filled from a small vocabulary.

Only frames that come out as people say it are here (measured against the hand-written entries,
see docs/japanese.md). A rule looks at what sort of thing a word is, not only at the pattern:
black_hoodie is 黒いパーカー, but game_boy is no boy, holding_breath holds nothing and green_tea is
not of a colour. What no rule is sure of stays English; noun after noun is never glued together.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from nasutui.core.japanese.compose_frames import FRAMES, Composed, fill
from nasutui.core.japanese.compose_names import NameRules
from nasutui.core.japanese.compose_words import PARTS, WORN, Vocabulary, Word, has_kanji
from nasutui.core.japanese.dictionary import Entry, read_table

_HAND = re.compile("(?P<hands>hands?)_on_(?:(?P<whose>own|another's)_)?(?P<part>.+)")
_COUNT = re.compile(r"(?P<number>[0-9]+\+?)(?P<who>girls|boys|others)")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_WHO = {
    "girls": ("女の子", "おんなのこ"),
    "boys": ("男の子", "おとこのこ"),
    "others": ("性別不明", "せいべつふめい"),
}
_COLOURED = WORN | frozenset({"feature", "thing", "plant", "element", "hair", "eyes"})
_FLAT = frozenset({"background", "border", "outline", "theme"})  # 白背景, not 白い背景
_SCENES = frozenset({"sky", "trim"})
_METALS = frozenset("金銀")  # 金のイヤリング, but 金色のドレス
_PLAIN = frozenset("白黒赤青緑黄紫金銀")  # but 茶色の枠


def count(key: str, words: Vocabulary) -> Composed | None:
    """7girls 女の子7人, 6+boys 男の子6人以上."""
    match = _COUNT.fullmatch(key)
    if match is None:
        return None
    name, spoken = _WHO[match["who"]]
    number, more = match["number"].rstrip("+"), "+" in match["number"]
    ending, said = ("人以上", "にんいじょう") if more else ("人", "にん")
    return Composed("count", f"{name}{number}{ending}", (), f"{spoken}{number}{said}")


def year(key: str, words: Vocabulary) -> Composed | None:
    """2025 2025年."""
    return Composed("year", f"{key}年", (), f"{key}ねん") if _YEAR.fullmatch(key) else None


def colour(key: str, words: Vocabulary) -> Composed | None:
    """black_hoodie 黒いパーカー, blue_background 青背景."""
    for shade in words.colours:
        if not key.startswith(f"{shade.key}_"):
            continue
        noun = key.removeprefix(f"{shade.key}_")
        if noun in _FLAT:
            word = words.get(noun, {"scene"})
            return _flat(shade, word) if word else None
        word = words.get(noun, {"scene"} if noun in _SCENES else _COLOURED)
        return _coloured(shade, word) if word else None
    return None


def _flat(shade: Word, noun: Word) -> Composed:
    native, spoken = shade.short, shade.short_spoken
    if (noun.key == "border" and native not in _PLAIN) or (noun.key, native) == (
        "background",
        "茶",
    ):
        native, spoken = shade.native, shade.spoken
    display = f"{native}{noun.native}"
    others = (f"{shade.native}{noun.native}", f"{shade.katakana}の{noun.native}")
    return Composed(
        "colour", display, tuple(o for o in others if o != display), f"{spoken}{noun.spoken}"
    )


def _coloured(shade: Word, noun: Word) -> Composed:
    native, spoken = shade.native, shade.spoken
    if shade.short in _METALS and noun.group in ("accessory", "thing", "scene"):
        native, spoken = f"{shade.short}の", f"{shade.short_spoken}の"
    joint = "" if shade.short_reading or noun.is_katakana else "の"
    forms = [
        (f"{shade.short}{joint}", f"{shade.short_spoken}{joint}"),
        (native, spoken),
        (shade.katakana, shade.katakana) if noun.is_katakana else ("", ""),
        (f"{shade.short}の", f"{shade.short_spoken}の"),
    ]
    display = f"{native}{noun.native}"
    others = {f"{form}{noun.bare}": f"{said}{noun.spoken}" for form, said in forms if form}
    others.pop(display, None)
    readings = tuple(said if has_kanji(other) else "" for other, said in others.items())
    return Composed("colour", display, tuple(others), f"{spoken}{noun.spoken}", readings)


def hand_on(key: str, words: Vocabulary) -> Composed | None:
    """hand_on_own_knee 膝に手を当てる, hands_on_another's_back 相手の背中に両手を置く, hand_on_wall
    壁に手をつく."""
    match = _HAND.fullmatch(key)
    if match is None:
        return None
    word = words.plural(match["part"], PARTS if match["whose"] else WORN | {"surface"})
    if word is None:
        return None
    hand, spoken = ("手", "て") if match["hands"] == "hand" else ("両手", "りょうて")
    if match["whose"] == "another's":
        frame, said = f"相手の{{}}に{hand}", f"あいての{{}}に{spoken}"
        ending, ended = "を置く", "をおく"
    else:
        frame, said = f"{{}}に{hand}", f"{{}}に{spoken}"
        touching = word.group != "surface"
        ending, ended = ("を当てる", "をあてる") if touching else ("をつく", "をつく")
    others = (frame, f"{{}}に触れる{hand}")
    return fill("hand_on", word, f"{frame}{ending}", f"{said}{ended}", *others)


_FIRST: tuple[Callable[[str, Vocabulary], Composed | None], ...] = (count, year, colour, hand_on)


class Grammar:
    """All rules on the shipped vocabulary, in the order in which they are tried: counts and years,
    colours, hands, the frames, and last the rules for names."""

    def __init__(self, words: Vocabulary, names: NameRules) -> None:
        self._words = words
        self._names = names

    @classmethod
    def shipped(cls, lookup: Callable[[str], Entry | None]) -> Grammar:
        """The rules as they ship; `lookup` is how they ask for the tags that a table has."""
        words = Vocabulary(read_table("vocabulary.tsv"))
        return cls(words, NameRules(read_table("series.tsv"), lookup))

    @property
    def colours(self) -> list[Word]:
        """The colours of the vocabulary, the longest name first."""
        return self._words.colours

    def compose(self, key: str) -> Composed | None:
        """What the first rule that knows makes of a tag in lower case with underscores; None when
        no rule is sure."""
        for rule in (*_FIRST, *(frame.compose for frame in FRAMES)):
            if made := rule(key, self._words):
                return made
        return None

    def entry(self, key: str) -> Entry | None:
        """The entry that a rule makes for a tag's key, not read by anybody; None when none does."""
        made = self.compose(key)
        if made is None:
            return self._names.entry(key)
        reading = made.reading if has_kanji(made.display) else ""
        return Entry(key, made.display, made.synonyms, reading, 0, "general", "composed", False)
