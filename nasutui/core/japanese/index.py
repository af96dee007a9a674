"""The folded index that searches go through, and what counts as nearly the same word.

The index is one long folded string, one line a tag, most frequent first, each word between tabs.
`str.find` goes through all 11,000 tags in under a millisecond, meets the frequent ones first and
can stop at the limit; nothing but the standard library is needed. A second string holds the same
in romaji.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, product
from typing import TYPE_CHECKING

from nasutui.core.japanese.romaji import fold_index, kana_to_key

if TYPE_CHECKING:
    from nasutui.core.japanese.dictionary import Row

# What people write now this way, now that way: any of a group finds the others.
_SAME = (
    ("目", "眼", "瞳"), ("尻尾", "しっぽ", "尾"), ("眼鏡", "めがね"), ("猫", "ねこ"),
    ("犬", "いぬ"), ("兎", "うさぎ"), ("狐", "きつね"), ("狼", "おおかみ"), ("熊", "くま"),
    ("ぱんつ", "しょーつ", "下着"), ("髪", "へあ"), ("脇", "腋"), ("尻", "おしり"),
    ("太もも", "ふともも", "太腿"), ("羽", "翼", "羽根"), ("頬", "ほっぺ"), ("靴下", "そっくす"),
    ("帽子", "ぼうし"), ("手袋", "ぐろーぶ"), ("薔薇", "ばら"), ("苺", "いちご"), ("竜", "龍", "どらごん"),
)  # fmt: skip
_MOST_VARIANTS = 8
_NEAR_CANDIDATES = 3000


class Lines:
    """A folded index text and where its lines start."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]

    def find(self, needle: str) -> Iterator[int]:
        """The numbers of the lines that hold `needle`, each once, ascending."""
        at = self.text.find(needle)
        while at >= 0:
            line = bisect_right(self._starts, at) - 1
            yield line
            at = self.text.find(needle, self._starts[line + 1])

    def near(self, word: str, half: str, *, ends: bool) -> Iterator[int]:
        """The lines with a word one slip away from `word` that starts (or, with `ends`, ends) with
        `half`; not more than the first of many thousand are looked at."""
        text, wanted = self.text, f"{half}\t" if ends else f"\t{half}"
        at = text.find(wanted)
        for _ in range(_NEAR_CANDIDATES):
            if at < 0:
                return
            start = text.rfind("\t", 0, at) + 1 if ends else at + 1
            stop = at + len(half) if ends else text.find("\t", start)
            if -2 < stop - start - len(word) < 2 and within_one(word, text[start:stop]):
                yield bisect_right(self._starts, at) - 1
            at = text.find(wanted, at + 1)


class Index:
    """The searchable rows; names that no tagger says are found by their exact name only."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = [row for row in rows if row.posts]
        # What follows the readings in composed.tsv is nothing that anybody looks for.
        rest = [r.rest if r.source < 3 else r.rest.rsplit("\t", 2)[0] for r in self.rows]
        self._rest = "\n".join(f"\t{text}\t" for text in rest).replace("|", "\t")
        tags = "\n".join([f"\t{row.tag}" for row in self.rows]).replace("|", "\t")
        self._tags = tags

    @cached_property
    def words(self) -> Lines:
        """Tags, displays, synonyms and readings, folded."""
        pairs = zip(self._tags.split("\n"), self._rest.split("\n"), strict=True)
        return Lines(fold_index("\n".join([tag + rest for tag, rest in pairs])))

    @cached_property
    def romaji(self) -> Lines:
        """Displays, synonyms and readings as romaji keys."""
        return Lines(kana_to_key(fold_index(self._rest)))


def variants(folded: str) -> list[str]:
    """The folded query and what it could have been written as instead."""
    parts = [folded]
    for group in _SAME:
        member = next((m for m in group if m in folded), None)
        if member is not None:
            parts = [p.replace(member, m) for p, m in product(parts, group)][:_MOST_VARIANTS]
    return list(dict.fromkeys([folded, *parts]))


def within_one(left: str, right: str) -> bool:
    """True when one letter more, less or other, or two swapped, makes the words equal."""
    if abs(len(left) - len(right)) > 1:
        return False
    shorter = min(len(left), len(right))
    start = 0
    while start < shorter and left[start] == right[start]:
        start += 1
    end = 0
    while end < shorter - start and left[-1 - end] == right[-1 - end]:
        end += 1
    a, b = left[start : len(left) - end], right[start : len(right) - end]
    return len(a) <= 1 >= len(b) or (len(a) == 2 and a == b[::-1])


def near_lines(lines: Lines, word: str) -> list[Iterator[int]]:
    """Lines with a word one slip away. Such a word starts or ends as `word` does."""
    middle = len(word) // 2
    halves = ((word[: middle - 1], False), (word[middle + 1 :], True))
    return [lines.near(word, half, ends=ends) for half, ends in halves if half]
