"""Only what is new goes to the terminal.

Textual sends every line of a widget that is refreshed, whether it looks different or not: moving
through a list of pictures sends the unchanged tags beside it, a key row that is laid out again sends
the whole screen. Over SSH that is what makes a program slow. Here each piece of a line is remembered
as it was sent, and a piece that stands there already is not sent again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

# As Rich writes a run of text: its attributes, colour, background; the text; a reset.
_RUN = re.compile("\x1b\\[([0-9;]+)m([^\x1b]*)\x1b\\[0m")
_COLOUR = "{0}8;5;[0-9]+|{0}8;2;[0-9]+;[0-9]+;[0-9]+|{0}[0-79]|{1}[0-7]"
_CODES = re.compile(f"((?:[1-9];|[1-9]$)*);?({_COLOUR.format(3, 9)})?;?({_COLOUR.format(4, 10)})?")


class _Style(NamedTuple):
    attributes: str
    front: str
    back: str


_PLAIN = _Style("", "", "")

Piece = tuple[int, int, int, Strip]  # line, first column, column after the last, content


class ShownPieces:
    """What stands on the terminal, piece by piece."""

    def __init__(self) -> None:
        self._lines: dict[int, dict[int, tuple[int, str]]] = {}
        self._size: Any = None

    def forget(self) -> None:
        """Something else may have written on the terminal: all is new."""
        self._lines.clear()

    def only_news(self, renderable: RenderableType | None) -> RenderableType | None:
        """The same update, without what is there when it comes to be sent."""
        if isinstance(renderable, LayoutUpdate | ChopsUpdate):
            return _News(renderable, self)
        return renderable

    def sequences(self, update: CompositorUpdate, console: Console) -> str:
        """What has to be sent to show an update. It counts as sent."""
        size = getattr(getattr(update, "region", None), "size", self._size)
        if size != self._size:
            self._size = size
            self.forget()
        sent = []
        for y, x, end, strip in _pieces(update):
            text = strip.render(console)
            if self._is_new(y, x, end, text):
                sent.append(f"\x1b[{y + 1};{x + 1}H{_only_changed_colours(text)}")
        return "".join(sent)

    def _is_new(self, y: int, x: int, end: int, text: str) -> bool:
        line = self._lines.setdefault(y, {})
        if line.get(x) == (end, text):
            return False
        for start in [s for s, (e, _text) in line.items() if s < end and e > x]:
            del line[start]
        line[x] = (end, text)
        return True


class _News(CompositorUpdate):
    """Stands for an update until it is sent; one that is never sent is not remembered."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, shown: ShownPieces) -> None:
        self._update, self._shown = update, shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._update

    def render_segments(self, console: Console) -> str:
        try:
            return self._shown.sequences(self._update, console)
        except (
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ):  # a Textual that is made differently
            self._shown.forget()
            return self._update.render_segments(console)


def _pieces(update: Any) -> Iterator[Piece]:
    """An update's pieces in the order in which they are sent."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            yield from _side_by_side(y, update.region.x, strips)
        return
    for y, first, last in update.spans:
        for x, strip in update.chops[y].items():
            end = x + strip.cell_length if strip is not None else x
            if x < last and end > first:
                yield y, x, end, strip


def _side_by_side(y: int, x: int, strips: Iterable[Strip]) -> Iterator[Piece]:
    for strip in strips:
        end = x + strip.cell_length
        if end > x:
            yield y, x, end, strip
        x = end


def _only_changed_colours(text: str) -> str:
    """The same text with colours said only where they change. Each half block of a picture has two,
    and a neighbour often shares one of them; a reset and both again would be twice as long."""
    parts: list[str] = []
    before, at = _PLAIN, 0
    for run in _RUN.finditer(text):
        style = _style_of(run.group(1)) if run.start() == at else None
        if style is None:
            return text  # something else stands between, such as a link
        parts += (_from_to(before, style), run.group(2))
        before, at = style, run.end()
    if not parts or at < len(text):
        return text
    return "".join(parts) + "\x1b[0m"


def _style_of(codes: str) -> _Style | None:
    found = _CODES.fullmatch(codes)
    return _Style(*((group or "").rstrip(";") for group in found.groups())) if found else None


def _from_to(before: _Style, style: _Style) -> str:
    if style.attributes != before.attributes:
        return f"\x1b[0;{';'.join(filter(None, style))}m"
    changes = []
    if style.front != before.front:
        changes.append(style.front or "39")
    if style.back != before.back:
        changes.append(style.back or "49")
    return f"\x1b[{';'.join(changes)}m" if changes else ""
