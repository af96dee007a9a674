"""The largest picture of each form that is opened at all: preparing it stays under 1 GB.

`nasutui.core.pictures.memory` says how many bytes a pixel takes at the worst moment; this measures
whether that is still so with the decoders that are installed.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nasutui.core.errors import PictureError
from nasutui.core.pictures.images import opened
from tests.e2e.test_hostile_pictures import GIGABYTE, measured
from tests.support.raw_pictures import encode, heif, swapped_profile

_GLASS = (10, 20, 30, 100)
# Mode, colour, format and options: each goes another way through the decoder and the colours.
FORMS: dict[str, tuple[str, Any, str, dict[str, Any]]] = {
    "rgba.png": ("RGBA", _GLASS, "PNG", {"icc_profile": swapped_profile(), "turned": True}),
    "rgb.png": ("RGB", _GLASS[:3], "PNG", {"icc_profile": swapped_profile(), "turned": True}),
    "la.png": ("LA", _GLASS[:2], "PNG", {}),
    "l.png": ("L", 9, "PNG", {}),
    "bits.png": ("1", 1, "PNG", {}),
    "palette.png": ("P", 3, "PNG", {"transparency": bytes(range(256))}),
    "deep.png": ("I;16", 3000, "PNG", {"transparency": 5}),
    "whole.tiff": ("I", 3000, "TIFF", {"compression": "tiff_deflate"}),
    "float.tiff": ("F", 0.5, "TIFF", {"compression": "tiff_deflate"}),
    "lab.tiff": ("LAB", _GLASS[:3], "TIFF", {"compression": "tiff_deflate"}),
    "raw.tiff": ("RGBA", _GLASS, "TIFF", {}),
    "raw.bmp": ("RGB", _GLASS[:3], "BMP", {}),
    "cmyk.jpg": ("CMYK", _GLASS, "JPEG", {}),
    "progressive.jpg": ("RGB", _GLASS[:3], "JPEG", {"progressive": True, "subsampling": 0}),
    "keyed.gif": ("P", 3, "GIF", {"transparency": 3}),
    "rgba.webp": ("RGBA", _GLASS, "WEBP", {"lossless": True, "method": 0}),
    "rgba.avif": ("RGBA", _GLASS, "AVIF", {"speed": 10}),
    "rgb.heic": ("RGB", _GLASS[:3], "HEIF", {}),
}


def picture(form: str, side: int) -> bytes:
    """A picture of one colour, side x side."""
    mode, colour, file_format, options = FORMS[form]
    options = dict(options)
    if options.pop("turned", False):
        exif = Image.Exif()
        exif[0x0112] = 6
        options["exif"] = exif
    image = Image.new(mode, (side, side), colour)
    return heif(image) if file_format == "HEIF" else encode(image, file_format, **options)


def largest(form: str, path: Path) -> None:
    """Write the largest picture of a form that is not refused."""
    million = 100
    while True:
        path.write_bytes(picture(form, math.isqrt(million * 1_000_000)))
        try:
            with opened(path):
                return
        except PictureError as error:
            assert error.code == "too-large"
            million -= 8


@pytest.mark.soak
@pytest.mark.parametrize("form", FORMS)
def test_the_largest_picture_is_prepared_within_a_gigabyte(form: str, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    largest(form, raw / form)
    run = measured(tmp_path, "prepare", "--input", raw, "--output", tmp_path / "out")
    print(f"{form}: {(raw / form).stat().st_size >> 20} MB file, peak {run.peak >> 20} MB")
    assert run.answer.summary["made"] == 1
    assert run.peak < GIGABYTE
