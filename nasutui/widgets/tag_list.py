"""The tags of one picture, one a line, and below them what the tagger proposes beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from nasutui.core.dataset.tag_details import PERSON, TAGGER
from nasutui.core.i18n import N_, _
from nasutui.widgets.cells import fit, right
from nasutui.widgets.row_list import Cells, RowList

TAG, PROPOSED, REJECTED, LINE = "tag", "proposed", "rejected", "line"


@dataclass(frozen=True, slots=True)
class TagRow:
    """One line. kind: TAG, PROPOSED, REJECTED or LINE (text across the list that the cursor
    passes over). place: the tag's number in the caption. score: 0 to 1, None when not known.
    count: pictures of the dataset that have it. origin: see tag_details.py."""

    kind: str
    tag: str
    place: int = -1
    japanese: str = ""
    score: float | None = None
    count: int = 0
    origin: str = ""
    problem: bool = False


def tag_cells(row: TagRow, width: int) -> Cells:
    """Problem mark, tag, Japanese, score, count, origin."""
    if row.kind == LINE:
        text = f"── {row.tag} "
        return [(fit(text + "─" * max(0, width - cell_len(text)), width), "dim")]
    origin_width = 8 if width >= 60 else 2
    count_width = 5 if width >= 44 else 4
    names = max(10, width - 6 - count_width - origin_width)
    tag_width = names * (11 if width >= 60 else 13) // 20
    style = {TAG: "", PROPOSED: "dim", REJECTED: "dim"}[row.kind]
    sign = {TAG: "!" if row.problem else " ", PROPOSED: "+", REJECTED: "x"}[row.kind]
    score = f"{row.score:.2f}".removeprefix("0") if row.score is not None else ""
    return [
        (sign, "bad" if row.problem else style),
        (fit(row.tag, tag_width), style or ("warn" if row.problem else "strong")),
        (" ", ""),
        (fit(row.japanese, names - tag_width), "dim" if style else ""),
        (right(score, 4), style or _score_style(row.score)),
        (right(_short(row.count, count_width - 1), count_width), "dim"),
        (" " + fit(_origin(row.origin, origin_width), origin_width - 1), "mark" if row.origin == PERSON else "dim"),
    ]  # fmt: skip


def _short(count: int, width: int) -> str:
    text = str(count)
    return text if len(text) <= width else f"{count // 1000}k"


def _score_style(score: float | None) -> str:
    return "warn" if score is not None and score < 0.35 else "dim"


def _origin(origin: str, width: int) -> str:
    if width <= 2:
        return {TAGGER: "t", PERSON: "*"}.get(origin, "")
    return {TAGGER: _("tagger"), PERSON: _("you")}.get(origin, "")


class TagList(RowList):
    """The tags of the picture; keys change them."""

    HELP = N_("""\
# Tags of this picture

Each line: the tag, its Japanese, the tagger's score, how many pictures here have it, who said it
(`t` tagger, `*` you). Dimmed below: what the tagger saw but did not write.

**d** deletes (or rejects a proposal), **enter** or **e** edits in place (or accepts a proposal),
**y** accepts. **D** and **E** delete and replace the tag in all pictures that the list shows (or the
marked ones), after you have seen every change. **J K** or shift and arrows move the tag, **f** brings it to the front.
**=** shows the pictures that have the tag, **-** those that have it not, **w** walks through them.
**page up / page down** go to other pictures, **h** or ← back to the list.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,delete", "deed('delete')", N_("Delete"), id="tags.delete",
                tooltip=N_("Delete the tag, or reject the proposal")),
        Binding("e,enter", "deed('edit')", N_("Edit"), id="tags.edit",
                tooltip=N_("Edit in place, or accept the proposal")),
        Binding("y", "deed('accept')", N_("Accept"), id="tags.accept", show=False),
        Binding("D", "deed('delete-all')", N_("Delete in all shown"), id="tags.delete_all", show=False,
                tooltip=N_("Delete the tag in all pictures shown, or in the marked ones")),
        Binding("E", "deed('replace-all')", N_("Replace in all shown"), id="tags.replace_all", show=False,
                tooltip=N_("Replace the tag in all pictures shown, or in the marked ones")),
        Binding("J,shift+down", "deed('down')", N_("Move down"), id="tags.down", show=False),
        Binding("K,shift+up", "deed('up')", N_("Move up"), id="tags.up", show=False),
        Binding("f", "deed('front')", N_("To the front"), id="tags.front", show=False),
        Binding("equals_sign", "deed('with')", N_("Pictures with it"), id="tags.with", show=False),
        Binding("minus", "deed('without')", N_("Pictures without it"), id="tags.without", show=False),
        Binding("pagedown", "other(1)", N_("Next picture"), id="tags.next_picture", show=False),
        Binding("pageup", "other(-1)", N_("Picture before"), id="tags.previous_picture", show=False),
    ]  # fmt: skip

    class Deed(Message):
        """A key was pressed on a row: "delete", "edit", "accept", "up", "down", "front", "with",
        "without", "delete-all", "replace-all"."""

        def __init__(self, rows: TagList, deed: str, row: TagRow) -> None:
            super().__init__()
            self.rows, self.deed, self.row = rows, deed, row

        @property
        def control(self) -> TagList:
            return self.rows

    class Other(Message):
        """Another picture is wanted, `step` lines further."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(tag_cells, id=id)
        self.items: Sequence[TagRow] = []

    def show(self, rows: Sequence[TagRow], cursor: int | None = None) -> None:
        """Show these rows; the cursor stays on its line, or goes to `cursor`."""
        wanted = self.cursor if cursor is None else cursor
        wanted = max(0, min(wanted, len(rows) - 1))
        while 0 <= wanted < len(rows) - 1 and rows[wanted].kind == LINE:
            wanted += 1
        self.set_items(rows, wanted)

    def cursor_on(self, place: int) -> int:
        """The line on which the tag number `place` stands."""
        return next((i for i, r in enumerate(self.items) if r.place == place), 0)

    def action_cursor(self, step: int) -> None:
        target, last = self.cursor + step, len(self.items) - 1
        while 0 <= target <= last and self.items[target].kind == LINE:
            target += 1 if step > 0 else -1
        if 0 <= target <= last or abs(step) > 1:
            self.action_to(max(0, min(target, last)))

    def action_deed(self, deed: str) -> None:
        row: TagRow | None = self.current
        if row is not None and row.kind != LINE:
            self.post_message(self.Deed(self, deed, row))

    def action_other(self, step: int) -> None:
        self.post_message(self.Other(step))
