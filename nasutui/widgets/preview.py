"""A picture in half blocks. Decoding runs in a thread after a short pause, so that moving through a
list never waits for it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.segment import Segment
from textual import work
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from nasutui.core.errors import PictureError
from nasutui.core.i18n import _
from nasutui.widgets.cells import fit

if TYPE_CHECKING:
    from PIL import Image

DEBOUNCE_SECONDS = 0.07
_CACHED = 64

Develop = Callable[[int, int], "Image.Image"]  # columns, rows -> picture of that size at most


def strips_of(image: Image.Image) -> list[Strip]:
    """A picture of even height as lines of half blocks."""
    from rich_pixels import Pixels

    segments = Pixels.from_image(image)._segments.segments
    # Neighbours of one colour in one piece: flat colours cost a terminal next to nothing then.
    return [Strip(line).simplify() for line in Segment.split_lines(segments)]


class Preview(Widget):
    """Shows one picture as large as it fits, in the middle of the widget."""

    DEFAULT_CSS = """
    Preview { width: 1fr; height: 1fr; background: $background; color: $text-muted; }
    """

    class Ready(Message):
        """A picture was decoded (or failed) for this widget."""

        def __init__(self, key: Any, strips: list[Strip] | None, error: str) -> None:
            super().__init__()
            self.key, self.strips, self.error = key, strips, error

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._key: Any = None
        self._develop: Develop | None = None
        self._strips: list[Strip] = []
        self._message = ""
        self._timer: Timer | None = None
        self._cache: OrderedDict[Any, list[Strip]] = OrderedDict()

    def show_file(self, path: Path | None) -> None:
        """Show a picture file (None: nothing)."""
        if path is None:
            self.show(None, None)
            return
        from nasutui.core.pictures.thumbnails import thumbnail

        self.show(path, lambda columns, rows: thumbnail(path, columns, rows))

    def show(self, key: Any, develop: Develop | None) -> None:
        """Show what `develop(columns, rows)` makes; `key` tells pictures apart in the cache."""
        self._key, self._develop = key, develop
        if self._timer is not None:
            self._timer.stop()
        if develop is None:
            self._put([], "")
            return
        cached = self._cache.get(self._full_key())
        if cached is not None:
            self._put(cached, "")
        else:
            self._timer = self.set_timer(DEBOUNCE_SECONDS, self._begin)

    def forget(self) -> None:
        """Forget decoded pictures, because files changed."""
        self._cache.clear()

    def on_resize(self) -> None:
        if self._develop is not None:
            self.show(self._key, self._develop)

    def _full_key(self) -> tuple[Any, Size]:
        return (self._key, self.size)

    def _begin(self) -> None:
        if self._develop is not None and self.size.width and self.size.height:
            self._decode(self._full_key(), self._develop, self.size.width, self.size.height)

    @work(thread=True, exclusive=True, group="preview", exit_on_error=False, description="preview")
    def _decode(self, key: Any, develop: Develop, columns: int, rows: int) -> None:
        try:
            strips = strips_of(develop(columns, rows))
            self.post_message(self.Ready(key, strips, ""))
        except PictureError as error:
            self.post_message(self.Ready(key, None, str(error)))
        except Exception:  # a picture that can't be shown must not end the work on the others
            logging.getLogger("nasutui").exception("preview")
            self.post_message(self.Ready(key, None, _("this picture can't be shown")))

    def on_preview_ready(self, message: Ready) -> None:
        if message.strips is not None:
            self._cache[message.key] = message.strips
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        if message.key == self._full_key() and self._develop is not None:
            self._put(message.strips or [], message.error)

    def _put(self, strips: list[Strip], message: str) -> None:
        self._strips, self._message = strips, message
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.rich_style
        top = (self.size.height - len(self._strips)) // 2
        if 0 <= y - top < len(self._strips):
            strip = self._strips[y - top]
            left = (width - strip.cell_length) // 2
            padded = Strip([Segment(" " * left, style), *strip])
            return padded.crop_extend(0, width, style)
        if self._message and y == self.size.height // 2:
            return Strip([Segment(fit(self._message, width), style)], width)
        return Strip.blank(width, style)
