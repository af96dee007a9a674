"""The drawn sample pictures: a dozen, of different kinds, always the same."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from nasutui.core.editing.listing import is_picture_name
from nasutui.core.pictures.images import opened
from nasutui.core.sample import sample_pictures


def test_a_dozen_of_different_sizes_formats_and_modes() -> None:
    files = {name: draw() for name, draw in sample_pictures().items()}
    assert len(files) == 12
    assert all(is_picture_name(name) for name in files)
    sizes, formats, modes, turned = set(), set(), set(), 0
    for data in files.values():
        with Image.open(io.BytesIO(data)) as image:
            sizes.add(image.size)
            formats.add(image.format)
            modes.add(image.mode)
            turned += image.getexif().get(0x0112, 1) != 1
        with opened(data) as picture:
            assert picture.image.mode == "RGB"
    assert len(sizes) >= 6
    assert {"PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"} <= formats
    assert {"RGB", "RGBA", "L", "P"} <= modes
    assert turned == 1
    assert len(set(files.values())) == 12


def test_the_same_bytes_every_time() -> None:
    first, second = ({name: draw() for name, draw in sample_pictures().items()} for _time in (1, 2))
    assert first == second


def test_two_are_near_duplicates_and_no_more() -> None:
    small = {}
    for name, draw in sample_pictures().items():
        with opened(draw()) as picture:
            small[name] = np.asarray(picture.image.resize((32, 32)), dtype=int)
    names = sorted(small)
    near = {
        (a, b)
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if np.abs(small[a] - small[b]).mean() < 4
    }
    assert near == {("01_white.png", "02_white_again.png")}
