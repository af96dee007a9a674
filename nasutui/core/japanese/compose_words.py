"""The words that the composition rules put together, and what sort of thing each one is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_BRACKET = re.compile(r"\(.*?\)")
_KANJI = re.compile("[\u4e00-\u9fff々]")
_NATIVE = re.compile("[\u3041-\u3096\u4e00-\u9fff]")
_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}

# Classes of vocabulary.tsv in groups that rules ask for.
WORN = frozenset({"clothes", "footwear", "accessory"})
PARTS = frozenset({"body", "feature"})  # of a body
BEASTS = frozenset({"animal", "insect"})
MOTIFS = frozenset({"animal", "insect", "plant", "food", "shape"})
HELD = WORN | BEASTS | frozenset({"plant", "food", "thing", "element", "shape"})


@dataclass(frozen=True, slots=True)
class Word:
    """One row of vocabulary.tsv. native: 青い, パーカー; katakana and short: ブルー and 青, for
    colours; the readings are hiragana, empty where there is no kanji."""

    key: str
    group: str
    native: str
    reading: str
    katakana: str = ""
    short: str = ""
    short_reading: str = ""

    @property
    def bare(self) -> str:
        """The native form without its bracket: パンツ for パンツ(下着)."""
        return _BRACKET.sub("", self.native)

    @property
    def spoken(self) -> str:
        """The hiragana of the bare form."""
        return self.reading or self.bare.translate(_HIRAGANA)

    @property
    def short_spoken(self) -> str:
        """The hiragana of the short form."""
        return self.short_reading or self.short.translate(_HIRAGANA)

    @property
    def is_katakana(self) -> bool:
        """True for a loan word: it takes the katakana form of a modifier."""
        return not _NATIVE.search(self.bare)


def has_kanji(text: str) -> bool:
    """True when a text needs a reading."""
    return bool(_KANJI.search(_BRACKET.sub("", text)))


class Vocabulary:
    """Words by key; a word may be of several groups (a crown is worn and is a motif)."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._words: dict[str, dict[str, Word]] = {}
        for line in lines:
            word = Word(*line.split("\t"))
            self._words.setdefault(word.key, {})[word.group] = word
        colours = [groups["colour"] for groups in self._words.values() if "colour" in groups]
        self.colours = sorted(colours, key=lambda word: -len(word.key))

    def get(self, key: str, groups: Iterable[str]) -> Word | None:
        """The word, when it is of one of the groups."""
        found = self._words.get(key, {})
        return next((word for group, word in found.items() if group in groups), None)

    def plural(self, key: str, groups: Iterable[str]) -> Word | None:
        """Like `get`, for an English plural as well."""
        wanted = frozenset(groups)
        found = (self.get(one, wanted) for one in _singulars(key))
        return next((word for word in found if word is not None), None)


def _singulars(key: str) -> Iterator[str]:
    yield key
    for ending, single in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", "")):
        if key.endswith(ending):
            yield key.removesuffix(ending) + single
