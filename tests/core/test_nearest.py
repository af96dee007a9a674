"""The dataset's picture that looks most like another."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from nasutui.core.errors import InputError, PictureError
from nasutui.core.pictures.nearest import nearest
from tests.support.datasets import noise, plain, png


def test_a_copy_is_found_whatever_its_size_and_format(tmp_path: Path) -> None:
    folder = plain(tmp_path / "tagged", 6)
    with Image.open(folder / "img004.png") as picture:
        picture.resize((300, 250)).convert("RGB").save(tmp_path / "made.jpg", quality=70)
    found = nearest(tmp_path / "made.jpg", folder)
    assert found is not None
    assert found[0] == folder / "img004.png"
    assert found[1] > 0.9


def test_another_picture_is_less_alike(tmp_path: Path) -> None:
    folder = plain(tmp_path / "tagged", 3)
    (tmp_path / "made.png").write_bytes(png(noise(99)))
    found = nearest(tmp_path / "made.png", folder)
    assert found is not None
    assert found[1] < 0.9


def test_pictures_of_one_colour_and_broken_ones_do_not_stop_it(tmp_path: Path) -> None:
    folder = plain(tmp_path / "tagged", 1)
    (folder / "broken.png").write_bytes(b"\x89PNG")
    Image.new("RGB", (40, 40), (9, 9, 9)).save(folder / "flat.png")
    Image.new("RGB", (40, 40), (0, 0, 0)).save(tmp_path / "black.png")
    assert nearest(tmp_path / "black.png", folder) is not None


def test_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "made.png").write_bytes(png(noise(1)))
    assert nearest(tmp_path / "made.png", tmp_path / "empty") is None
    with pytest.raises(PictureError):
        nearest(tmp_path / "missing.png", tmp_path / "empty")
    with pytest.raises(InputError):
        nearest(tmp_path / "made.png", tmp_path / "no-folder")
