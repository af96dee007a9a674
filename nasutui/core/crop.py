"""Which part of a picture is kept, and at what size it comes out: pure geometry."""

from __future__ import annotations

from dataclasses import dataclass

CENTER, NONE = "center", "none"
MODES = (CENTER, NONE)


@dataclass(frozen=True, slots=True)
class Plan:
    """What will come out of a picture: the box that is kept (left, top, right, bottom in pixels of
    the upright original) and the size of the result (width, height)."""

    box: tuple[int, int, int, int]
    size: tuple[int, int]

    @property
    def scale(self) -> float:
        """How much the kept part is enlarged (over 1) or reduced (under 1)."""
        left, _top, right, _bottom = self.box
        return self.size[0] / (right - left)


def plan(width: int, height: int, size: int, mode: str) -> Plan:
    """The plan for a picture of width x height.

    "center": the largest centred square, size x size. "none": the whole picture, its shorter side
    brought down to `size` (never enlarged), for the trainer's buckets.
    """
    if mode == NONE:
        shorter = min(width, height)
        if shorter <= size:
            return Plan((0, 0, width, height), (width, height))
        scaled = (round(width * size / shorter), round(height * size / shorter))
        return Plan((0, 0, width, height), scaled)
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return Plan((left, top, left + side, top + side), (size, size))
