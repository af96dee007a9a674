"""Which bucket the trainer puts a picture into, and what it scales and cuts: sd-scripts' arithmetic
to the pixel (library/train_util.py L216-346, L747-773, L987-1084 and library/model_util.py
L1316-1344 at 48d368fa)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

Size = tuple[int, int]


class BucketError(ValueError):
    """The trainer would stop: on these rules, or on a picture of this size. `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class BucketRules:
    """Pixels, all of them. resolution: width and height whose product is the area of every bucket;
    lowest, highest: limits of a side; step: sides are multiples of it. enabled: False cuts every
    picture to the resolution. upscale: False keeps small pictures at their own size (then the
    limits count for nothing)."""

    resolution: Size = (512, 512)
    lowest: int = 256
    highest: int = 1024
    step: int = 64
    enabled: bool = True
    upscale: bool = True


@dataclass(frozen=True, slots=True)
class Placement:
    """What becomes of one picture. size: as it is; scaled: after resizing; bucket: what is cut out
    of the middle; offset: pixels cut off at the left and at the top."""

    size: Size
    scaled: Size
    bucket: Size

    @property
    def offset(self) -> Size:
        return (self.scaled[0] - self.bucket[0]) // 2, (self.scaled[1] - self.bucket[1]) // 2

    @property
    def scale(self) -> float:
        """Over 1: enlarged."""
        return max(self.scaled[0] / self.size[0], self.scaled[1] / self.size[1])

    @property
    def lost(self) -> float:
        """The share of the picture that is cut off, 0 to 1."""
        return 1 - self.bucket[0] * self.bucket[1] / (self.scaled[0] * self.scaled[1])

    @property
    def kept(self) -> tuple[int, int, int, int]:
        """The box of the original that is trained on (left, top, right, bottom), to the nearest
        pixel."""
        left, top = self.offset
        x, y = self.size[0] / self.scaled[0], self.size[1] / self.scaled[1]
        return (
            round(left * x), round(top * y),
            round((left + self.bucket[0]) * x), round((top + self.bucket[1]) * y),
        )  # fmt: skip


def check_rules(rules: BucketRules) -> None:
    """Raise BucketError where the trainer would stop: "limits" when the resolution lies outside of
    lowest and highest (after those are rounded to the step)."""
    if not (rules.enabled and rules.upscale):
        return
    lowest, highest = _limits(rules)
    if min(rules.resolution) < lowest or max(rules.resolution) > highest or lowest < rules.step:
        raise BucketError("limits")


def _limits(rules: BucketRules) -> tuple[int, int]:
    step = rules.step
    return rules.lowest // step * step, -(-rules.highest // step) * step


@lru_cache(maxsize=64)
def bucket_sizes(rules: BucketRules) -> tuple[Size, ...]:
    """The predefined buckets, sorted. Raises BucketError."""
    if not rules.enabled:
        return (rules.resolution,)
    check_rules(rules)
    step = rules.step
    lowest, highest = _limits(rules)
    area = rules.resolution[0] * rules.resolution[1]
    square = int(math.sqrt(area) // step) * step
    sizes = {(square, square)}
    for width in range(lowest, highest + 1, step):
        height = min(highest, area // width // step * step)
        if height >= lowest:
            sizes |= {(width, height), (height, width)}
    return tuple(sorted(sizes))


def place(width: int, height: int, rules: BucketRules) -> Placement:
    """Where a picture of width x height goes. Raises BucketError ("shape": a side of its bucket
    would be nothing)."""
    if width < 1 or height < 1:
        raise BucketError("shape")
    if rules.enabled and not rules.upscale:
        return _place_unscaled(width, height, rules)
    sizes = bucket_sizes(rules)
    ratio = width / height
    bucket = (width, height)
    if bucket not in sizes:
        bucket = min(sizes, key=lambda s: abs(s[0] / s[1] - ratio))  # the first of equals
    wider = ratio > bucket[0] / bucket[1]
    scale = bucket[1] / height if wider else bucket[0] / width
    scaled = int(width * scale + 0.5), int(height * scale + 0.5)
    return Placement((width, height), scaled, bucket)


def _place_unscaled(width: int, height: int, rules: BucketRules) -> Placement:
    area, step = rules.resolution[0] * rules.resolution[1], rules.step
    scaled = (width, height)
    if width * height > area:
        scaled = _reduced(width / height, area, step)
    bucket = scaled[0] // step * step, scaled[1] // step * step
    if not all(bucket):
        raise BucketError("shape")
    return Placement((width, height), scaled, bucket)


def _reduced(ratio: float, area: int, step: int) -> Size:
    """A size of about `area` pixels one side of which is a multiple of step; the side that leaves
    the better ratio, the height when they are equal."""

    def rounded(value: float) -> int:
        return int(value + 0.5) // step * step

    width = math.sqrt(area * ratio)
    by_width, by_height = rounded(width), rounded(area / width)
    height_then, width_then = rounded(by_width / ratio), rounded(by_height * ratio)
    if not (by_height and height_then):
        raise BucketError("shape")
    if abs(by_width / height_then - ratio) < abs(width_then / by_height - ratio):
        return by_width, int(by_width / ratio + 0.5)
    return int(by_height * ratio + 0.5), by_height


def fill(placements: Iterable[Placement]) -> dict[Size, int]:
    """Bucket -> how many pictures, sorted by bucket."""
    counts: dict[Size, int] = {}
    for placement in placements:
        counts[placement.bucket] = counts.get(placement.bucket, 0) + 1
    return dict(sorted(counts.items()))
