"""What can be said for a tag: the phrases of a Japanese prompt, and how a clause falls into them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from nasutui.core.japanese.compose_words import Word
from nasutui.core.japanese.dictionary import Dictionary, Entry, read_table
from nasutui.core.japanese.prompt_words import (
    FILLERS,
    LONGEST,
    NOTHING,
    count_tag,
    dictionary_forms,
    is_break,
    says_held,
    says_hugged,
)
from nasutui.core.japanese.romaji import fold

_BRACKET = re.compile(r"\(.*?\)")
_NAME_LENGTH = 5  # shorter readings of names are parts of other words: くまの is no 熊野
_COLOUR_ENDS = ("の", "色の", "い", "色い")
# Danbooru has few colours; these are tagged as the nearest.
_BASIC = {
    "navy": "blue", "navy_blue": "blue", "dark_blue": "blue", "light_blue": "blue",
    "teal": "green", "light_green": "green", "dark_green": "green", "light_brown": "brown",
    "dark_brown": "brown", "beige": "brown", "tan": "brown", "maroon": "red", "crimson": "red",
    "dark_red": "red", "lavender": "purple", "light_purple": "purple", "dark_purple": "purple",
    "light_pink": "pink", "dark_pink": "pink", "light_grey": "grey", "dark_grey": "grey",
    "golden": "gold", "gray": "grey",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a clause: a phrase with its tags, a filler (no tags) or one unknown letter
    (`tags` None)."""

    source: str
    tags: tuple[str, ...] | None


class Phrases:
    """Phrases of the dictionary and of prompt.tsv."""

    def __init__(self, words: Dictionary) -> None:
        self._words = words

    @cached_property
    def _phrases(self) -> dict[str, tuple[str, ...]]:
        phrases: dict[str, tuple[str, ...]] = {}
        for line in read_table("prompt.tsv"):
            phrase, tags = line.split("\t")
            phrases[_key(phrase)] = tuple(tags.split(" "))
        entries = [e for e in self._words.entries() if e.count or e.origin == "own"]
        things = [e for e in entries if e.kind == "general" or e.origin == "own"]
        names = [e for e in entries if e.kind == "character" and e.origin != "own"]
        own = [e for e in entries if e.origin == "own"]
        for group, forms in ((own, _forms), (things, _displays), (things, _forms), (names, _names)):
            for entry in group:
                for form in forms(entry):
                    phrases.setdefault(_key(form), (entry.tag,))
        phrases.pop("", None)
        phrases.update((_key(e.display), (e.tag,)) for e in own)
        return phrases

    @cached_property
    def _colours(self) -> dict[str, Word]:
        """Colours by what they are called before a noun (青い, 青の, 青色の, ブルーの) and alone (青)."""
        colours = {}
        for word in self._words.table.grammar.colours:
            for name in (word.short, word.katakana):
                colours.update({f"{name}{end}": word for end in _COLOUR_ENDS})
            colours[word.native] = word
        return colours

    def get(self, text: str) -> tuple[str, ...] | None:
        """The tags for a phrase or for the dictionary form of a verb that it ends with."""
        if text in self._short_names:
            return (self._short_names[text],)
        for form in (text, *dictionary_forms(text)):
            if not is_break(form) and (tags := self._phrases.get(_key(form))):
                return tags
        return None

    @cached_property
    def _short_names(self) -> dict[str, str]:
        # Folded, アオイ would be found in あおいそら.
        entries = (e for e in self._words.entries() if e.kind == "character" and e.count)
        names = ((_BRACKET.sub("", e.display), e.tag) for e in entries)
        return {name: tag for name, tag in names if _is_short_name(name)}

    def known(self, tag: str) -> bool:
        """True for a tag that a table or a rule has."""
        return self._words.translate(tag) is not None

    def coloured(self, adjective: str, tags: tuple[str, ...]) -> tuple[str, ...] | None:
        """The tags with the colour that an adjective says: 紺色の and cardigan."""
        colour = self._colours.get(adjective)
        if colour is None:
            return None
        table = self._words.table.by_tag
        exact = tuple(f"{colour.key}_{tag}" for tag in tags)
        basic = tuple(f"{_BASIC.get(colour.key, colour.key)}_{tag}" for tag in tags)
        if all(tag in table for tag in exact):
            return exact
        return basic if all(map(self.known, basic)) else None

    def described(self, what: str, colour: str) -> tuple[str, ...] | None:
        """The tags for 髪は金色 and the like."""
        word = self._colours.get(f"{colour.removesuffix('色')}の") or self._colours.get(colour)
        if word is None:
            return None
        forms = (f"{word.native}{what}", f"{word.short}{what}", f"{word.short}の{what}")
        return next((tags for form in forms if (tags := self.get(form))), None)


def _key(text: str) -> str:
    return fold(text).replace("\t", "")


def _displays(entry: Entry) -> Iterator[str]:
    yield _BRACKET.sub("", entry.display)
    yield entry.display


def _forms(entry: Entry) -> Iterator[str]:
    yield from _displays(entry)
    yield from (s for s in entry.synonyms if not is_break(s))
    if len(entry.reading) > 2:
        yield entry.reading


def _is_short_name(display: str) -> bool:
    return len(display) < _NAME_LENGTH and all("ァ" <= letter <= "ー" for letter in display)


def _names(entry: Entry) -> Iterator[str]:
    if _is_short_name(_BRACKET.sub("", entry.display)):
        return
    # A character's synonyms are often its series or a nickname that is a common word.
    yield from _displays(entry)
    if len(entry.reading) >= _NAME_LENGTH:
        yield entry.reading


def pieces(clause: str, phrases: Phrases) -> list[Piece]:
    """The cheapest way through a clause: no unknown letters first, then few and long phrases."""
    best: list[tuple[float, list[Piece]]] = [(0.0, [])]
    for end in range(1, len(clause) + 1):
        cost, path = best[end - 1]
        choice = (cost + 10, [*path, Piece(clause[end - 1], None)])
        for start in range(max(0, end - LONGEST), end):
            if _torn(clause, start) or _torn(clause, end):
                continue
            price, piece = _price(clause[start:end], phrases, at_start=start == 0)
            if piece is not None and best[start][0] + price < choice[0]:
                choice = (best[start][0] + price, [*best[start][1], piece])
        best.append(choice)
    return _without_splinters(best[-1][1])


def _price(text: str, phrases: Phrases, *, at_start: bool) -> tuple[float, Piece | None]:
    if tag := count_tag(text):
        return 0.5, Piece(text, (tag,))
    if tags := phrases.get(text):
        return (4.0 if len(text) == 1 else 2.0), Piece(text, tags)
    joins = text in FILLERS and not (at_start and len(text) < 3)
    if joins or text == NOTHING or says_held(text) or says_hugged(text):
        return 1.0, Piece(text, ())
    return 0.0, None


def _torn(clause: str, at: int) -> bool:
    """True between two letters of one katakana word."""
    around = clause[max(0, at - 1) : at + 1]
    return len(around) == 2 and all("ァ" <= letter <= "ヺ" or letter == "ー" for letter in around)


def _without_splinters(found: list[Piece]) -> list[Piece]:
    """A single kanji beside an unknown one is a part of an unknown word: 言葉 is no leaf."""
    kept = []
    for at, piece in enumerate(found):
        beside = [*found[max(0, at - 1) : at], *found[at + 1 : at + 2]]
        if (
            piece.tags
            and len(piece.source) == 1
            and any(other.tags is None and _is_kanji(other.source) for other in beside)
        ):
            kept.append(Piece(piece.source, None))
        else:
            kept.append(piece)
    return kept


def _is_kanji(letter: str) -> bool:
    return "\u4e00" <= letter <= "\u9fff" or letter == "々"
