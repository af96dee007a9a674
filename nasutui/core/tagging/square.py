"""A picture centred on a white square and resized BICUBIC, as the WD14 taggers' author does it.

The author's order is: pad to a square of the longer side, then resize (spaces/SmilingWolf/wd-tagger,
app.py). Here only the part of that square is made that the picture can reach, and a picture that
was reduced while decoding is placed where the whole one would be, so the result is the same to a
fraction of a grey level and the square canvas of a large picture is never made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    from nasutui.core.pictures.images import Picture

_REACH = 2  # pixels that BICUBIC looks at on either side, of the coarser of its two grids
_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class _Axis:
    """One direction. first, last: the columns of the result that are not plain white. before,
    after: white columns to put on either side of the picture. start, end: what `first` to `last`
    are made from, in columns of the padded picture."""

    first: int
    last: int
    before: int
    after: int
    start: float
    end: float


def on_square(picture: Picture, side: int) -> Image.Image:
    """The picture on a white square of side x side pixels, RGB."""
    from PIL import Image as PILImage

    image, square = picture.image, max(picture.size)
    across, down = (
        _axis(picture.size[i], square, side, picture.reduction, picture.margin[i]) for i in (0, 1)
    )
    width = across.before + image.width + across.after
    height = down.before + image.height + down.after
    if (width, height) != image.size:
        canvas = PILImage.new("RGB", (width, height), _WHITE)
        canvas.paste(image, (across.before, down.before))
        image = canvas
    inner = (across.last - across.first, down.last - down.first)
    box = (
        max(0.0, across.start),
        max(0.0, down.start),
        min(across.end, width),
        min(down.end, height),
    )
    if image.size != inner or box != (0, 0, *inner):
        image = image.resize(inner, PILImage.Resampling.BICUBIC, box=box)
    if inner == (side, side):
        return image
    result = PILImage.new("RGB", (side, side), _WHITE)
    result.paste(image, (across.first, down.first))
    return result


def _axis(length: int, square: int, side: int, reduction: int, margin: int) -> _Axis:
    """Where a picture of `length` pixels lies in a square of `square`, shown in `side`."""
    if length == square:
        return _Axis(0, side, 0, 0, margin / reduction, (margin + length) / reduction)
    scale = square / side  # pixels of the picture for one of the result
    offset = (square - length) // 2
    reach = math.ceil(_REACH * max(1.0, 1 / scale)) + 1
    first = max(0, math.floor(offset / scale) - reach)
    last = min(side, math.ceil((offset + length) / scale) + reach)
    grid = scale / reduction
    enough = math.ceil((reach + 1) * grid + _REACH * max(1.0, grid)) + 1
    # Never past the edge of the author's square: there his filter ends as well.
    before = min(enough, round(offset / reduction))
    after = min(enough, round((square - length - offset) / reduction))
    start = (first * scale - offset + margin) / reduction + before
    end = (last * scale - offset + margin) / reduction + before
    return _Axis(first, last, before, after, start, end)
