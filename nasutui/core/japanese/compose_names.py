"""Japanese for names that nobody wrote down: a known character in another dress, of a series, or
played by somebody else.

The name itself is never made up: these rules only add to a name that a table has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nasutui.core.japanese.dictionary import Entry

_QUALIFIED = re.compile(r"(?P<name>.+?)_\((?P<inner>[^()]+)\)(?:_\((?P<outer>[^()]+)\))?")
_BRACKET = re.compile(r"\([^()]*\)$")
_COSPLAY = "_(cosplay)"


class NameRules:
    """Rules over series.tsv (what a qualifier is called, and whether it is a series, a person or
    a costume) and the tables, asked through `lookup`."""

    def __init__(self, lines: Iterable[str], lookup: Callable[[str], Entry | None]) -> None:
        rows = [line.split("\t") for line in lines]
        self._names = {qualifier: display for qualifier, display, _kind in rows}
        self._costumes = {qualifier for qualifier, _display, kind in rows if kind == "costume"}
        self._lookup = lookup

    def entry(self, key: str) -> Entry | None:
        """The entry that a rule makes for a tag's key; None when none is sure."""
        return self.cosplay(key) or self.costume(key) or self.series(key)

    def _character(self, key: str) -> Entry | None:
        found = self._lookup(key)
        return found if found and found.kind == "character" else None

    def cosplay(self, key: str) -> Entry | None:
        """hatsune_miku_(cosplay) 初音ミクのコスプレ; the series stays behind: 島風のコスプレ(艦これ)."""
        base = self._character(key.removesuffix(_COSPLAY)) if key.endswith(_COSPLAY) else None
        if base is None:
            return None
        bracket = _BRACKET.search(base.display)
        name = _BRACKET.sub("", base.display)
        display = f"{name}のコスプレ{bracket.group() if bracket else ''}"
        reading = f"{base.reading}のこすぷれ" if base.reading else ""
        return _made(base, key, display, reading, kind="general")

    def costume(self, key: str) -> Entry | None:
        """aru_(dress)_(blue_archive) 陸八魔アル(ドレス), when aru_(blue_archive) is known."""
        match = _QUALIFIED.fullmatch(key)
        if match is None or match["inner"] not in self._costumes:
            return None
        series = f"_({match['outer']})" if match["outer"] else ""
        base = self._character(f"{match['name']}{series}")
        if base is None:
            return None
        name = _BRACKET.sub("", base.display)
        return _made(base, key, f"{name}({self._names[match['inner']]})", base.reading)

    def series(self, key: str) -> Entry | None:
        """hatsune_miku_(vocaloid) 初音ミク(ボーカロイド), when hatsune_miku is known."""
        match = _QUALIFIED.fullmatch(key)
        if match is None or match["outer"] or match["inner"] not in self._names:
            return None
        base = self._character(match["name"])
        if base is None:
            return None
        name = _BRACKET.sub("", base.display)
        return _made(base, key, f"{name}({self._names[match['inner']]})", base.reading)


def _made(base: Entry, key: str, display: str, reading: str, kind: str = "character") -> Entry:
    return replace(
        base, tag=key, display=display, synonyms=(base.display,), reading=reading,
        count=0, kind=kind, origin="composed", reviewed=False,
    )  # fmt: skip
