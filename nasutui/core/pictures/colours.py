"""Pixels of any mode -> 8 bit sRGB, transparency on white: the colour half of opening a picture."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image
    from PIL.ImageCms import ImageCmsTransform

_DEEP_GREYS = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_WITH_ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")
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

    values = np.asarray(image)
    scale = _scale_of(image.mode, values)
    grey = np.empty(values.shape, np.uint8)
    rows = max(1, _BAND // max(1, values.shape[1]))
    for first in range(0, values.shape[0], rows):
        band = np.nan_to_num(values[first : first + rows].astype(np.float64)) * scale
        grey[first : first + rows] = np.clip(np.rint(band), 0, 255)
    return PILImage.fromarray(grey)


def _scale_of(mode: str, values: NDArray[np.generic]) -> float:
    import numpy as np

    if mode == "F":
        finite = values[np.isfinite(values)]
        return 1.0 if finite.max(initial=0) > 1 else 255.0
    highest = int(values.max(initial=0)) if mode == "I" else 0
    return 255.0 / highest if highest > 65535 else 1 / 257


def _keyed_out(image: Image.Image) -> Image.Image | None:
    """The transparency of a deep grey with one transparent value, or None."""
    import numpy as np
    from PIL import Image as PILImage

    value = image.info.get("transparency")
    if not isinstance(value, int):
        return None
    opaque = np.asarray(image) != value
    return None if opaque.all() else PILImage.fromarray(opaque.astype(np.uint8) * 255)


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    return converted if converted is not None else image


def to_srgb(image: Image.Image, profile: object, changes: list[str]) -> Image.Image:
    """An L, RGB or CMYK picture as sRGB, from the ICC profile that it carries (bytes, or none)."""
    from PIL import ImageCms

    if isinstance(profile, bytes) and profile:
        try:
            mode, transform = _transform(profile)
            if mode == image.mode or "CMYK" not in (mode, image.mode):
                if transform is None:
                    return image.convert("RGB")
                converted = transform.apply(image.convert(mode))
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
    """An RGB picture with its transparency (L) flattened; changes and returns `colour`."""
    from PIL import ImageChops

    changes.append("flattened")
    colour.paste((255, 255, 255), mask=ImageChops.invert(alpha))
    return colour
