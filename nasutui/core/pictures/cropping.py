"""Pictures of a crop for the screen: the raw picture with its box, and what will come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasutui.core.pictures.crop import BOX, SMART, Plan, plan
from nasutui.core.pictures.crops import Crop
from nasutui.core.pictures.smart import smart_box
from nasutui.core.pictures.thumbnails import fitted

if TYPE_CHECKING:
    from PIL import Image

_FRAME = (255, 158, 100)


def plan_for(image: Image.Image, full: tuple[int, int], size: int, crop: Crop) -> Plan:
    """The plan of a crop. image: the picture or a smaller copy; full: the real width and height."""
    box = crop.box
    if crop.mode == SMART and box is None:
        factor = full[0] / image.width
        left, top, right, bottom = (round(side * factor) for side in smart_box(image))
        box = (left, top, right, bottom)
    return plan(*full, size, crop.mode, box if crop.mode in (SMART, BOX) else None)


def cut(image: Image.Image, full: tuple[int, int], to_do: Plan) -> Image.Image:
    """What will come out of the picture (or of a smaller copy of it), in the copy's scale."""
    from PIL import Image as PILImage

    factor = image.width / full[0]
    left, top, right, bottom = (side * factor for side in to_do.box)
    if to_do.scaled == to_do.size:
        return image.crop((int(left), int(top), max(int(left) + 1, round(right)),
                           max(int(top) + 1, round(bottom))))  # fmt: skip
    side = max(image.size)
    canvas = PILImage.new("RGB", (side, side), (255, 255, 255))
    canvas.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return canvas


def with_box(
    image: Image.Image, full: tuple[int, int], to_do: Plan, width: int, height: int
) -> Image.Image:
    """The picture fitted into width x height pixels; what falls away is dark, the box framed."""
    from PIL import Image as PILImage
    from PIL import ImageDraw

    small = fitted(image, width, height)
    if to_do.box == (0, 0, *full):
        return small
    scale_x, scale_y = small.width / full[0], small.height / full[1]
    left, top, right, bottom = to_do.box
    box = (
        round(left * scale_x),
        round(top * scale_y),
        max(round(left * scale_x) + 1, round(right * scale_x)) - 1,
        max(round(top * scale_y) + 1, round(bottom * scale_y)) - 1,
    )
    dark = PILImage.blend(small, PILImage.new("RGB", small.size, (16, 16, 24)), 0.65)
    inner = (box[0], box[1], box[2] + 1, box[3] + 1)
    dark.paste(small.crop(inner), inner)
    ImageDraw.Draw(dark).rectangle(box, outline=_FRAME)
    return dark
