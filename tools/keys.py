"""Writes docs/keys.md: the keys of the tag editor on one page, from the bindings themselves.

python tools/keys.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textual.binding import Binding

from nasutui.app import NasutuiApp
from nasutui.screens.bulk import BulkScreen
from nasutui.screens.character import CharacterScreen
from nasutui.screens.conflict import ConflictScreen
from nasutui.screens.history import HistoryScreen, TurnScreen
from nasutui.screens.planned import PlannedScreen
from nasutui.screens.problems import ProblemsScreen
from nasutui.screens.statistics import StatisticsScreen
from nasutui.screens.tags import TagsScreen
from nasutui.screens.walk_tag import WalkScreen
from nasutui.widgets.row_list import RowList
from nasutui.widgets.tag_input import TagInput
from nasutui.widgets.tag_list import TagList
from nasutui.widgets.thumb_grid import ThumbGrid

PAGE = Path(__file__).resolve().parent.parent / "docs" / "keys.md"
_PARTS: tuple[tuple[str, type[Any]], ...] = (
    ("Everywhere", NasutuiApp),
    ("Tags", TagsScreen),
    ("On a tag", TagList),
    ("While typing", TagInput),
    ("In every list", RowList),
    ("Many pictures (b)", BulkScreen),
    ("Walk one tag (w)", WalkScreen),
    ("Among the small pictures", ThumbGrid),
    ("Statistics (s)", StatisticsScreen),
    ("Problems (P)", ProblemsScreen),
    ("Character (C)", CharacterScreen),
    ("History (H)", HistoryScreen),
    ("Before many files are changed", PlannedScreen),
    ("Before many files are undone", TurnScreen),
    ("When another program changed a caption", ConflictScreen),
)
_HEAD = """\
# Keys of the tag editor

Every key can be changed in the config file by its id (`[keys]`, `"tags.delete" = "d,delete"`); `?`
shows the keys and the help of what has the focus, `ctrl+p` finds every action by name. Keys that
are letters rest while you type in a line.

This page is written by `python tools/keys.py`.
"""
_NAMES = {
    "slash": "/", "question_mark": "?", "equals_sign": "=", "minus": "-", "plus": "+",
    "left": "←", "right": "→", "up": "↑", "down": "↓",
    "shift+up": "shift+↑", "shift+down": "shift+↓",
}  # fmt: skip


def keys_of(binding: Binding) -> str:
    """The keys as a person reads them."""
    parts = [_NAMES.get(key, key) for key in binding.key.split(",")]
    return " ".join(f"`{part}`" for part in parts)


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(_part(title, widget) for title, widget in _PARTS)


def _part(title: str, widget: type[Any]) -> str:
    lines = [f"\n## {title}\n\n| key | what it does | id |\n|---|---|---|\n"]
    lines += [f"| {keys_of(b)} | {b.tooltip or b.description} | {b.id} |\n" for b in _own(widget)]
    return "".join(lines)


def _own(widget: type[Any]) -> Iterator[Binding]:
    """The bindings of the class itself that have a name."""
    for binding in widget.BINDINGS:
        if isinstance(binding, Binding) and binding.id and binding.description:
            yield binding


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
