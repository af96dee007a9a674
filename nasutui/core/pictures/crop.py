"""Which part of a picture is kept, and at what size it comes out: pure geometry."""

from __future__ import annotations

from dataclasses import dataclass

CENTER, SMART, PAD, NONE, BOX = "center", "smart", "pad", "none", "box"
MODES = (CENTER, SMART, PAD, NONE)  # BOX needs its box; see crops.py

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will come out of a picture: the box that is kept (left, top, right, bottom in pixels of
    the upright original), the size it is scaled to and the size of the result (width, height); a
    larger result has the picture in its middle, on white."""

    box: Box
    scaled: tuple[int, int]
    size: tuple[int, int]

    @property
    def scale(self) -> float:
        """How much the kept part is enlarged (over 1) or reduced (under 1)."""
        left, _top, right, _bottom = self.box
        return self.scaled[0] / (right - left)


def centre_box(width: int, height: int) -> Box:
    """The largest square in the middle."""
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return (left, top, left + side, top + side)


def plan(width: int, height: int, size: int, mode: str, box: Box | None = None) -> Plan:
    """The plan for a picture of width x height.

    "center": the largest square in the middle. "smart" and "box": the given square. "pad": the
    whole picture, with white beside it. These come out size x size. "none": the whole picture, its
    shorter side brought down to `size` (never enlarged), for the trainer's buckets.
    """
    whole = (0, 0, width, height)
    if mode == NONE:
        shorter = min(width, height)
        scaled = (width, height) if shorter <= size else _scaled(width, height, size / shorter)
        return Plan(whole, scaled, scaled)
    if mode == PAD:
        return Plan(whole, _scaled(width, height, size / max(width, height)), (size, size))
    kept = fit_box(box, width, height) if box else centre_box(width, height)
    return Plan(kept, (size, size), (size, size))


def _scaled(width: int, height: int, factor: float) -> tuple[int, int]:
    return max(1, round(width * factor)), max(1, round(height * factor))


def fit_box(box: Box, width: int, height: int) -> Box:
    """A square box inside a picture of width x height, as near to the given one as can be."""
    left, top, right, bottom = box
    side = max(1, min(right - left, bottom - top, width, height))
    left = max(0, min(left, width - side))
    top = max(0, min(top, height - side))
    return (left, top, left + side, top + side)


def move_box(box: Box, dx: int, dy: int, width: int, height: int) -> Box:
    """The box moved by dx, dy pixels, as far as the picture goes."""
    left, top, right, bottom = box
    return fit_box((left + dx, top + dy, right + dx, bottom + dy), width, height)


def resize_box(box: Box, change: int, width: int, height: int, smallest: int = 64) -> Box:
    """The box with its side longer (or shorter) by `change` pixels around its middle."""
    left, top, right, bottom = box
    largest = min(width, height)
    side = max(min(smallest, largest), min(right - left + change, largest))
    x, y = (left + right - side) // 2, (top + bottom - side) // 2
    return fit_box((x, y, x + side, y + side), width, height)
