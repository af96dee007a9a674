"""A dozen pictures drawn by code, to try everything on: of different sizes, orientations, formats
and modes, two of them near-duplicates, one whose head a centred square cuts off."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
SKIN, BLUSH, INK = (255, 222, 200), (248, 176, 160), (64, 48, 56)
_OVERSAMPLING = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn. head: centre x as a share of the width; centre y and radius as shares of the
    shorter side."""

    size: tuple[int, int]
    background: Colour
    hair: Colour
    eyes: Colour
    dress: Colour
    head: tuple[float, float, float] = (0.5, 0.42, 0.2)
    smile: bool = True
    long_hair: bool = False
    glasses: bool = False
    props: str = ""


def draw(scene: Scene, background_alpha: int = 255) -> Image.Image:
    """The picture, RGBA."""
    from PIL import Image, ImageDraw

    width, height = (side * _OVERSAMPLING for side in scene.size)
    image = Image.new("RGBA", (width, height), (*scene.background, background_alpha))
    pen = ImageDraw.Draw(image)
    unit = min(width, height)
    x, y, r = scene.head[0] * width, scene.head[1] * unit, scene.head[2] * unit
    if scene.props:
        _PROPS[scene.props](pen, width, height)
    _body(pen, scene, x, y, r, height)
    _head(pen, scene, x, y, r)
    return image.resize(scene.size, Image.Resampling.LANCZOS)


def _circle(pen: ImageDraw.ImageDraw, x: float, y: float, r: float, fill: Colour) -> None:
    pen.ellipse((x - r, y - r, x + r, y + r), fill=fill)


def _body(pen: ImageDraw.ImageDraw, s: Scene, x: float, y: float, r: float, height: int) -> None:
    if s.long_hair:
        pen.rounded_rectangle((x - 1.15 * r, y, x + 1.15 * r, y + 2.6 * r), r / 2, fill=s.hair)
    pen.polygon(
        [(x - 0.7 * r, y + 1.1 * r), (x + 0.7 * r, y + 1.1 * r),
         (x + 1.7 * r, y + 4.2 * r), (x - 1.7 * r, y + 4.2 * r)],
        fill=s.dress,
    )  # fmt: skip
    pen.rectangle((x - 0.22 * r, y + 0.8 * r, x + 0.22 * r, y + 1.25 * r), fill=SKIN)
    for side in (-1, 1):
        pen.line(
            (x + side * 0.7 * r, y + 1.4 * r, x + side * 1.5 * r, y + 2.6 * r),
            fill=SKIN, width=int(0.3 * r),
        )  # fmt: skip
        foot = min(y + 6.2 * r, height)
        pen.line(
            (x + side * 0.5 * r, y + 4.2 * r, x + side * 0.5 * r, foot),
            fill=SKIN,
            width=int(0.34 * r),
        )


def _head(pen: ImageDraw.ImageDraw, s: Scene, x: float, y: float, r: float) -> None:
    _circle(pen, x, y - 0.12 * r, 1.18 * r, s.hair)
    _circle(pen, x, y + 0.12 * r, r, SKIN)
    pen.pieslice((x - 1.1 * r, y - 1.2 * r, x + 1.1 * r, y + 0.7 * r), 190, 350, fill=s.hair)
    for side in (-1, 1):
        eye_x, eye_y = x + side * 0.42 * r, y + 0.2 * r
        pen.ellipse(
            (eye_x - 0.2 * r, eye_y - 0.26 * r, eye_x + 0.2 * r, eye_y + 0.26 * r), fill=INK
        )
        pen.ellipse(
            (eye_x - 0.15 * r, eye_y - 0.16 * r, eye_x + 0.15 * r, eye_y + 0.22 * r), fill=s.eyes
        )
        _circle(pen, eye_x - 0.06 * r, eye_y - 0.1 * r, 0.06 * r, (255, 255, 255))
        _circle(pen, x + side * 0.62 * r, y + 0.55 * r, 0.13 * r, BLUSH)
        if s.glasses:
            pen.ellipse(
                (eye_x - 0.32 * r, eye_y - 0.34 * r, eye_x + 0.32 * r, eye_y + 0.34 * r),
                outline=INK, width=max(2, int(0.06 * r)),
            )  # fmt: skip
    mouth = (x - 0.25 * r, y + 0.45 * r, x + 0.25 * r, y + 0.8 * r)
    if s.smile:
        pen.chord(mouth, 0, 180, fill=(200, 80, 80))
    else:
        pen.arc(mouth, 200, 340, fill=INK, width=max(2, int(0.05 * r)))


def _sea(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    pen.rectangle((0, 0.62 * height, width, height), fill=(40, 110, 190))
    pen.rectangle((0, 0.85 * height, width, height), fill=(238, 214, 160))
    _circle(pen, 0.82 * width, 0.16 * height, 0.08 * width, (255, 244, 190))


def _stars(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    dice = random.Random(7)
    for _star in range(90):
        x, y, r = dice.random() * width, dice.random() * height, dice.random() * 0.006 * width
        _circle(pen, x, y, r, (255, 250, 210))


def _flowers(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    dice = random.Random(11)
    for _flower in range(26):
        x, y = dice.random() * width, height * (0.7 + 0.3 * dice.random())
        r = 0.018 * width
        for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            _circle(pen, x + dx * r, y + dy * r, r * 0.8, (250, 150, 180))
        _circle(pen, x, y, r * 0.6, (250, 220, 90))


_PROPS: dict[str, Callable[[ImageDraw.ImageDraw, int, int], None]] = {
    "sea": _sea,
    "stars": _stars,
    "flowers": _flowers,
}

_GIRL = Scene((1000, 1000), (255, 255, 255), (120, 72, 52), (70, 130, 60), (230, 96, 110))
_SEASIDE = Scene((1400, 900), (150, 205, 245), (250, 214, 120), (60, 120, 200), (250, 250, 250),
                 head=(0.5, 0.4, 0.17), props="sea", long_hair=True)  # fmt: skip
_TALL = Scene((800, 1600), (250, 236, 205), (60, 50, 70), (150, 60, 160), (70, 80, 130),
              head=(0.5, 0.27, 0.2), long_hair=True)  # fmt: skip


def _encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=file_format, **options)
    return buffer.getvalue()


def _rgb(scene: Scene, file_format: str, **options: object) -> bytes:
    return _encoded(draw(scene).convert("RGB"), file_format, **options)


def _turned_phone_photo(scene: Scene) -> bytes:
    """Stored lying on its side with an EXIF note to turn it, as phones do."""
    from PIL import Image

    lying = draw(scene).convert("RGB").transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    return _encoded(lying, "JPEG", quality=90, exif=exif)


def _transparent(scene: Scene) -> bytes:
    return _encoded(draw(scene, background_alpha=0), "PNG")


def _grey(scene: Scene, file_format: str, **options: object) -> bytes:
    return _encoded(draw(scene).convert("L"), file_format, **options)


def _palette(scene: Scene) -> bytes:
    return _encoded(draw(scene).convert("RGB").quantize(64), "GIF")


def _deep_grey(scene: Scene) -> bytes:
    """16 bit grey, as scanners write it."""
    import numpy as np
    from PIL import Image

    values = np.asarray(draw(scene).convert("L"), dtype=np.uint16) * 257
    return _encoded(Image.fromarray(values), "PNG")


def sample_pictures() -> dict[str, Callable[[], bytes]]:
    """File name -> a function that draws its bytes."""
    nearly = replace(_GIRL, head=(0.505, 0.42, 0.2))
    night = replace(_GIRL, background=(24, 24, 48), hair=(190, 190, 215), props="stars",
                    size=(900, 1200), head=(0.5, 0.5, 0.2))  # fmt: skip
    garden = replace(_GIRL, background=(196, 232, 180), hair=(40, 40, 48), glasses=True,
                     dress=(90, 140, 210), props="flowers", size=(1200, 1000))  # fmt: skip
    return {
        "01_white.png": partial(_rgb, _GIRL, "PNG"),
        "02_white_again.png": partial(_rgb, nearly, "PNG"),
        "03_seaside.jpg": partial(_rgb, _SEASIDE, "JPEG", quality=92),
        "04_phone.jpg": partial(_turned_phone_photo, replace(_SEASIDE, size=(900, 1200))),
        "05_tall.webp": partial(_rgb, _TALL, "WEBP", quality=90),
        "06_sticker.png": partial(_transparent, replace(_GIRL, size=(700, 900), smile=False)),
        "07_夜空.png": partial(_rgb, night, "PNG"),
        "08_garden.tiff": partial(_rgb, garden, "TIFF", compression="tiff_lzw"),
        "09_pencil.png": partial(_grey, replace(_GIRL, glasses=True), "PNG"),
        "10_scan.png": partial(_deep_grey, replace(_TALL, size=(600, 800), head=(0.5, 0.4, 0.2))),
        "11_palette.gif": partial(
            _palette, replace(_GIRL, background=(120, 170, 240), size=(640, 640))
        ),
        "12_small.bmp": partial(
            _rgb, replace(_GIRL, background=(250, 170, 190), size=(320, 320), long_hair=True), "BMP"
        ),
    }
