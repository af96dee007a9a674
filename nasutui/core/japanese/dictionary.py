"""What a tag is called in Japanese, and which tag somebody means who types Japanese.

The tables in nasutui/data/ja are read with the first question, the search index with the first
search; importing this module costs nothing. A tag is looked for in this order: the user's own
words, what was written by hand or composed and shipped, the tag's former or present name
(Danbooru renames tags), the composition rules at run time, and then there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nasutui.core.japanese.own_words import OwnWord, normal_tag, read_own

if TYPE_CHECKING:
    from nasutui.core.japanese.compose import Grammar
    from nasutui.core.japanese.index import Index

DATA = Path(__file__).resolve().parents[2] / "data" / "ja"
# File, kind, origin. The first file that has a tag counts.
_SOURCES = (
    ("ratings.tsv", "rating", "written"),
    ("tags.tsv", "general", "written"),
    ("characters.tsv", "character", "written"),
    ("composed.tsv", "general", "composed"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A tag in Japanese.

    reading: hiragana of the display, empty when it has no kanji. count: posts on Danbooru when
    the taggers were trained, 0 when not known. kind: "general", "character" or "rating".
    origin: "written" (by hand), "composed" (by a rule) or "own" (the user's). reviewed: somebody
    has read it.
    """

    tag: str
    display: str
    synonyms: tuple[str, ...] = ()
    reading: str = ""
    count: int = 0
    kind: str = "general"
    origin: str = "written"
    reviewed: bool = True

    @property
    def dimmed(self) -> bool:
        """Composed and never read by anybody: to be shown as such."""
        return not self.reviewed


@dataclass(frozen=True, slots=True)
class Match:
    """A found entry and how it was found: "exact", "prefix", "inside" or "near"."""

    entry: Entry
    how: str


class Row(NamedTuple):
    """One line of a table, taken apart only when it is asked for."""

    posts: int
    tag: str
    rest: str  # display, synonyms, readings (and rule, reviewed), joined by tabs
    source: int


def read_table(name: str, folder: Path = DATA) -> list[str]:
    """The lines of a shipped table without its head line."""
    lines = (folder / name).read_text(encoding="utf-8").split("\n")
    return [line for line in lines[1:] if line]


def entry_of(row: Row) -> Entry:
    """The entry that a table's row holds."""
    display, synonyms, readings, *more = row.rest.split("\t")
    _file, kind, origin = _SOURCES[row.source]
    return Entry(
        row.tag,
        display,
        tuple(synonyms.split("|")) if synonyms else (),
        readings.partition("|")[0],
        row.posts,
        kind,
        origin,
        not more or more[1] == "yes",
    )


class Table:
    """The shipped tables as one, most frequent tag first. Former and present names of a tag both
    stand in it; a name that no tagger says has count 0."""

    def __init__(self, folder: Path = DATA) -> None:
        rows: dict[str, Row] = {}
        for source, (name, _kind, _origin) in enumerate(_SOURCES):
            for line in read_table(name, folder):
                tag, count, rest = line.split("\t", 2)
                rows.setdefault(tag, Row(int(count), tag, rest, source))
        for line in read_table("renamed.tsv", folder):
            old, count, current = line.split("\t")
            if old not in rows and current in rows:
                rows[old] = rows[current]._replace(tag=old, posts=int(count))
            elif current not in rows and old in rows:
                rows[current] = rows[old]._replace(tag=current, posts=0)
        self.rows = sorted(rows.values(), key=lambda row: -row.posts)
        self.by_tag = {row.tag: row for row in self.rows}

    def get(self, key: str) -> Entry | None:
        """The entry for a tag's key (see `captions.tag_key`)."""
        row = self.by_tag.get(key)
        return entry_of(row) if row else None

    @cached_property
    def index(self) -> Index:
        """What searches go through; built with the first one."""
        from nasutui.core.japanese.index import Index

        return Index(self.rows)

    @cached_property
    def grammar(self) -> Grammar:
        """The rules for tags that no table has."""
        from nasutui.core.japanese.compose import Grammar

        return Grammar.shipped(self.get)


@lru_cache(maxsize=1)
def shipped() -> Table:
    """The tables that come with the program."""
    return Table()


class Dictionary:
    """The shipped tables under the user's own words."""

    def __init__(self, own: Mapping[str, OwnWord], table: Table | None = None) -> None:
        self._own = own
        self._table = table

    @property
    def table(self) -> Table:
        """The shipped tables, read when they are needed."""
        return self._table or shipped()

    def translate(self, tag: str) -> Entry | None:
        """The entry for a tag, or None when neither a table nor a rule knows it."""
        key = normal_tag(tag)
        found = self.table.get(key) or self.table.grammar.entry(key)
        word = self._own.get(key)
        return _own_entry(word, found) if word else found

    def search(self, text: str, limit: int = 20) -> list[Match]:
        """The tags that `text` (kanji, kana, romaji or English) may mean, best first; at most
        `limit`."""
        from nasutui.core.japanese.search import search

        return search(self, text, limit)

    @cached_property
    def own_entries(self) -> list[Entry]:
        """The user's own words as entries."""
        return [_own_entry(word, self.table.get(word.tag)) for word in self._own.values()]

    @cached_property
    def own_index(self) -> list[tuple[Entry, str]]:
        """The user's own words and all that each is found by, folded, between tabs."""
        return [(e, _folded_forms(e)) for e in self.own_entries]

    def entries(self) -> Iterator[Entry]:
        """Every entry: the user's words first, then ours, most frequent tag first."""
        yield from self.own_entries
        for row in self.table.rows:
            if row.tag not in self._own:
                yield entry_of(row)


def _own_entry(word: OwnWord, ours: Entry | None) -> Entry:
    base = ours or Entry(word.tag, word.display)
    known = (*word.synonyms, base.display, *base.synonyms)
    synonyms = tuple(dict.fromkeys(s for s in known if s != word.display))
    return replace(
        base,
        tag=word.tag,
        display=word.display,
        synonyms=synonyms,
        reading=word.reading,
        origin="own",
        reviewed=True,
    )


def _folded_forms(entry: Entry) -> str:
    from nasutui.core.japanese.romaji import fold

    texts = (entry.tag, entry.display, *entry.synonyms, entry.reading)
    return "\t".join(("", *map(fold, texts), ""))


def _signature(path: Path) -> tuple[Path, int, int]:
    try:
        state = path.stat()
    except OSError:
        return path, 0, -1
    return path, state.st_mtime_ns, state.st_size


@lru_cache(maxsize=4)
def _open(signatures: tuple[tuple[Path, int, int], ...]) -> Dictionary:
    own: dict[str, OwnWord] = {}
    for path, _time, _size in reversed(signatures):
        own |= read_own(path)
    return Dictionary(own)


def dictionary(own: Iterable[Path] = ()) -> Dictionary:
    """The dictionary with the user's files `own`, the first one winning; a file that is not there
    is no error, one that changed is read again. Raises SettingsError when one can't be read."""
    return _open(tuple(_signature(path) for path in own))


def translate(tag: str, own: Iterable[Path] = ()) -> Entry | None:
    """What a tag is called in Japanese; None when nobody knows. Raises like `dictionary`."""
    return dictionary(own).translate(tag)


def search(text: str, limit: int = 20, own: Iterable[Path] = ()) -> list[Match]:
    """The tags that somebody may mean, best first. Raises like `dictionary`."""
    return dictionary(own).search(text, limit)


def translate_caption(tags: Iterable[str], own: Iterable[Path] = ()) -> list[str]:
    """A caption's tags in Japanese, in their order; unknown tags stay as they are. Raises like
    `dictionary`."""
    words = dictionary(own)
    return [entry.display if (entry := words.translate(tag)) else tag for tag in tags]
