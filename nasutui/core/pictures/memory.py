"""What opening a picture costs in memory, and who may open a large one now.

The program promises to stay under 1 GB whatever it is given. So the cost is worked out from the
header, a picture that would cost more is refused before it is decoded, and threads wait for each
other where together they would.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nasutui.core.errors import PictureError
from nasutui.core.i18n import _

if TYPE_CHECKING:
    from PIL import Image

# 10,000 x 10,000: an A3 page at 600 dpi has 70 million.
MAX_PIXELS = 100_000_000
MAX_SIDE = 500_000  # each row costs memory of its own, however short it is
# A file, its decoder's buffers and the pixels in each form that they go through, all together. With
# the program itself it stays under 1 GB.
MAX_BYTES = 940_000_000
MAX_FILE_BYTES = 512 << 20
_LARGE_FILE = 32 << 20
_ORIENTATION = 0x0112
# Bytes that a pixel takes at the worst moment, as measured, by format (a decoder that knows only
# whole frames holds several of them), else by mode.
_PER_PIXEL = {"WEBP": 18.0, "AVIF": 13.5, "HEIF": 13.5}
_PER_PIXEL_OF_MODE = {"1": 5.8, "L": 5.8, "P": 5.8, "I;16": 6.8, "I;16B": 6.8, "RGB": 4.6}
_PER_PIXEL_ELSE = 9.3
_PER_PIXEL_SEEN_THROUGH = 9.9
_PER_PIXEL_PROGRESSIVE = 5.3  # more


class _Budget:
    """Lets threads open large pictures only as long as they fit into memory together. A thread that
    has taken its share takes no second one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._free = threading.Condition()
        self._holder = threading.local()

    @contextlib.contextmanager
    def take(self, needed: int) -> Iterator[None]:
        if getattr(self._holder, "holds", False):
            yield
            return
        with self._free:
            self._free.wait_for(lambda: self._used == 0 or self._used + needed <= self._limit)
            self._used += needed
        self._holder.holds = True
        try:
            yield
        finally:
            self._holder.holds = False
            with self._free:
                self._used -= needed
                self._free.notify_all()


_budget = _Budget(MAX_BYTES)
take = _budget.take


def room_for(size: int) -> contextlib.AbstractContextManager[None]:
    """Wait until a file of so many bytes may be read and opened: a large one only while no other
    thread has one. To be held around both."""
    return _budget.take(MAX_BYTES) if size > _LARGE_FILE else contextlib.nullcontext()


def _bytes_per_pixel(image: Image.Image) -> float:
    known = _PER_PIXEL.get(image.format or "")
    if known:
        return known
    if image.has_transparency_data:
        return _PER_PIXEL_SEEN_THROUGH
    each = _PER_PIXEL_OF_MODE.get(image.mode, _PER_PIXEL_ELSE)
    if "progressive" in image.info:
        each += _PER_PIXEL_PROGRESSIVE
    # Asked for what it does not know yet, a PNG would be decoded here.
    told = "exif" in image.info or image.format == "TIFF"
    if image.mode == "RGB" and told and orientation_of(image) != 1:
        each = max(each, _PER_PIXEL_ELSE)  # turning takes a second one
    return each


def needed_bytes(image: Image.Image, file_bytes: int) -> int:
    """The memory that developing a picture takes. Raises PictureError when that is too much."""
    width, height = image.size
    each = _bytes_per_pixel(image)
    limit = min(MAX_PIXELS, int((MAX_BYTES - file_bytes) / each))
    if width * height > limit or max(width, height) > MAX_SIDE:
        text = _("{width} x {height} pixels are too many to open (the limit is {limit} million)")
        if width * height <= limit:
            text = _("{width} x {height} pixels are too long to open (the limit is 500,000)")
        raise PictureError(
            text.format(width=width, height=height, limit=limit // 1_000_000), code="too-large"
        )
    return file_bytes + int(width * height * each)


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none or it is nonsense."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a damaged EXIF block is no reason to refuse the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
