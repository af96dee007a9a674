"""Every picture comes out as a viewer shows it, or is refused by name."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nasutui.core.editing.listing import PICTURE_SUFFIXES, is_picture_name
from nasutui.core.errors import PictureError
from nasutui.core.pictures.images import opened, png_bytes, read_file
from tests.support.raw_pictures import (
    Pixels,
    Sample,
    colours,
    encode,
    grey_profile,
    heif,
    over_white,
    samples,
    smooth,
    srgb_profile,
    swapped_profile,
)

SAMPLES = list(samples())


def shown(data: bytes | Path) -> Pixels:
    """What the product sees of a file."""
    with opened(data) as picture:
        assert picture.image.mode == "RGB"
        return np.asarray(picture.image).copy()


def assert_alike(found: Pixels, expected: Pixels, tolerance: int) -> None:
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= tolerance


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.name)
def test_every_format_and_mode_is_right_to_the_pixel(sample: Sample) -> None:
    assert_alike(shown(sample.data), sample.shows, sample.tolerance)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.name)
def test_a_reduced_picture_shows_the_same(sample: Sample) -> None:
    big = np.repeat(np.repeat(sample.shows, 40, axis=0), 40, axis=1)
    with opened(encode(Image.fromarray(big), "PNG", compress_level=1), near=16) as picture:
        assert picture.size == (big.shape[1], big.shape[0])
        assert max(picture.image.size) >= 3 * 16
        left, top = picture.image.getpixel((0, 0)), tuple(int(v) for v in sample.shows[0, 0])
    assert left == top


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.name)
def test_each_sample_has_a_suffix_that_counts_as_a_picture(sample: Sample) -> None:
    assert is_picture_name(sample.name)


def test_every_suffix_that_counts_as_a_picture_can_be_opened() -> None:
    image = Image.fromarray(smooth())
    registered = {**Image.registered_extensions(), ".heic": "HEIF", ".jfif": "JPEG"}
    for suffix in sorted(PICTURE_SUFFIXES):
        if suffix.startswith(".hei") or suffix == ".hif":
            data = heif(image)
        else:
            data = encode(image, registered.get(suffix, suffix[1:].rstrip("s").upper()))
        assert shown(data).shape == (32, 48, 3), suffix


# Orientation -> what a viewer does to the stored rows and columns.
TURNS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: a.transpose(1, 0, 2)[:, ::-1],
    7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda a: a.transpose(1, 0, 2)[::-1],
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_the_orientation_of_the_camera_is_applied_once(file_format: str, orientation: int) -> None:
    stored = smooth()
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"PNG": {}, "TIFF": {}, "JPEG": {"quality": 98, "subsampling": 0}}
    data = encode(
        Image.fromarray(stored),
        file_format,
        exif=exif,
        **options.get(file_format, {"lossless": True}),
    )
    turned = TURNS[orientation](stored)
    assert_alike(shown(data), turned, 6 if file_format == "JPEG" else 0)
    with opened(data) as picture:
        assert picture.size == (turned.shape[1], turned.shape[0])
        assert ("rotated" in picture.changes) == (orientation != 1)


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("suffix", ["avif", "heic"])
def test_heif_and_avif_are_turned_once(suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(smooth())
    if suffix == "heic":
        data = heif(image, chroma=444, exif=exif.tobytes())
    else:
        data = encode(image, "AVIF", quality=98, subsampling="4:4:4", exif=exif)
    assert_alike(shown(data), TURNS[orientation](smooth()), 8)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_is_nonsense_is_none(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    data = encode(Image.fromarray(colours()), "PNG", exif=exif)
    assert_alike(shown(data), colours(), 0)


def test_damaged_exif_is_no_reason_to_refuse_the_pixels() -> None:
    data = encode(Image.fromarray(colours()), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff broken")
    assert_alike(shown(data), colours(), 0)


def test_a_profile_is_converted_to_srgb_whatever_it_is_called() -> None:
    image = Image.fromarray(colours())
    found = shown(encode(image, "PNG", icc_profile=swapped_profile()))
    reference = colours()[..., ::-1]
    # With exchanged primaries a pure red is a pure blue.
    assert np.abs(found[..., 2].astype(int) - reference[..., 2]).mean() < 12
    assert np.abs(found.astype(int) - colours()).mean() > 30


def test_an_srgb_profile_changes_no_pixel() -> None:
    data = encode(Image.fromarray(colours()), "PNG", icc_profile=srgb_profile())
    assert_alike(shown(data), colours(), 0)
    with opened(data) as picture:
        assert picture.changes == ()


def test_a_grey_profile_counts_for_greys_with_and_without_transparency() -> None:
    grey = colours()[..., 0]
    linear = grey_profile(1.0)
    plain = shown(encode(Image.fromarray(grey), "PNG", icc_profile=linear))
    middle = np.unique(plain[..., 0])
    assert (np.abs(plain.astype(int) - np.dstack([grey] * 3)).max()) > 40, middle
    alpha = np.full(grey.shape, 255, np.uint8)
    alpha[0] = 0
    la = Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)])
    found = shown(encode(la, "PNG", icc_profile=linear))
    assert_alike(found, over_white(plain, alpha), 1)


@pytest.mark.parametrize("profile", [b"", b"no profile", srgb_profile()[:200], grey_profile()])
def test_a_profile_that_does_not_fit_leaves_the_pixels(profile: bytes) -> None:
    cmyk = Image.fromarray(smooth()).convert("CMYK")
    data = encode(cmyk, "TIFF", **({"icc_profile": profile} if profile else {}))
    assert_alike(shown(data), smooth(), 1)


def test_what_hides_under_transparency_does_not_bleed_when_reduced() -> None:
    rgb = np.zeros((600, 600, 3), np.uint8)
    alpha = np.zeros((600, 600), np.uint8)
    data = encode(Image.fromarray(np.dstack([rgb, alpha])), "PNG")
    with opened(data, near=32) as picture:
        assert picture.image.getextrema() == ((255, 255),) * 3


def test_a_written_png_holds_pixels_and_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x010E] = "who, where and when"
    data = encode(
        Image.fromarray(colours()), "JPEG", exif=exif, icc_profile=swapped_profile(), dpi=(300, 300)
    )
    with opened(data) as picture:
        written = png_bytes(picture.image)
    kinds, position = [], 8
    while position < len(written):
        length = int.from_bytes(written[position : position + 4])
        kinds.append(written[position + 4 : position + 8])
        position += 12 + length
    assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}
    with Image.open(io.BytesIO(written)) as again:
        assert (again.mode, again.info) == ("RGB", {})


def test_the_same_pixels_give_the_same_bytes() -> None:
    assert png_bytes(Image.fromarray(colours())) == png_bytes(Image.fromarray(colours()).copy())


def test_the_name_does_not_decide_what_a_file_is(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encode(Image.fromarray(smooth()), "JPEG", quality=98, subsampling=0))
    assert_alike(shown(path), smooth(), 6)


def test_reading_a_file_returns_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "絵 \x1b[31m.png"
    path.write_bytes(b"some bytes")
    assert read_file(path) == b"some bytes"


def test_refusals_carry_a_stable_code(tmp_path: Path) -> None:
    with pytest.raises(PictureError) as caught, opened(b"GIF89a and no more"):
        pass
    assert caught.value.code in ("not-a-picture", "damaged", "truncated")
