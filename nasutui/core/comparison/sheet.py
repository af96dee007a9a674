"""The grid of a comparison as rows and columns, and as one labelled picture."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nasutui.core.comparison.plan import Cell, Record
from nasutui.core.errors import PictureError
from nasutui.core.files import write_atomic
from nasutui.core.pictures.images import opened

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

SHEET = "compare.png"
_LARGE, _SMALL, _MOST_ROWS = 256, 128, 40
_GAP, _LINE = 6, 20
_PAPER, _INK, _FAINT, _BAD, _BEST = "#ffffff", "#1d1a26", "#777386", "#b3183a", "#2f6f1f"


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells as a table: columns are weights (0: the baseline), a row is one LoRA and seed."""

    weights: tuple[float, ...]
    rows: tuple[tuple[str, int], ...]

    def cell(self, row: int, column: int) -> Cell:
        """The cell at a place; the baseline stands in the row of each LoRA."""
        lora, seed = self.rows[row]
        weight = self.weights[column]
        return Cell(lora, weight, seed) if weight else Cell("", 0.0, seed)


def grid_of(cells: Sequence[Cell]) -> Grid:
    """The table of these cells."""
    weights = tuple(dict.fromkeys(cell.weight for cell in cells))
    rows = tuple(dict.fromkeys((cell.lora, cell.seed) for cell in cells if cell.lora))
    return Grid(tuple(sorted(weights)), rows)


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Names without what they all begin with, so that epochs can be told apart in little room."""
    common = names[0] if len(set(names)) > 1 else ""
    for name in names:
        while not name.startswith(common):
            common = common[:-1]
    common = common[: max(common.rfind("-"), common.rfind("_")) + 1].rstrip("0")
    return {name: name[len(common) :].lstrip("-_") or name for name in names}


def save_sheet(
    record: Record,
    labels: Mapping[str, str],
    best: tuple[str, float] | None,
    title: str,
) -> Path:
    """Write the contact sheet; labels: cell key -> what to write below its picture. Raises
    OSError."""
    image = draw_sheet(record, labels, best, title)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=False)
    path = record.folder / SHEET
    write_atomic(path, buffer.getvalue())
    return path


def draw_sheet(
    record: Record,
    labels: Mapping[str, str],
    best: tuple[str, float] | None,
    title: str,
) -> Image.Image:
    """The contact sheet. best: LoRA and weight to frame."""
    from PIL import Image, ImageDraw, ImageFont

    grid = grid_of(record.plan)
    side = _LARGE if len(grid.rows) <= _MOST_ROWS else _SMALL
    font = ImageFont.load_default(size=14)
    left = 2 * _GAP + max((int(font.getlength(_row_name(r))) for r in grid.rows), default=0)
    top = 2 * _LINE + 2 * _GAP
    step_x, step_y = side + _GAP, side + _LINE + _GAP
    size = (left + step_x * len(grid.weights) + _GAP, top + step_y * len(grid.rows) + _GAP)
    image = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(image)
    _text(pen, font, (_GAP, _GAP), _cut(font, _latin(title), size[0] - 2 * _GAP), _FAINT)
    for column, weight in enumerate(grid.weights):
        head = f"weight {weight:g}" if weight else "no LoRA"
        _text(pen, font, (left + column * step_x, _LINE + _GAP), head, _INK)
    for row, (lora, seed) in enumerate(grid.rows):
        y = top + row * step_y
        for place, line in enumerate((_latin(lora), f"seed {seed}")):
            _text(pen, font, (_GAP, y + place * _LINE), line, _INK if not place else _FAINT)
        for column, weight in enumerate(grid.weights):
            x = left + column * step_x
            cell = grid.cell(row, column)
            _place(image, pen, record.path_of(cell), (x, y), side)
            drawn = record.cells.get(cell.key)
            wrong = drawn is None or bool(drawn.warnings)
            _text(pen, font, (x, y + side + 1), labels.get(cell.key, ""), _BAD if wrong else _INK)
            if best == (lora, weight):
                box = (x - 2, y - 2, x + side + 1, y + side + 1)
                pen.rectangle(box, outline=_BEST, width=3)
    return image


def _row_name(row: tuple[str, int]) -> str:
    return max(_latin(row[0]), f"seed {row[1]}", key=len)


def _latin(text: str) -> str:
    """What the built-in font can write."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def _cut(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str, width: int) -> str:
    while text and font.getlength(text) > width:
        text = text[: -max(1, len(text) // 20) - 1] + "~"
    return text


def _text(
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    at: tuple[int, int],
    text: str,
    colour: str,
) -> None:
    pen.text(at, text, fill=colour, font=font)


def _place(
    image: Image.Image,
    pen: ImageDraw.ImageDraw,
    path: Path | None,
    at: tuple[int, int],
    side: int,
) -> None:
    """Put a picture into its square; a missing one is a crossed box."""
    x, y = at
    if path is not None:
        try:
            with opened(path, near=side) as picture:
                small = picture.image.copy()
        except PictureError:
            pass
        else:
            small.thumbnail((side, side))
            corner = (x + (side - small.width) // 2, y + (side - small.height) // 2)
            image.paste(small, corner)
            return
    pen.rectangle((x, y, x + side - 1, y + side - 1), outline=_FAINT)
    pen.line((x, y, x + side - 1, y + side - 1), fill=_FAINT)
    pen.line((x, y + side - 1, x + side - 1, y), fill=_FAINT)
