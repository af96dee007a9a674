"""Broken, hostile and misnamed pictures: refused by name, never a half picture, never a traceback."""

from __future__ import annotations

import os
import random
import struct
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nasutui.core.errors import PictureError
from nasutui.core.pictures.images import opened
from nasutui.core.pictures.memory import MAX_PIXELS
from tests.support.raw_pictures import Sample, encode, heif, samples, smooth

CODES = {
    "not-a-picture", "damaged", "truncated", "too-large", "empty", "not-a-file", "missing",
    "link-loop", "no-permission",
}  # fmt: skip


def refusal(source: bytes | Path, near: int | None = None) -> str:
    """The code under which a picture is refused."""
    with pytest.raises(PictureError) as caught, opened(source, near=near):
        pass
    assert caught.value.code in CODES
    assert str(caught.value)
    return caught.value.code


def large_files() -> dict[str, bytes]:
    image = Image.fromarray(smooth(256, 192))
    noise = random.Random(5).randbytes(256 * 192 * 3)
    rough = Image.frombytes("RGB", (256, 192), noise)
    return {
        "png": encode(rough, "PNG"),
        "jpg": encode(image, "JPEG"),
        "progressive.jpg": encode(rough, "JPEG", progressive=True),
        "webp": encode(rough, "WEBP"),
        "lossless.webp": encode(rough, "WEBP", lossless=True),
        "avif": encode(rough, "AVIF"),
        "gif": encode(rough.quantize(256), "GIF"),
        "bmp": encode(rough, "BMP"),
        "tiff": encode(rough, "TIFF"),
        "lzw.tiff": encode(rough, "TIFF", compression="tiff_lzw"),
        "heic": heif(rough),
    }


FILES = large_files()


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_is_refused_or_whole(name: str) -> None:
    data = FILES[name]
    with opened(data) as picture:
        whole = np.asarray(picture.image).copy()
    cuts = {1, 2, 8, 11, 12, 13, 16, 32, len(data) - 1, len(data) - 2, len(data) - 12}
    cuts |= {len(data) * i // 24 for i in range(1, 24)}
    for cut in sorted(c for c in cuts if 0 < c < len(data)):
        try:
            with opened(data[:cut]) as picture:
                found = np.asarray(picture.image)
        except PictureError as error:
            assert error.code in CODES
        else:
            assert np.array_equal(found, whole), f"half a picture at {cut} of {len(data)}"


@pytest.mark.parametrize("name", FILES)
def test_scrambled_files_never_raise_anything_else(name: str) -> None:
    dice = random.Random(name)
    for _try in range(40):
        data = bytearray(FILES[name])
        for _byte in range(dice.choice([1, 3, 30])):
            data[dice.randrange(min(len(data), 2000))] = dice.randrange(256)
        near = dice.choice([None, 16])
        try:
            with opened(bytes(data), near=near) as picture:
                picture.image.tobytes()
        except PictureError as error:
            assert error.code in CODES


@pytest.mark.parametrize("sample", list(samples()), ids=lambda s: s.name)
def test_an_empty_half_is_refused_for_every_kind(sample: Sample) -> None:
    try:
        with opened(sample.data[: len(sample.data) // 2]) as picture:
            found = np.asarray(picture.image).astype(int)
    except PictureError as error:
        assert error.code in CODES
    else:  # an animation may be cut behind its first frame
        assert np.abs(found - sample.shows).max() <= sample.tolerance


def png_header(width: int, height: int) -> bytes:
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + body
    head = (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )
    return head + struct.pack(">I", 1000) + b"IDAT"


@pytest.mark.parametrize(
    ("width", "height"),
    [(100_001, 1000), (60_000, 60_000), (2_147_483_647, 2), (MAX_PIXELS + 1, 1)],
)
def test_bombs_are_refused_before_they_are_decoded(width: int, height: int) -> None:
    assert refusal(png_header(width, height) + b"\0" * 50) in (
        "too-large",
        "damaged",
        "not-a-picture",
    )


def test_a_bomb_says_its_size() -> None:
    with (
        pytest.raises(PictureError, match="20000 x 20000") as caught,
        opened(png_header(20_000, 20_000)),
    ):
        pass
    assert caught.value.code == "too-large"


def test_a_text_chunk_that_unpacks_to_much_does_not_fill_the_memory() -> None:
    data = encode(Image.fromarray(smooth()), "PNG")
    bomb = b"zTXtComment\0\0" + zlib.compress(bytes(200_000_000), 9)
    chunk = struct.pack(">I", len(bomb) - 4) + bomb + struct.pack(">I", zlib.crc32(bomb))
    cut = data.index(b"IDAT") - 4
    assert refusal(data[:cut] + chunk + data[cut:]) == "damaged"


@pytest.mark.parametrize(
    "data",
    [b"\0", b"hello", b"<html></html>", b"PK\x03\x04" + bytes(60), b"%PDF-1.7\n", b"\x7fELF" + bytes(90),
     b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"P6 2 2 255\n" + bytes(12),
     b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\0\0\0\x0cftypheic", b"RIFF\x10\0\0\0WEBPVP8 "],
)  # fmt: skip
def test_what_is_no_picture_of_ours_is_refused(data: bytes) -> None:
    assert refusal(data) in ("not-a-picture", "damaged", "truncated")


def test_things_that_are_no_files(tmp_path: Path) -> None:
    pipe, folder, loop = tmp_path / "pipe.png", tmp_path / "folder.png", tmp_path / "loop.png"
    broken, empty = tmp_path / "broken.png", tmp_path / "empty.png"
    os.mkfifo(pipe)
    folder.mkdir()
    loop.symlink_to(loop)
    broken.symlink_to(tmp_path / "nowhere")
    empty.touch()
    found = {path.name: refusal(path) for path in (pipe, folder, loop, broken, empty)}
    assert found == {
        "pipe.png": "not-a-file", "folder.png": "not-a-file", "loop.png": "link-loop",
        "broken.png": "missing", "empty.png": "empty",
    }  # fmt: skip


def test_large_pictures_share_the_memory_without_waiting_for_ever() -> None:
    side = 7000  # two of them are more than may be open at once
    data = encode(Image.new("L", (side, side), 200), "PNG", compress_level=1)
    sizes: list[tuple[int, int]] = []

    def look() -> None:
        with opened(data, near=64) as picture:
            sizes.append(picture.size)

    threads = [threading.Thread(target=look, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sizes == [(side, side)] * 4


def test_a_failure_gives_the_memory_back() -> None:
    whole = encode(Image.new("1", (9900, 9900)), "PNG", compress_level=1)
    for _time in range(3):
        assert refusal(whole[: len(whole) // 2]) == "truncated"


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_a_png_whose_pixels_are_damaged_is_refused_not_black(mode: str) -> None:
    data = encode(Image.new("RGB", (70, 70), (100, 200, 9)).convert(mode), "PNG")
    at = data.index(b"IDAT") + 10
    for bad in (data[:at] + b"\xff" * 20 + data[at + 20 :], data[: at + 8]):
        with pytest.raises(PictureError) as caught, opened(bad):
            pass
        assert caught.value.code in ("damaged", "truncated")
