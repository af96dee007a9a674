"""A list of any length, drawn line by line: nothing is made for a row that is not seen.

Textual's own lists mount a widget or measure a renderable for each row: 10 seconds at 100,000 rows
where this takes a tenth of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from nasutui.core.i18n import N_
from nasutui.widgets.translated import Translated

Cells = Sequence[tuple[str, str]]  # (text that is safe to show, component class or "")
RenderRow = Callable[[Any, int], Cells]


class RowList(Translated, ScrollView, can_focus=True):
    """Rows of one line each. `render_row(item, width)` says what is in one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "cursor(1)", N_("Next"), id="list.next", show=False),
        Binding("up,k", "cursor(-1)", N_("Previous"), id="list.previous", show=False),
        Binding("pagedown,ctrl+f", "page(1)", N_("Page down"), id="list.page_down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", N_("Page up"), id="list.page_up", show=False),
        Binding("home,g", "to(0)", N_("First"), id="list.first", show=False),
        Binding("end,G", "to(-1)", N_("Last"), id="list.last", show=False),
        Binding("enter", "select", N_("Choose"), id="list.choose", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row--cursor", "row--dim", "row--good", "row--warn", "row--bad", "row--strong",
        "row--mark", "row--bar",
    }  # fmt: skip
    DEFAULT_CSS = """
    RowList {
        height: 1fr; scrollbar-size-vertical: 1; background: $surface; color: $foreground;
        & > .row--cursor { background: $block-cursor-blurred-background; }
        &:focus > .row--cursor { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
        & > .row--dim { color: $text-muted; }
        & > .row--good { color: $text-success; }
        & > .row--warn { color: $text-warning; }
        & > .row--bad { color: $text-error; }
        & > .row--strong { text-style: bold; }
        & > .row--bar { color: $block-cursor-background; }
        & > .row--mark { color: $text-accent; text-style: bold; }
    }
    """

    cursor: reactive[int] = reactive(0)

    class Highlighted(Message):
        """The cursor stands on another row (index -1: there are none)."""

        def __init__(self, rows: RowList, index: int) -> None:
            super().__init__()
            self.rows, self.index = rows, index

        @property
        def control(self) -> RowList:
            return self.rows

    class Chosen(Message):
        """Enter was pressed on a row."""

        def __init__(self, rows: RowList, index: int) -> None:
            super().__init__()
            self.rows, self.index = rows, index

        @property
        def control(self) -> RowList:
            return self.rows

    def __init__(self, render_row: RenderRow, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._render_row = render_row
        self.items: Sequence[Any] = []
        self._empty = ""

    # -- content ------------------------------------------------------------------------------

    def set_items(self, items: Sequence[Any], cursor: int | None = None) -> None:
        """Show other items; the cursor stays where it is unless told."""
        self.items = items
        self.virtual_size = Size(0, len(items))
        wanted = self.cursor if cursor is None else cursor
        wanted = max(0, min(wanted, len(items) - 1))
        moved = wanted != self.cursor
        self.set_reactive(RowList.cursor, wanted)
        self.refresh()
        self._show_cursor()
        if moved or items:
            self.post_message(self.Highlighted(self, wanted if items else -1))

    def say_when_empty(self, text: str) -> None:
        """What is shown while there are no rows: why, and what to do."""
        self._empty = text
        if not self.items:
            self.refresh()

    @property
    def current(self) -> Any | None:
        """The item under the cursor."""
        return self.items[self.cursor] if 0 <= self.cursor < len(self.items) else None

    def refresh_row(self, index: int) -> None:
        """Draw one row again."""
        y = index - self.scroll_offset.y
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    # -- drawing ------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        base = self.rich_style
        if index >= len(self.items):
            if self._empty and not self.items:
                return self._empty_line(y, width, base)
            return Strip.blank(width, base)
        if index == self.cursor:
            base = base + self.get_component_rich_style("row--cursor", partial=True)
        segments = []
        for text, name in self._render_row(self.items[index], width):
            style = base + self._cell_style(name, index == self.cursor) if name else base
            segments.append(Segment(text, style))
        return Strip(segments).crop_extend(0, width, base)

    def _empty_line(self, y: int, width: int, base: Style) -> Strip:
        lines = Text(self._empty).wrap(self.app.console, max(1, width - 2))
        text = f" {lines[y].plain}" if y < len(lines) else ""
        style = base + self.get_component_rich_style("row--dim", partial=True)
        return Strip([Segment(text, style)]).crop_extend(0, width, base)

    def _cell_style(self, name: str, on_cursor: bool) -> Style:
        style = self.get_component_rich_style(f"row--{name}", partial=True)
        # On the cursor's own background the row's colours would be hard to read.
        return Style(bold=style.bold) if on_cursor and self.has_focus else style

    def on_resize(self) -> None:
        self._show_cursor()

    # -- moving -------------------------------------------------------------------------------

    def watch_cursor(self, old: int, new: int) -> None:
        self.refresh_row(old)
        self.refresh_row(new)
        self._show_cursor()
        self.post_message(self.Highlighted(self, new))

    def _show_cursor(self) -> None:
        if self.items:
            self.scroll_to_region(
                Region(0, self.cursor, 1, 1),
                animate=False,
                immediate=True,
                force=True,
                x_axis=False,
            )

    def action_cursor(self, step: int) -> None:
        self.action_to(max(0, min(self.cursor + step, len(self.items) - 1)))

    def action_page(self, direction: int) -> None:
        self.action_cursor(direction * max(1, self.size.height - 1))

    def action_to(self, index: int) -> None:
        if self.items:
            self.cursor = index if index >= 0 else len(self.items) - 1

    def action_select(self) -> None:
        if self.current is not None:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: Any) -> None:
        index = event.y + self.scroll_offset.y
        if index < len(self.items):
            self.action_to(index)
