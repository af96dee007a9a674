"""Every tag of the pictures: how many have it, its Japanese, and what comes with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Footer, Input, Static

from nasutui.core.dataset.statistics import TagCount, Together, tag_counts, together_with
from nasutui.core.editing.captions import tag_key
from nasutui.core.i18n import N_, _, ngettext
from nasutui.tag_desk import TagDesk
from nasutui.widgets.cells import bar, fit, right
from nasutui.widgets.row_list import Cells, RowList
from nasutui.widgets.tag_input import TagInput
from nasutui.widgets.translated import Translated

_REST_SECONDS = 0.08
COUNT, NAME, JAPANESE, RARE = "count", "name", "japanese", "rare"
_NEXT = {COUNT: NAME, NAME: JAPANESE, JAPANESE: RARE, RARE: COUNT}


class StatisticsScreen(Translated, ModalScreen[tuple[str, str] | None]):
    """Answers with a tag and what to show of it: "with", "without", "walk"; None: nothing."""

    HELP = N_("""\
# Statistics

Every tag of the pictures (those that the filter shows, or all), with how many have it. On the right
what comes together with the tag under the cursor. **enter** or **=** shows the pictures that have it,
**-** those that have it not, **w** walks through them. **o** sorts by count, name, Japanese or
rarest first; **/** finds a tag.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("equals_sign", "answer('with')", N_("Pictures with it"), id="statistics.with"),
        Binding("minus", "answer('without')", N_("Without it"), id="statistics.without"),
        Binding("w", "answer('walk')", N_("Walk"), id="statistics.walk"),
        Binding("o", "sort", N_("Order"), id="statistics.sort"),
        Binding("slash", "find", N_("Find"), id="statistics.find"),
        Binding("escape,q,s", "leave", N_("Back"), id="statistics.leave"),
    ]
    DEFAULT_CSS = """
    StatisticsScreen { background: $background; }
    StatisticsScreen #title { height: 1; background: $panel; padding: 0 1; text-style: bold; }
    StatisticsScreen #counts { width: 3fr; }
    StatisticsScreen #side { width: 2fr; margin: 0 0 0 1; }
    StatisticsScreen .heads { height: 1; color: $text-muted; padding: 0 1; }
    StatisticsScreen TagInput { background: $surface; }
    """

    class Counted(Message):
        """The tags were counted."""

        def __init__(self, rows: list[tuple[TagCount, str]]) -> None:
            super().__init__()
            self.rows = rows

    class Beside(Message):
        """What comes with a tag."""

        def __init__(self, key: str, found: list[Together]) -> None:
            super().__init__()
            self.key, self.found = key, found

    def __init__(self, desk: TagDesk, slots: Sequence[int] | None) -> None:
        super().__init__()
        self.desk, self._slots = desk, slots
        self._all: list[tuple[TagCount, str]] = []
        self._order = COUNT
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield TagInput(compact=True, placeholder=_("/ finds a tag"))
        with Horizontal():
            yield RowList(self._row, id="counts")
            with Vertical(id="side"):
                yield Static(_("comes together with"), classes="heads", markup=False)
                yield RowList(self._beside_row, id="beside")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#counts"))
        self._show_title()
        self._count()

    @work(thread=True, exclusive=True, group="count", exit_on_error=False, description="count")
    def _count(self) -> None:
        counted = tag_counts(self.desk.dataset, self._slots)
        self.post_message(self.Counted([(tag, self.desk.japanese(tag.tag)) for tag in counted]))

    def on_statistics_screen_counted(self, message: Counted) -> None:
        self._all = message.rows
        self.query_one("#counts", RowList).say_when_empty(_("No tag fits. esc shows all again."))
        self._show_rows()

    def _show_rows(self) -> None:
        wanted = self.query_one(TagInput).value.strip()
        key = tag_key(wanted)
        rows = [r for r in self._all if not wanted or key in r[0].key or wanted in r[1]]
        match self._order:
            case "name":
                rows.sort(key=lambda row: row[0].key)
            case "japanese":
                rows.sort(key=lambda row: (not row[1], row[1], row[0].key))
            case "rare":
                rows.reverse()
        self.query_one("#counts", RowList).set_items(rows, 0)
        if not rows:
            self.query_one("#beside", RowList).set_items([], 0)
        self._show_title()

    def _show_title(self) -> None:
        order = {
            COUNT: _("most frequent first"), NAME: _("by name"), JAPANESE: _("by Japanese"),
            RARE: _("rarest first"),
        }[self._order]  # fmt: skip
        pictures = len(self._slots if self._slots is not None else self.desk.dataset)
        parts = [
            ngettext("{count} tag", "{count} tags", len(self._all)).format(count=len(self._all)),
            ngettext("{count} picture", "{count} pictures", pictures).format(count=pictures),
            order,
        ]
        self.query_one("#title", Static).update(", ".join(parts))

    @staticmethod
    def _row(row: tuple[TagCount, str], width: int) -> Cells:
        tag, japanese = row
        names = max(20, width - 7 - 6 - 8)
        tag_width = names * 11 // 20
        return [
            (" " + fit(tag.tag, tag_width - 2) + " ", "strong"),
            (fit(japanese, names - tag_width), ""),
            (right(str(tag.count), 7), ""),
            (right(f"{tag.share:.0%}", 5) + " ", "dim"),
            (bar(tag.share, 8), "bar"),
        ]

    def _beside_row(self, other: Together, width: int) -> Cells:
        names = max(8, width - 7 - 6)
        half = names * 11 // 20
        return [
            (" " + fit(other.tag, half - 2) + " ", ""),
            (fit(self.desk.japanese(other.tag), names - half), "dim"),
            (right(str(other.both), 7), ""),
            (right(f"{other.share:.0%}", 5) + " ", "dim"),
        ]

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        if message.rows.id == "counts" and message.rows.current is not None:
            if self._timer is not None:
                self._timer.stop()
            self._timer = self.set_timer(_REST_SECONDS, self._look_beside)

    def _look_beside(self) -> None:
        current = self.query_one("#counts", RowList).current
        if current is not None:
            self._beside(current[0].key)

    @work(thread=True, exclusive=True, group="beside", exit_on_error=False, description="beside")
    def _beside(self, key: str) -> None:
        self.post_message(self.Beside(key, together_with(self.desk.dataset, key, self._slots)))

    def on_statistics_screen_beside(self, message: Beside) -> None:
        current = self.query_one("#counts", RowList).current
        if current is not None and current[0].key == message.key:
            self.query_one("#beside", RowList).set_items(message.found, 0)

    # -- keys -----------------------------------------------------------------------------------

    def action_find(self) -> None:
        self.set_focus(self.query_one(TagInput))

    @on(Input.Changed)
    def _typed(self, _event: Input.Changed) -> None:
        self._show_rows()

    @on(Input.Submitted)
    def _taken(self, event: Input.Submitted) -> None:
        event.stop()
        self.set_focus(self.query_one("#counts"))

    def on_tag_input_other(self, message: TagInput.Other) -> None:
        self.query_one("#counts", RowList).action_cursor(message.step)

    def on_tag_input_choose(self, _message: TagInput.Choose) -> None:
        self.set_focus(self.query_one("#counts"))

    def on_tag_input_left(self, message: TagInput.Left) -> None:
        message.line.value = ""
        self.set_focus(self.query_one("#counts"))

    def action_sort(self) -> None:
        self._order = _NEXT[self._order]
        self._show_rows()

    def on_row_list_chosen(self, _message: RowList.Chosen) -> None:
        self.action_answer("with")

    def action_answer(self, what: str) -> None:
        rows = self.focused if isinstance(self.focused, RowList) else None
        current = rows.current if rows is not None else None
        if current is not None:
            tag = current[0].tag if rows is not None and rows.id == "counts" else current.tag
            self.dismiss((tag, what))

    def action_leave(self) -> None:
        self.dismiss(None)
