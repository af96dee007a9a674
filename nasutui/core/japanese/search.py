"""From what somebody types to tags: exact, then prefix, then inside, then near.

Among exact matches the tag's own name goes before other tags' synonyms: 海 is the sea before it
is a beach. Within each step the more frequent tag goes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from nasutui.core.japanese.index import Index, near_lines, variants
from nasutui.core.japanese.romaji import fold, kana_to_key, romaji_key

if TYPE_CHECKING:
    from nasutui.core.japanese.dictionary import Dictionary, Entry, Match

_NEAR_LENGTH = 4  # shorter words are near to everything
_MOST_LINES = 2000  # as many tags as there can be for one exact word


class _Collector:
    """Entries in the order in which they are found, each tag once, up to a limit."""

    def __init__(self, limit: int, hidden: frozenset[str]) -> None:
        self.limit = limit
        self.found: list[Match] = []
        self._seen: set[str] = set()
        self._hidden = hidden

    @property
    def full(self) -> bool:
        return len(self.found) >= self.limit

    def take(self, entries: Iterable[Entry], how: str) -> None:
        """Add entries that are not there yet."""
        from nasutui.core.japanese.dictionary import Match

        for entry in entries:
            if self.full:
                return
            if entry.tag not in self._seen:
                self._seen.add(entry.tag)
                self.found.append(Match(entry, how))

    def lines(self, finders: Iterable[Iterator[int]], index: Index, most: int) -> list[int]:
        """The first lines (most frequent tags) that any of the finders has, up to `most` of each,
        without those found and those that the user calls something else."""
        known = self._seen | self._hidden
        best: set[int] = set()
        for finder in finders:
            new = (line for line in finder if index.rows[line].tag not in known)
            best.update(islice(dict.fromkeys(islice(new, _MOST_LINES)), most))
        return sorted(best)


def _names(entry: Entry) -> set[str]:
    """The folded names of a tag itself: the tag, its display with and without its bracket, the
    reading."""
    whole = [fold(entry.tag), fold(entry.display), fold(entry.reading)]
    return {*whole, *(text.partition("\t")[0] for text in whole)}


class _Search:
    """One query on its way through the steps."""

    def __init__(self, words: Dictionary, text: str, limit: int) -> None:
        self._words = words
        self._text = text
        self._index = words.table.index
        self._found = _Collector(limit, frozenset(entry.tag for entry in words.own_entries))
        self._folded = fold(text)
        key = romaji_key(text)
        self._latin = key if key and self._folded.isascii() else None
        self._kana = key if key and not self._folded.isascii() else None
        self._queries = variants(self._folded)

    def run(self) -> list[Match]:
        """All steps, until the limit is reached."""
        self._tag_itself()
        if self._folded:
            self._exact()
            self._step("prefix", "\t", "")
            self._step("inside", "", "")
            self._together()
            self._near()
        return self._found.found

    def _take(self, finders: Iterable[Iterator[int]], how: str) -> None:
        if not self._found.full:
            lines = self._found.lines(finders, self._index, self._found.limit)
            self._found.take(self._entries(lines), how)

    def _entries(self, lines: Iterable[int]) -> Iterator[Entry]:
        from nasutui.core.japanese.dictionary import entry_of

        return (entry_of(self._index.rows[line]) for line in lines)

    def _tag_itself(self) -> None:
        """Kaomoji and names that no tagger says are in no index; their exact text finds them."""
        from nasutui.core.japanese.own_words import normal_tag

        known = self._words.translate(self._text.strip()) if self._text.strip() else None
        if known and known.tag == normal_tag(self._text) and known.origin != "composed":
            self._found.take([known], "exact")

    def _finders(self, before: str, after: str) -> Iterator[Iterator[int]]:
        for query in self._queries:
            yield self._index.words.find(before + query + after)
        if self._latin:
            yield self._index.romaji.find(before + self._latin + after)

    def _own(self, how: str, before: str, after: str) -> None:
        needles = [before + query + after for query in self._queries]
        found = (e for e, forms in self._words.own_index if any(n in forms for n in needles))
        self._found.take(found, how)

    def _step(self, how: str, before: str, after: str) -> None:
        self._own(how, before, after)
        self._take(self._finders(before, after), how)

    def _exact(self) -> None:
        self._own("exact", "\t", "\t")
        lines = self._found.lines(self._finders("\t", "\t"), self._index, _MOST_LINES)
        found = list(self._entries(lines))
        self._found.take((entry for entry in found if self._is_name(entry)), "exact")
        self._found.take(found, "exact")

    def _is_name(self, entry: Entry) -> bool:
        names = _names(entry)
        latin = self._latin
        return self._folded in names or (
            latin is not None and any(kana_to_key(name) == latin for name in names)
        )

    def _together(self) -> None:
        """Several words: the tags that have each of them somewhere."""
        parts = [fold(part) for part in self._text.split()]
        if len(parts) > 1 and all(parts) and not self._found.full:
            lines = (set(self._index.words.find(part)) for part in parts)
            self._take([iter(sorted(set.intersection(*lines)))], "inside")

    def _near(self) -> None:
        if self._kana:
            self._take([self._index.romaji.find(f"\t{self._kana}")], "near")
        if len(self._folded) >= _NEAR_LENGTH and not self._found.full:
            finders = near_lines(self._index.words, self._folded)
            if self._latin:
                finders += near_lines(self._index.romaji, self._latin)
            self._take(finders, "near")


def search(words: Dictionary, text: str, limit: int) -> list[Match]:
    """See `Dictionary.search`. Empty for text with nothing to look for, and for limit 0."""
    return _Search(words, text, limit).run() if limit > 0 and text.strip() else []
