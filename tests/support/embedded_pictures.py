"""Pictures drawn by code, for which it is known what an honest tagger says of them."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageOps

Size = tuple[int, int]
Picture = Callable[[Size], Image.Image]

SQUARE, PORTRAIT, LANDSCAPE = (400, 400), (380, 570), (580, 400)
# How the same picture may arrive.
ARRIVALS: dict[str, tuple[Size, Callable[[Image.Image], Image.Image]]] = {
    "square": (SQUARE, lambda image: image),
    "portrait": (PORTRAIT, lambda image: image),
    "landscape": (LANDSCAPE, lambda image: image),
    "tall": ((260, 650), lambda image: image),
    "noisy-portrait": ((330, 480), lambda image: noisy(image, 7)),
    "jpeg-landscape": ((500, 375), lambda image: jpeg(image, 60)),
}


def rgb(code: str) -> tuple[int, int, int]:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def noisy(image: Image.Image, sigma: float) -> Image.Image:
    """The same grain on all channels, as of a scan."""
    pixels = np.asarray(image.convert("RGB"), np.float64)
    grain = np.random.default_rng(7).normal(0, sigma, (*pixels.shape[:2], 1))
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def plain(code: str) -> Picture:
    return lambda size: Image.new("RGB", size, rgb(code))


def gradient(first: str, last: str, *, sideways: bool = False) -> Picture:
    def draw(size: Size) -> Image.Image:
        width, height = size
        way = np.linspace(0, 1, width)[None, :] if sideways else np.linspace(0, 1, height)[:, None]
        steps = np.broadcast_to(way, (height, width))[..., None]
        colours = np.array(rgb(first)) * (1 - steps) + np.array(rgb(last)) * steps
        return Image.fromarray(colours.round().astype(np.uint8))

    return draw


def tiles(*codes: str, side: int = 48) -> Picture:
    """Tiles of all these colours in an irregular order: an edge as busy as can be."""

    def draw(size: Size) -> Image.Image:
        random = np.random.default_rng(5)
        image = Image.new("RGB", size)
        pen = ImageDraw.Draw(image)
        for x in range(0, size[0], side):
            for y in range(0, size[1], side):
                colour = codes[random.integers(len(codes))]
                pen.rectangle((x, y, x + side, y + side), rgb(colour))
        return image

    return draw


def figure(
    background: Picture,
    *,
    skin: str = "ffe0c8",
    hair: str = "5c4033",
    clothes: str = "4169e1",
    eyes: str = "2050a0",
    line: str = "201818",
    full: bool = False,
    bow: str | None = None,
) -> Picture:
    """A person with outlines, anti-aliased: head and shoulders cut off by the lower edge, or
    standing free (`full`)."""

    def draw(size: Size) -> Image.Image:
        image = background(size)
        image = image.resize((size[0] * 2, size[1] * 2), Image.Resampling.NEAREST)
        unit = min(image.size) * (0.55 if full else 0.9)
        left, top = image.width / 2, image.height * 0.08
        pen, width = ImageDraw.Draw(image), max(2, min(image.size) // 150)

        def at(*points: float) -> list[float]:
            return [(left if i % 2 == 0 else top) + p * unit for i, p in enumerate(points)]

        def oval(colour: str, *points: float) -> None:
            pen.ellipse(at(*points), rgb(colour), rgb(line), width)

        def shape(colour: str, *points: float) -> None:
            pen.polygon(at(*points), rgb(colour))
            pen.line(at(*points, *points[:2]), rgb(line), width)

        if full:
            shape(clothes, -0.14, 0.45, 0.14, 0.45, 0.3, 0.95, 0.22, 1.0, -0.22, 1.0, -0.3, 0.95)
            shape(skin, -0.12, 1.0, -0.02, 1.0, -0.03, 1.45, -0.11, 1.45)
            shape(skin, 0.02, 1.0, 0.12, 1.0, 0.11, 1.45, 0.03, 1.45)
        else:
            shape(clothes, -0.12, 0.44, -0.42, 0.56, -0.48, 3.0, 0.48, 3.0, 0.42, 0.56, 0.12, 0.44)
        oval(hair, -0.25, 0.0, 0.25, 0.5)
        oval(skin, -0.18, 0.12, 0.18, 0.47)
        oval(eyes, -0.12, 0.25, -0.06, 0.32)
        oval(eyes, 0.06, 0.25, 0.12, 0.32)
        if bow:
            shape(bow, -0.16, 0.48, 0.16, 0.66, 0.16, 0.48, -0.16, 0.66)
        return image.reduce(2)

    return draw


def greyscale(picture: Picture) -> Picture:
    return lambda size: ImageOps.grayscale(picture(size)).convert("RGB")


def tinted(picture: Picture, dark: str, middle: str, light: str) -> Picture:
    def draw(size: Size) -> Image.Image:
        grey = ImageOps.grayscale(picture(size))
        return ImageOps.colorize(grey, rgb(dark), rgb(light), rgb(middle))

    return draw


def framed(picture: Picture, code: str, across: float, down: float) -> Picture:
    """Bars left and right (`across`) and above and below (`down`), as shares of the size."""

    def draw(size: Size) -> Image.Image:
        beside, above = round(size[0] * across), round(size[1] * down)
        image = Image.new("RGB", size, rgb(code))
        image.paste(picture((size[0] - 2 * beside, size[1] - 2 * above)), (beside, above))
        return image

    return draw


def scene(size: Size) -> Image.Image:
    """Something like a photograph of a landscape: no part of its edge is plain."""
    random = np.random.default_rng(3)
    coarse = random.integers(30, 226, (9, 9, 3), dtype=np.uint8)
    fine = random.integers(0, 256, (70, 70, 3), dtype=np.uint8)
    layers = [Image.fromarray(a).resize(size, Image.Resampling.BICUBIC) for a in (coarse, fine)]
    return Image.blend(layers[0], layers[1], 0.35)
