"""A line to type in."""

from __future__ import annotations

from typing import Any

from rich.highlighter import Highlighter
from rich.text import Text
from textual.geometry import Offset
from textual.widgets import Input

from nasutui.core.text import display_typed


class _ShownSafely(Highlighter):
    """What was pasted, or put there to be changed, may hold what a terminal would obey."""

    def highlight(self, text: Text) -> None:
        text.plain = display_typed(text.plain)


class Line(Input):
    """Textual's Input with a cursor that does not blink: over SSH nothing is sent while one thinks.
    The value stays as it is; what is drawn commands no terminal."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.highlighter = _ShownSafely()
        self.cursor_blink = False

    @property
    def cursor_screen_offset(self) -> Offset:
        """The terminal's own cursor, column and row, where the text goes on: an input method shows
        there what it composes. Textual puts it one cell further at the end of the text."""
        place = super().cursor_screen_offset
        return place - (1, 0) if self.cursor_at_end else place
