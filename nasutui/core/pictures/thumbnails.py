"""Small pictures for the terminal: two pixels a cell, one above the other; cached on disk."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nasutui.core.config import cache_folder
from nasutui.core.errors import PictureError, explain_os_error, os_error_code
from nasutui.core.files import private_folder, write_atomic
from nasutui.core.pictures.images import opened

if TYPE_CHECKING:
    from PIL import Image

MAX_CACHE_BYTES = 200 << 20


def _key(path: Path, width: int, height: int) -> str:
    try:
        status = path.stat()
    except OSError as error:
        raise PictureError(explain_os_error(error, path.name), code=os_error_code(error)) from error
    identity = f"{status.st_mtime_ns}|{status.st_size}|{width}x{height}|"
    return hashlib.sha256(identity.encode() + os.fsencode(path.absolute())).hexdigest()


def thumbnail(path: Path, columns: int, rows: int) -> Image.Image:
    """The picture fitted (LANCZOS) into columns x rows cells, that is columns x 2*rows pixels;
    its height is even. Raises PictureError."""
    from PIL import Image

    width, height = max(1, columns), max(2, rows * 2)
    cached = cache_folder() / "thumbnails" / (_key(path, width, height) + ".png")
    with contextlib.suppress(OSError, SyntaxError, ValueError), Image.open(cached) as stored:
        return stored.convert("RGB")
    with opened(path, near=max(width, height)) as picture:
        image = fitted(picture.image, width, height)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    with contextlib.suppress(OSError):  # a full or read-only cache only makes it slower
        private_folder(cached.parent)
        write_atomic(cached, buffer.getvalue())
    return image


def fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    """The picture as large as fits into width x height pixels, with an even height."""
    from PIL import Image as PILImage

    scale = min(width / image.width, height / image.height)
    size = (max(1, round(image.width * scale)), max(2, round(image.height * scale) // 2 * 2))
    return image.resize(size, PILImage.Resampling.LANCZOS)


def prune_cache(limit: int = MAX_CACHE_BYTES) -> int:
    """Remove the oldest thumbnails until the cache fits the limit (bytes); returns how many."""
    folder = cache_folder() / "thumbnails"
    entries = []
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            with contextlib.suppress(OSError):
                status = entry.stat()
                entries.append((status.st_mtime, status.st_size, entry.path))
    total, removed = sum(size for _time, size, _path in entries), 0
    for _time, size, path in sorted(entries):
        if total <= limit:
            break
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108
            total -= size
            removed += 1
    return removed
