"""Pixels of any mode -> 8 bit sRGB, transparency on white: the colour half of opening a picture."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image
    from PIL.ImageCms import ImageCmsTransform

_DEEP_GREYS = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_WITH_ALPHA = ("RGBA", "PA", "La", "RGBa")
_MODE_OF_PROFILE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_BAND = 1 << 22  # pixels of a deep grey turned at a time, so that a large scan needs no second one
# Two sRGB profiles of different makers differ by this much after rounding; none is worth a change.
_SAME_COLOUR = 2


def split(image: Image.Image, changes: list[str]) -> tuple[Image.Image, Image.Image | None]:
    """The colours of a loaded picture as L, RGB or CMYK, 8 bit, and its transparency as L (None:
    opaque)."""
    if image.mode in _DEEP_GREYS:
        changes.append("depth")
        return _to_8_bit(image), _keyed_out(image)
    if image.mode == "LA":
        alpha = image.getchannel("A")
        return image.convert("L"), None if alpha.getextrema() == (255, 255) else alpha
    if image.mode in _WITH_ALPHA or image.has_transparency_data:
        rgba = image if image.mode == "RGBA" else image.convert("RGBA")
        alpha = rgba.getchannel("A")
        if alpha.getextrema() == (255, 255):
            return rgba.convert("RGB"), None
        return rgba.convert("RGB"), alpha
    if image.mode in ("L", "RGB", "CMYK"):
        return image, None
    if image.mode == "1":
        return image.convert("L"), None
    if image.mode == "LAB":
        return _from_lab(image), None
    return image.convert("RGB"), None


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Greys of 16 or 32 bit to 8, as viewers show them: 65,535 is white (the taggers' author divides
    by 257 too). Floats count from 0 to 1 unless they go further, then to 255."""
    import numpy as np
    from PIL import Image as PILImage

    scale = _scale_of(image)
    grey = np.empty((image.height, image.width), np.uint8)
    for first, values in _bands(image):
        band = np.nan_to_num(values.astype(np.float64)) * scale
        grey[first : first + len(values)] = np.clip(np.rint(band), 0, 255)
    return PILImage.fromarray(grey)


def _bands(image: Image.Image) -> Iterator[tuple[int, NDArray[np.generic]]]:
    """The values of a deep grey, some rows at a time, each with its first row's number."""
    import numpy as np

    rows = max(1, _BAND // image.width)
    for first in range(0, image.height, rows):
        last = min(image.height, first + rows)
        yield first, np.asarray(image.crop((0, first, image.width, last)))


def _scale_of(image: Image.Image) -> float:
    import numpy as np

    if image.mode not in ("F", "I"):
        return 1 / 257
    highest = max(values[np.isfinite(values)].max(initial=0) for _first, values in _bands(image))
    if image.mode == "F":
        return 1.0 if highest > 1 else 255.0
    return 255.0 / int(highest) if highest > 65535 else 1 / 257


def _keyed_out(image: Image.Image) -> Image.Image | None:
    """The transparency of a deep grey with one transparent value, or None."""
    import numpy as np
    from PIL import Image as PILImage

    value = image.info.get("transparency")
    if not isinstance(value, int):
        return None
    opaque = np.empty((image.height, image.width), np.uint8)
    for first, values in _bands(image):
        opaque[first : first + len(values)] = (values != value) * np.uint8(255)
    return None if opaque.all() else PILImage.fromarray(opaque)


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    return converted if converted is not None else image


def to_srgb(image: Image.Image, profile: object, changes: list[str]) -> Image.Image:
    """An L, RGB or CMYK picture as sRGB, from the ICC profile that it carries (bytes, or none);
    changes and returns `image` where it can."""
    from PIL import ImageCms

    if isinstance(profile, bytes) and profile:
        try:
            mode, transform = _transform(profile)
            if mode == image.mode or "CMYK" not in (mode, image.mode):
                if transform is None:
                    return image.convert("RGB")
                source = image if image.mode == mode else image.convert(mode)
                if mode == "RGB":  # in its own place: a second copy of a large one is too much
                    converted = transform.apply_in_place(source)
                else:
                    converted = transform.apply(source)
                changes.append("icc")
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
        changes.append("bad-icc")
    return image if image.mode == "RGB" else image.convert("RGB")


@functools.lru_cache(maxsize=8)
def _transform(profile: bytes) -> tuple[str, ImageCmsTransform | None]:
    """The mode that a profile is for, and the way from it to sRGB (None: it is sRGB).

    What a profile does is tried on a few colours, because its name says nothing: descriptions that
    begin with sRGB are found on other colour spaces. Raises what ImageCms raises, and ValueError.
    """
    from PIL import ImageCms

    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = _MODE_OF_PROFILE.get(source.profile.xcolor_space.strip())
    if mode is None:
        raise ValueError("a profile of another colour space")
    target = ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(source, target, mode, "RGB")
    if mode != "CMYK" and _changes_nothing(transform, mode):
        return mode, None
    return mode, transform


def _changes_nothing(transform: ImageCmsTransform, mode: str) -> bool:
    import numpy as np
    from PIL import Image as PILImage

    ramp = np.arange(0, 256, 15, dtype=np.uint8)
    if mode == "L":
        colours = np.repeat(ramp[:, None], 3, axis=1)[None]
    else:
        grid = np.meshgrid(ramp, ramp, ramp, indexing="ij")
        colours = np.stack(grid, axis=-1).reshape(1, -1, 3)
    probe = PILImage.fromarray(np.ascontiguousarray(colours))
    shown = np.asarray(transform.apply(probe.convert(mode)), dtype=np.int16)
    return int(np.abs(shown - colours).max()) <= _SAME_COLOUR


def on_white(colour: Image.Image, alpha: Image.Image, changes: list[str]) -> Image.Image:
    """A picture with its transparency (L) flattened, as RGB; changes and returns `colour` if it is
    RGB."""
    from PIL import ImageChops

    changes.append("flattened")
    if colour.mode != "RGB":
        colour = colour.convert("RGB")
    colour.paste((255, 255, 255), mask=ImageChops.invert(alpha))
    return colour
