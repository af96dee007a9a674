"""Where the picture is: without the white padding, and without a frame or bars drawn around it.

The picture arrives as CELLS x CELLS means of blocks of pixels. A `Box` counts in these cells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from embedded.graph import Tensor

Coordinates: TypeAlias = npt.NDArray[np.float32]

CELLS = 112
COLUMNS = np.arange(CELLS, dtype=np.float32).reshape(1, 1, 1, CELLS)
ROWS = np.arange(CELLS, dtype=np.float32).reshape(1, 1, CELLS, 1)

# A mean this near 255 is a block in which every pixel is white: padding is never less.
_PURE_WHITE = 254.5
_ALIKE = 20.0
_DIFFERENT = 26.0
_BLACK = 32.0
_NOT_BLACK = 42.0
# So many cells of a bar may be other than the bar: dust, JPEG noise, a signature.
_BLEMISH = 0.015
_FAR = 999.0
_PAPER = 0.25


@dataclass(frozen=True)
class Box:
    """A rectangle in cells, half open; each edge of shape [N, 1, 1, 1]."""

    left: Tensor
    right: Tensor
    top: Tensor
    bottom: Tensor

    @property
    def width(self) -> Tensor:
        return self.right - self.left

    @property
    def height(self) -> Tensor:
        return self.bottom - self.top

    def across(self) -> Tensor:
        return _between(self.left, self.right, COLUMNS)

    def down(self) -> Tensor:
        return _between(self.top, self.bottom, ROWS)

    def mapped(self, change: Callable[[Tensor], Tensor]) -> Box:
        return Box(*(change(edge) for edge in (self.left, self.right, self.top, self.bottom)))

    def shrunk(self, cells: float) -> Box:
        return Box(self.left + cells, self.right - cells, self.top + cells, self.bottom - cells)


@dataclass(frozen=True)
class Frame:
    """What surrounds the picture; probabilities of shape [N, 1, 1, 1].

    colour: mean B,G,R along the picture's outermost cells, [N, 3, 1, 1]; it is the border's
    where there is a border. picture: what is left inside.
    """

    border: Tensor
    letterboxed: Tensor
    pillarboxed: Tensor
    colour: Tensor
    picture: Box


def _between(low: Tensor, high: Tensor, coordinates: Coordinates) -> Tensor:
    return (low <= coordinates) * (high > coordinates)


def _extent(used_columns: Tensor, used_rows: Tensor) -> Box:
    """The box from the first to the last used column and row; from 999 to 0 if none is used."""
    return Box(
        left=used_columns.where(COLUMNS, _FAR).min(3),
        right=used_columns.where(COLUMNS + 1, 0.0).max(3),
        top=used_rows.where(ROWS, _FAR).min(2),
        bottom=used_rows.where(ROWS + 1, 0.0).max(2),
    )


def without_padding(cells: Tensor) -> Box:
    """The picture without the white bars that make it square.

    Padding is pure white, equal on both sides, and never on all four sides: a picture with pure
    white all around is white itself there, and keeps all of it. So does one on white paper whose
    figure is cut off below: white above it, and beside it for a good part of the height.
    """
    coloured = cells.min(1) < _PURE_WHITE
    used = _extent(coloured.max(2), coloured.max(3))
    blank = used.left >= CELLS
    right, bottom = CELLS - used.right, CELLS - used.bottom
    beside = used.left.at_most(right) * (1.0 - blank)
    above = used.top.at_most(bottom) * (1.0 - blank)
    paper = (beside > 0.0) * (above > 0.0)
    paper = paper.at_least(
        (beside > 0.0)
        * (used.top.at_least(bottom) > 1.5)
        * _white_along(coloured, beside, COLUMNS)
        * _white_along(coloured, CELLS - 1.0 - beside, COLUMNS)
    )
    paper = paper.at_least(
        (above > 0.0)
        * (used.left.at_least(right) > 1.5)
        * _white_along(coloured, above, ROWS)
        * _white_along(coloured, CELLS - 1.0 - above, ROWS)
    )
    # The cell at the edge is half padding.
    beside = _or_nothing((beside + (beside > 0.0)) * (1.0 - paper))
    above = _or_nothing((above + (above > 0.0)) * (1.0 - paper))
    return Box(beside, CELLS - beside, above, CELLS - above)


def _white_along(coloured: Tensor, line: Tensor, coordinates: Coordinates) -> Tensor:
    """Whether a good part of one line of cells is pure white."""
    on_line = (line - coordinates).abs() < 0.5
    return ((1.0 - coloured) * on_line).sum(2, 3) > _PAPER * CELLS


def _or_nothing(padding: Tensor) -> Tensor:
    """No padding at all if it left only a thread of a picture, of which nothing can be told."""
    return padding * (padding < CELLS / 2 - 1.0)


def find_frame(cells: Tensor) -> Frame:
    """Looks for a border on four sides, and for black bars on two."""
    whole = without_padding(cells)
    inside = whole.across() * whole.down()
    edge = inside * (1.0 - whole.shrunk(1.0).across() * whole.shrunk(1.0).down())
    colour = (cells * edge).sum(2, 3) / edge.sum(2, 3)
    distance = (cells - colour).abs().max(1)
    border, framed = _border(distance, inside, whole)
    letterboxed, pillarboxed, barred = _bars(cells.max(1), inside, whole)
    picture = _chosen(border, framed, _chosen(letterboxed.at_least(pillarboxed), barred, whole))
    return Frame(border, letterboxed, pillarboxed, colour, picture)


def _chosen(probability: Tensor, inner: Box, outer: Box) -> Box:
    found = probability > 0.5
    # Next to the frame, a cell is half frame.
    inner = inner.shrunk(1.0)
    return Box(
        found.where(inner.left, outer.left),
        found.where(inner.right, outer.right),
        found.where(inner.top, outer.top),
        found.where(inner.bottom, outer.bottom),
    )


def _inner(unlike: Tensor, inside: Tensor, whole: Box) -> Box:
    """The box of the lines that are not all alike."""
    unlike = unlike * inside
    columns = (unlike.sum(2) / whole.height) > _BLEMISH
    rows = (unlike.sum(3) / whole.width) > _BLEMISH
    return _extent(columns, rows)


def _steps(different: Tensor, inner: Box) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """How much of each side of the inner box (left, right, top, bottom) stands off the frame.

    The second line is looked at: the first may be half frame.
    """
    rows, columns = different * inner.down(), different * inner.across()
    height, width = inner.height.at_least(1.0), inner.width.at_least(1.0)
    left = (rows * _between(inner.left + 1.0, inner.left + 2.0, COLUMNS)).sum(2, 3) / height
    right = (rows * _between(inner.right - 2.0, inner.right - 1.0, COLUMNS)).sum(2, 3) / height
    top = (columns * _between(inner.top + 1.0, inner.top + 2.0, ROWS)).sum(2, 3) / width
    bottom = (columns * _between(inner.bottom - 2.0, inner.bottom - 1.0, ROWS)).sum(2, 3) / width
    return left, right, top, bottom


def _border(distance: Tensor, inside: Tensor, whole: Box) -> tuple[Tensor, Box]:
    """A frame of one colour on four sides with straight inner edges.

    A figure on a plain background also has margins, but the sides of its bounding box hardly
    stand off them.
    """
    inner = _inner(distance > _ALIKE, inside, whole)
    left, right, top, bottom = _steps(distance > _DIFFERENT, inner)
    weakest = left.at_most(right).at_most(top).at_most(bottom)
    mean = (left + right + top + bottom) * 0.25
    beside = (inner.left - whole.left).at_most(whole.right - inner.right)
    above = (inner.top - whole.top).at_most(whole.bottom - inner.bottom)
    thickness = beside.at_most(above)
    share = (inner.width / whole.width).at_most(inner.height / whole.height)
    straight = weakest.above(0.4, 30.0) * mean.above(0.65, 30.0)
    return straight * thickness.above(0.5, 10.0) * share.above(0.2, 40.0), inner


def _bars(brightest: Tensor, inside: Tensor, whole: Box) -> tuple[Tensor, Tensor, Box]:
    """Black bars above and below (letterboxed) or on both sides (pillarboxed), equally thick."""
    inner = _inner(brightest > _BLACK, inside, whole)
    left, right, top, bottom = _steps(brightest > _NOT_BLACK, inner)
    beside = (inner.left - whole.left, whole.right - inner.right)
    above = (inner.top - whole.top, whole.bottom - inner.bottom)
    letterboxed = _pair(above, beside, top.at_most(bottom), inner.height)
    pillarboxed = _pair(beside, above, left.at_most(right), inner.width)
    return letterboxed, pillarboxed, inner


def _pair(
    bars: tuple[Tensor, Tensor], others: tuple[Tensor, Tensor], step: Tensor, between: Tensor
) -> Tensor:
    """Two bars of about the same thickness, and none on the other two sides: that is a border."""
    first, second = bars
    uneven = (first - second).abs() - first.at_least(second) * 0.1
    return (
        first.at_most(second).above(2.5, 5.0)
        * uneven.below(3.0, 4.0)
        * others[0].at_least(others[1]).below(2.5, 5.0)
        * step.above(0.4, 30.0)
        * between.above(20.0, 1.0)
    )
