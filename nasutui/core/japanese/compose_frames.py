"""The composition rules that are one fixed frame around one word: Xを持つ, X柄, X耳 ..."""

from __future__ import annotations

from dataclasses import dataclass

from nasutui.core.japanese.compose_words import BEASTS, HELD, MOTIFS, PARTS, WORN, Vocabulary, Word

_KINDS = BEASTS | {"being"}
_HATS = frozenset({"accessory"})


@dataclass(frozen=True, slots=True)
class Composed:
    """What a rule made of a tag. `rule` is its stable name; `reading` is always given, `spoken`
    are readings of the synonyms as far as the rule knows them."""

    rule: str
    display: str
    synonyms: tuple[str, ...]
    reading: str
    spoken: tuple[str, ...] = ()


def fill(rule: str, word: Word, frame: str, spoken: str, *others: str) -> Composed:
    """A frame such as {}を持つ filled with a word; `spoken` is the frame's reading, `others`
    frames for synonyms."""
    synonyms = tuple(dict.fromkeys(other.format(word.bare) for other in others))
    return Composed(rule, frame.format(word.native), synonyms, spoken.format(word.spoken))


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame for tags of the form start + word + end, where the word is of one of the groups;
    `plural` when the tag has the word in the plural."""

    rule: str
    start: str
    end: str
    groups: frozenset[str]
    frame: str
    spoken: str
    others: tuple[str, ...]
    plural: bool = False

    def compose(self, key: str, words: Vocabulary) -> Composed | None:
        """The frame filled, or None when the tag is not of its form."""
        if not (key.startswith(self.start) and key.endswith(self.end)):
            return None
        inner = key.removeprefix(self.start).removesuffix(self.end)
        word = (words.plural if self.plural else words.get)(inner, self.groups)
        return fill(self.rule, word, self.frame, self.spoken, *self.others) if word else None


def _frame(
    rule: str, form: str, groups: frozenset[str], frame: str, spoken: str, *others: str
) -> Frame:
    start, _mark, end = form.partition("X")
    return Frame(rule, start, end, groups, frame, spoken, others, rule == "multiple")


# In the order in which they are tried; several frames may share a rule.
FRAMES = (
    _frame("multiple", "multiple_X", HELD | PARTS | {"being"},
           "複数の{}", "ふくすうの{}", "たくさんの{}", "{}が複数"),
    _frame("holding", "holding_X", HELD, "{}を持つ", "{}をもつ", "{}を手に持つ", "{}持ち"),
    _frame("unworn", "unworn_X", _HATS, "外した{}", "はずした{}", "取った{}", "着けていない{}"),
    _frame("unworn", "unworn_X", WORN, "脱いだ{}", "ぬいだ{}", "脱いである{}", "着ていない{}"),
    _frame("unworn", "X_removed", _HATS, "外した{}", "はずした{}", "取った{}", "着けていない{}"),
    _frame("unworn", "X_removed", WORN, "脱いだ{}", "ぬいだ{}", "脱いである{}", "着ていない{}"),
    _frame("naked", "naked_X", frozenset({"clothes"}),
           "裸{}", "はだか{}", "裸に{}", "全裸に{}"),
    _frame("print", "X_print", MOTIFS, "{}柄", "{}がら", "{}模様", "{}プリント"),
    _frame("ears", "X_ears", frozenset({"animal"}), "{}耳", "{}みみ", "{}の耳"),
    _frame("tail", "X_tail", _KINDS, "{}の尻尾", "{}のしっぽ", "{}尻尾", "{}の尾"),
    _frame("wings", "X_wings", frozenset({"insect"}), "{}の羽", "{}のはね", "{}の翅", "{}の翼"),
    _frame("wings", "X_wings", frozenset({"animal", "being", "element"}),
           "{}の翼", "{}のつばさ", "{}の羽", "{}ウイング"),
    _frame("girl", "X_girl", _KINDS, "{}娘", "{}むすめ", "{}っ娘", "{}少女", "{}の女の子"),
    _frame("boy", "X_boy", _KINDS, "{}男子", "{}だんし", "{}少年", "{}の男の子", "{}男"),
    _frame("lift", "X_lift", frozenset({"clothes"}),
           "{}めくり", "{}めくり", "{}たくし上げ", "{}を持ち上げる"),
    _frame("focus", "X_focus", PARTS, "{}強調", "{}きょうちょう", "{}メイン", "{}に注目"),
    _frame("focus", "X_focus", frozenset({"animal", "being", "food", "plant", "thing"}),
           "{}メイン", "{}めいん", "{}中心", "{}に注目"),
    _frame("adornment", "X_hair_ornament", MOTIFS, "{}の髪飾り", "{}のかみかざり", "{}のヘアアクセ"),
    _frame("adornment", "X_hat_ornament", MOTIFS, "{}の帽子飾り", "{}のぼうしかざり", "帽子に{}の飾り"),
    _frame("adornment", "X_earrings", MOTIFS, "{}のイヤリング", "{}のいやりんぐ", "{}のピアス"),
    _frame("adornment", "X_necklace", MOTIFS, "{}のネックレス", "{}のねっくれす", "{}の首飾り"),
    _frame("adornment", "X_brooch", MOTIFS, "{}のブローチ", "{}のぶろーち", "{}の胸飾り"),
    _frame("stuffed", "stuffed_X", frozenset({"animal"}),
           "{}のぬいぐるみ", "{}のぬいぐるみ", "{}ぬい", "{}の人形"),
)  # fmt: skip
