"""Near-duplicates are found; other pictures are not taken for them."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from nasutui.core.pictures.similar import fingerprint, near_duplicates
from nasutui.core.sample import sample_pictures
from tests.support.datasets import jpeg, noise


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def original() -> Image.Image:
    return opened(sample_pictures()["03_seaside.jpg"]())


SAME: dict[str, Callable[[Image.Image], Image.Image]] = {
    "copy": lambda i: i,
    "smaller": lambda i: i.resize((i.width // 3, i.height // 3)),
    "larger": lambda i: i.resize((i.width * 2, i.height * 2)),
    "strong JPEG": lambda i: opened(jpeg(i, quality=20)),
    "a little brighter": lambda i: ImageEnhance.Brightness(i).enhance(1.05),
    "cut by a hundredth": lambda i: i.crop((8, 6, i.width - 8, i.height - 6)),
}
OTHER: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": ImageOps.mirror,
    "upside down": ImageOps.flip,
    "its left half": lambda i: i.crop((0, 0, i.width // 2, i.height)),
    "recoloured": lambda i: Image.merge("RGB", i.split()[::-1]),
    "noise": lambda i: noise(3, i.size),
    "white": lambda i: Image.new("RGB", i.size, "white"),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_picture_in_another_form_is_found(name: str) -> None:
    prints = [fingerprint(original()), fingerprint(noise(1)), fingerprint(SAME[name](original()))]
    assert near_duplicates(prints) == [(2, 0)]


@pytest.mark.parametrize("name", OTHER)
def test_another_picture_is_not(name: str) -> None:
    assert near_duplicates([fingerprint(original()), fingerprint(OTHER[name](original()))]) == []


def line_art(seed: int, lines: int) -> Image.Image:
    """Thin lines on white: pictures whose colours are nearly the same."""
    dice = random.Random(seed)
    image = Image.new("RGB", (800, 800), "white")
    pen = ImageDraw.Draw(image)
    for _line in range(lines):
        x, y, r = dice.random() * 800, dice.random() * 800, 20 + dice.random() * 150
        box, angles = (x - r, y - r, x + r, y + r), (dice.random() * 360, dice.random() * 360)
        pen.arc(box, *angles, fill=(40, 30, 30), width=6)
    return image


@pytest.mark.parametrize("lines", [2, 5, 14])
def test_drawings_on_white_are_told_apart(lines: int) -> None:
    drawings = [line_art(seed, lines) for seed in range(12)]
    again = opened(jpeg(drawings[3], quality=40))
    prints = [fingerprint(image) for image in [*drawings, again]]
    assert near_duplicates(prints) == [(12, 3)]


def test_of_the_sample_pictures_one_is_a_near_duplicate() -> None:
    pictures = {
        name: opened(draw()) for name, draw in sample_pictures().items() if "scan" not in name
    }
    names = list(pictures)
    found = near_duplicates([fingerprint(p) for p in pictures.values()])
    assert [(names[a], names[b]) for a, b in found] == [("02_white_again.png", "01_white.png")]


def test_each_of_many_copies_names_one_before_it() -> None:
    prints = [fingerprint(noise(i % 140)) for i in range(300)]
    found = near_duplicates(prints)
    assert [later for later, _earlier in found] == list(range(140, 300))
    assert all(earlier < later and (later - earlier) % 140 == 0 for later, earlier in found)


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(count: int) -> None:
    assert near_duplicates([fingerprint(noise(1))] * count) == []
