"""The one door for opening a picture: as a viewer would show it, 8 bit sRGB on white.

Orientation from EXIF, the ICC profile converted to sRGB, transparency flattened on white, greys
of 16 bit scaled as viewers do, the first frame of an animation. Only the decoders that we name are
used, only regular files are opened, and nothing is decoded that does not fit into `MAX_BYTES`.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nasutui.core.errors import PictureError, explain_os_error, os_error_code
from nasutui.core.i18n import _
from nasutui.core.pictures import colours

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
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "DIB", "TIFF")  # HEIF: pillow-heif
_PLUGINS = ("Png", "Jpeg", "Mpo", "WebP", "Avif", "Gif", "Bmp", "Tiff")
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_ORIENTATION = 0x0112
# Bytes that a pixel takes at the worst moment, as measured, by format (a decoder that knows only
# whole frames holds several of them), else by mode.
_PER_PIXEL = {"WEBP": 18.0, "AVIF": 13.5, "HEIF": 13.5}
_PER_PIXEL_OF_MODE = {"1": 5.8, "L": 5.8, "P": 5.8, "I;16": 6.8, "I;16B": 6.8, "RGB": 4.6}
_PER_PIXEL_ELSE = 9.3
_PER_PIXEL_SEEN_THROUGH = 9.9
_PER_PIXEL_PROGRESSIVE = 5.3  # more


@dataclass(frozen=True, slots=True)
class Picture:
    """An opened picture.

    image: RGB, 8 bit, upright, sRGB. size: width and height in pixels as a viewer shows it, before
    any reduction. format: Pillow's name. changes: what had to be done, any of "rotated", "icc",
    "flattened", "reduced", "first-frame", "depth", "bad-icc". reduction: how many pixels of `size`
    each pixel of the image stands for, on a side; margin: how many of them its first column and row
    hold that are none of the picture.
    """

    image: Image.Image
    size: tuple[int, int]
    format: str
    changes: tuple[str, ...]
    reduction: int = 1
    margin: tuple[int, int] = (0, 0)


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
_loading = threading.Lock()


def _decoders(header: bytes) -> list[str]:
    """The decoders to try on a file that begins with `header`, loaded once."""
    from PIL import Image

    with _loading:
        Image.MAX_IMAGE_PIXELS = None  # our own limit answers with a PictureError
        if not all(name in Image.OPEN for name in FORMATS):
            for plugin in _PLUGINS:
                importlib.import_module(f"PIL.{plugin}ImagePlugin")
        if header[4:8] != b"ftyp" or header[8:12] not in _HEIF_BRANDS:
            return list(FORMATS)
        if "HEIF" not in Image.OPEN:
            import pillow_heif

            pillow_heif.register_heif_opener()
        return ["HEIF", "AVIF"]


def read_file(path: Path) -> bytes:
    """A picture file's bytes. Raises PictureError for what is no regular file, is empty or is
    over `MAX_FILE_BYTES`."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise PictureError(_("not a regular file"), code="not-a-file")
        if status.st_size == 0:
            raise PictureError(_("the file is empty"), code="empty")
        if status.st_size > MAX_FILE_BYTES:
            raise PictureError(_("the file is larger than 512 MB"), code="too-large")
        return path.read_bytes()
    except OSError as error:
        raise PictureError(explain_os_error(error, path.name), code=os_error_code(error)) from error


@contextlib.contextmanager
def opened(source: Path | bytes, *, near: int | None = None) -> Iterator[Picture]:
    """Open a picture for the time of a `with` block.

    near: when given, a picture whose longer side is much larger may be reduced while decoding, to
    no less than three times `near` pixels (for taggers and previews, where that changes nothing
    that is seen). Raises PictureError with the reason.
    """
    with contextlib.ExitStack() as stack:
        if isinstance(source, Path):
            stack.enter_context(room_for(file_size(source)))
            source = read_file(source)
        with _explained():
            image = _identify(io.BytesIO(source))
            needed = _needed_bytes(image, len(source))
        del source  # a file that was read here is not needed beyond the decoder
        stack.enter_context(_budget.take(needed))
        with _explained():
            picture = _develop(image, near)
        yield picture


def file_size(path: Path) -> int:
    """A file's size, 0 where nobody can tell: reading it says why."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


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
    if image.mode == "RGB" and told and _orientation(image) != 1:
        each = max(each, _PER_PIXEL_ELSE)  # turning takes a second one
    return each


def _needed_bytes(image: Image.Image, file_bytes: int) -> int:
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


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turn whatever a decoder raises on broken data into a PictureError."""
    from PIL import UnidentifiedImageError

    try:
        yield
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError(
            _("this is no picture that can be read"), code="not-a-picture"
        ) from error
    except MemoryError as error:
        raise PictureError(
            _("too large for the memory of this machine"), code="too-large"
        ) from error
    except Exception as error:  # decoders raise nearly anything on broken data
        if "truncated" in str(error).lower() or isinstance(error, EOFError):
            raise PictureError(_("the file is cut short"), code="truncated") from error
        raise PictureError(_("the picture is damaged"), code="damaged") from error


def _identify(file: BinaryIO) -> Image.Image:
    from PIL import Image

    formats = _decoders(file.read(12))
    file.seek(0)
    return Image.open(file, formats=formats)


def _develop(image: Image.Image, near: int | None) -> Picture:
    changes: list[str] = []
    file_format = image.format or ""
    # Asked for it, a PNG is decoded at once, and what is wrong with its pixels would be lost there.
    orientation = _orientation(image) if file_format != "PNG" else 1
    stored = image.size
    if getattr(image, "n_frames", 1) > 1 and file_format not in ("MPO", "TIFF"):
        changes.append("first-frame")
    reduction = _draft(image, near) if near and file_format in ("JPEG", "MPO") else 1
    profile = image.info.get("icc_profile")
    promised = image.size
    image.load()
    if sorted(image.size) != sorted(promised):  # what was checked is not what came
        raise PictureError(_("the picture is damaged"), code="damaged")
    if file_format == "PNG":
        orientation = _orientation(image)
    elif orientation != 1 and _orientation(image) == 1:
        orientation = 1  # Pillow has turned it while loading (TIFF)
        changes.append("rotated")
    colour, alpha = colours.split(image, changes)
    if colour is not image:
        image.close()
    factor = max(colour.size) // (3 * near) if near else 1
    if factor > 1:
        if alpha is not None:  # hidden colours must not bleed into the edge of what is seen
            colour, alpha = colours.on_white(colour, alpha, changes), None
        colour = colour.reduce(factor)
        reduction *= factor
    if reduction > 1:
        changes.append("reduced")
    colour = colours.to_srgb(colour, profile, changes)
    if alpha is not None:
        colour = colours.on_white(colour, alpha, changes)
    colour = _turn(colour, orientation, changes)
    colour.info = {}
    size = stored[::-1] if orientation >= 5 else stored
    margin = _margin(size, colour.size, reduction, orientation)
    return Picture(colour, size, file_format, tuple(changes), reduction, margin)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none or it is nonsense."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a damaged EXIF block is no reason to refuse the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _turn(image: Image.Image, orientation: int, changes: list[str]) -> Image.Image:
    from PIL.Image import Transpose

    method = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation)
    if method is None:
        return image
    changes.append("rotated")
    return image.transpose(method)


def _draft(image: Image.Image, near: int) -> int:
    """Have a JPEG decoded smaller, its longer side no less than three times `near`; returns the
    factor."""
    longer = max(image.size)
    wanted = min(longer, 3 * near)
    width, height = image.size
    image.draft(None, (width * wanted // longer, height * wanted // longer))
    return round(longer / max(image.size))


def _margin(
    size: tuple[int, int], reduced: tuple[int, int], reduction: int, orientation: int
) -> tuple[int, int]:
    """A side that the reduction does not divide ends in a part of a pixel, on the right and below
    as the picture is stored; turned upright, that part may come first."""
    if reduction == 1:
        return 0, 0
    left = reduced[0] * reduction - size[0] if orientation in (2, 3, 6, 7) else 0
    above = reduced[1] * reduction - size[1] if orientation in (3, 4, 7, 8) else 0
    return left, above


def png_bytes(image: Image.Image) -> bytes:
    """A picture as PNG without any metadata; the same pixels give the same bytes."""
    clean = image
    if image.mode != "RGB" or image.info:
        clean = image.convert("RGB")
        clean.info = {}
    buffer = io.BytesIO()
    clean.save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()
