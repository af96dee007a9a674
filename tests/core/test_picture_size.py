"""The shorter side from a file's first bytes is the shorter side of the picture."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nasutui.core.pictures.images import opened
from nasutui.core.pictures.size import shorter_side

FORMATS = [
    ("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("GIF", {}), ("BMP", {}),
    ("TIFF", {}), ("WEBP", {"lossless": True}), ("WEBP", {"quality": 50}), ("WEBP", {"exif": b"x"}),
    ("AVIF", {}),
]  # fmt: skip


@pytest.mark.parametrize("size", [(37, 91), (300, 17), (64, 64)])
@pytest.mark.parametrize(("kind", "options"), FORMATS)
def test_it_is_what_opening_the_picture_gives(
    tmp_path: Path, kind: str, options: dict[str, object], size: tuple[int, int]
) -> None:
    path = tmp_path / "picture"
    Image.new("RGB", size, (200, 100, 50)).save(path, format=kind, **options)
    with opened(path) as picture:
        assert shorter_side(str(path)) == min(picture.size) == min(size)


def test_a_jpeg_with_much_before_its_frame_and_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "x" * 60_000
    Image.new("RGB", (50, 20)).save(path, exif=exif, icc_profile=b"p" * 100_000, comment="hello")
    assert shorter_side(str(path)) == 20


@pytest.mark.parametrize("cut", [0, 1, 8, 16, 20, 23, 30])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_file_cut_short_is_not_guessed_at(tmp_path: Path, kind: str, cut: int) -> None:
    whole = tmp_path / "whole"
    Image.new("RGB", (40, 30)).save(whole, format=kind)
    path = tmp_path / "cut"
    path.write_bytes(whole.read_bytes()[:cut])
    assert shorter_side(str(path)) in (0, 30)


def test_what_is_no_picture_has_no_side_and_nothing_blocks(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("text.png", "folder.png", "pipe.png", "nowhere.png"):
        assert shorter_side(str(tmp_path / name)) == 0


HEADS = st.sampled_from(
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8", b"GIF89a", b""]
)


@given(HEADS, st.binary(max_size=80))
def test_any_bytes_are_taken(
    tmp_path_factory: pytest.TempPathFactory, head: bytes, rest: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.png"
    path.write_bytes(head + rest)
    assert shorter_side(str(path)) >= 0
