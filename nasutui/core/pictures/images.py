"""The one door for opening a picture: as a viewer would show it, 8 bit sRGB on white.

Orientation from EXIF, the ICC profile converted to sRGB, transparency flattened on white, greys
of 16 bit scaled as viewers do, the first frame of an animation. Only the decoders that we name are
used, only regular files are opened, and nothing is decoded that does not fit into memory (memory.py).
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
from nasutui.core.pictures import colours, memory

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "DIB", "TIFF")  # HEIF: pillow-heif
_PLUGINS = ("Png", "Jpeg", "Mpo", "WebP", "Avif", "Gif", "Bmp", "Tiff")
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


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
    over `memory.MAX_FILE_BYTES`."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise PictureError(_("not a regular file"), code="not-a-file")
        if status.st_size == 0:
            raise PictureError(_("the file is empty"), code="empty")
        if status.st_size > memory.MAX_FILE_BYTES:
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
            stack.enter_context(memory.room_for(file_size(source)))
            source = read_file(source)
        with _explained():
            image = _identify(io.BytesIO(source))
            needed = memory.needed_bytes(image, len(source))
        del source  # a file that was read here is not needed beyond the decoder
        stack.enter_context(memory.take(needed))
        with _explained():
            picture = _develop(image, near)
        yield picture


def file_size(path: Path) -> int:
    """A file's size, 0 where nobody can tell: reading it says why."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


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
    orientation = memory.orientation_of(image) if file_format != "PNG" else 1
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
        orientation = memory.orientation_of(image)
    elif orientation != 1 and memory.orientation_of(image) == 1:
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
