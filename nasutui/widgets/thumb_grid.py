"""Small pictures side by side, drawn line by line; only those that are seen are decoded."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from rich.segment import Segment
from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import get_current_worker

from nasutui.core.errors import PictureError
from nasutui.core.i18n import N_
from nasutui.core.pictures.thumbnails import thumbnail
from nasutui.widgets.cells import fit
from nasutui.widgets.preview import DEBOUNCE_SECONDS, strips_of
from nasutui.widgets.translated import Translated

CELL_WIDTH, CELL_HEIGHT = 20, 10
_PICTURE = (CELL_WIDTH - 2, CELL_HEIGHT - 1)
_KEPT = 400

PathOf = Callable[[int], Path | None]
LabelOf = Callable[[int], tuple[str, str]]  # slot -> text, component class ("good", "dim", "")


class ThumbGrid(Translated, Widget, can_focus=True):
    """A grid of slots with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "move(1, 0)", N_("Right"), id="grid.right", show=False),
        Binding("left,h", "move(-1, 0)", N_("Left"), id="grid.left", show=False),
        Binding("down,j", "move(0, 1)", N_("Down"), id="grid.down", show=False),
        Binding("up,k", "move(0, -1)", N_("Up"), id="grid.up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", N_("Page down"), id="grid.page_down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", N_("Page up"), id="grid.page_up", show=False),
        Binding("home,g", "to(0)", N_("First"), id="grid.first", show=False),
        Binding("end,G", "to(-1)", N_("Last"), id="grid.last", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"grid--cursor", "grid--good", "grid--dim"}
    DEFAULT_CSS = """
    ThumbGrid { height: 1fr; background: $background; color: $foreground; }
    ThumbGrid > .grid--cursor { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
    ThumbGrid > .grid--good { color: $text-success; }
    ThumbGrid > .grid--dim { color: $text-muted; }
    """

    class Moved(Message):
        """The cursor stands on another picture."""

    class Seen(Message):
        """Small pictures were decoded (None: can't be)."""

        def __init__(self, found: dict[int, list[Strip] | None]) -> None:
            super().__init__()
            self.found = found

    def __init__(self, path_of: PathOf, label_of: LabelOf, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._path_of, self._label_of = path_of, label_of
        self.slots: Sequence[int] = []
        self.cursor = 0
        self._top = 0
        self._kept: OrderedDict[int, list[Strip] | None] = OrderedDict()
        self._timer: Timer | None = None

    # -- content --------------------------------------------------------------------------------

    def show(self, slots: Sequence[int], cursor: int = 0) -> None:
        """Show these pictures."""
        self.slots, self._top = slots, 0
        self.cursor = max(0, min(cursor, len(slots) - 1))
        self._arrange()

    @property
    def current(self) -> int | None:
        """The slot under the cursor."""
        return self.slots[self.cursor] if self.cursor < len(self.slots) else None

    @property
    def columns(self) -> int:
        return max(1, self.size.width // CELL_WIDTH)

    @property
    def lines(self) -> int:
        """Whole lines of pictures that fit."""
        return max(1, self.size.height // CELL_HEIGHT)

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        """Scroll so that the cursor is seen, draw, and decode what is seen and not kept."""
        line = self.cursor // self.columns
        self._top = min(max(self._top, line - self.lines + 1), line)
        self.refresh()
        if self._timer is not None:
            self._timer.stop()
        if any(slot not in self._kept for slot in self._visible()):
            self._timer = self.set_timer(DEBOUNCE_SECONDS, self._begin)

    def _visible(self) -> list[int]:
        start = self._top * self.columns
        return list(self.slots[start : start + (self.lines + 1) * self.columns])

    def _begin(self) -> None:
        missing = {s: self._path_of(s) for s in self._visible() if s not in self._kept}
        if missing:
            self._decode(missing)

    @work(thread=True, exclusive=True, group="thumbs", exit_on_error=False, description="thumbs")
    def _decode(self, paths: dict[int, Path | None]) -> None:
        worker = get_current_worker()
        for slot, path in paths.items():
            if worker.is_cancelled:
                return
            strips: list[Strip] | None = None
            try:
                if path is not None:
                    strips = strips_of(thumbnail(path, *_PICTURE))
            except PictureError:
                pass
            except Exception:  # one broken picture must not keep the others from being shown
                logging.getLogger("nasutui").exception("thumbnail")
            self.post_message(self.Seen({slot: strips}))

    def on_thumb_grid_seen(self, message: Seen) -> None:
        self._kept.update(message.found)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self.refresh()

    # -- drawing --------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        line, inside = divmod(y, CELL_HEIGHT)
        start = (self._top + line) * self.columns
        base = self.rich_style
        segments: list[Segment] = []
        for place in range(start, start + self.columns):
            if place >= len(self.slots):
                break
            segments += self._cell(place, inside)
        return Strip(segments).crop_extend(0, self.size.width, base)

    def _cell(self, place: int, inside: int) -> list[Segment]:
        slot, base = self.slots[place], self.rich_style
        chosen = place == self.cursor
        cursor = base + self.get_component_rich_style("grid--cursor", partial=True)
        edge = Segment(" ", cursor if chosen else base)
        width, height = _PICTURE
        if inside == height:
            text, name = self._label_of(slot)
            style = (
                base + self.get_component_rich_style(f"grid--{name}", partial=True)
                if name
                else base
            )
            return [edge, Segment(fit(text, width), cursor if chosen else style), edge]
        strips = self._kept.get(slot)
        if not strips:
            unknown = "?" if slot in self._kept and inside == height // 2 else ""
            return [edge, Segment(fit(f"{unknown:>{width // 2}}", width), base), edge]
        top = (height - len(strips)) // 2
        if not 0 <= inside - top < len(strips):
            return [edge, Segment(" " * width, base), edge]
        strip = strips[inside - top]
        left = (width - strip.cell_length) // 2
        right = width - strip.cell_length - left
        return [edge, Segment(" " * left, base), *strip, Segment(" " * right, base), edge]

    # -- moving ---------------------------------------------------------------------------------

    def action_move(self, across: int, down: int) -> None:
        target = self.cursor + across + down * self.columns
        if 0 <= target < len(self.slots):
            self.action_to(target)
        elif down > 0 and self.cursor // self.columns < (len(self.slots) - 1) // self.columns:
            self.action_to(-1)

    def action_page(self, direction: int) -> None:
        step = direction * self.columns * self.lines
        self.action_to(max(0, min(self.cursor + step, len(self.slots) - 1)))

    def action_to(self, place: int) -> None:
        if self.slots:
            self.cursor = place if place >= 0 else len(self.slots) - 1
            self._arrange()
            self.post_message(self.Moved())
