"""Counts as columns of blocks."""

from __future__ import annotations

from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def columns(counts: Sequence[int], height: int) -> list[str]:
    """Lines, the highest first, one cell a count; the largest count fills `height` lines."""
    top = max(counts, default=0) or 1
    eighths = [round(count / top * height * 8) for count in counts]
    # What is there at all is seen, however little it is.
    eighths = [max(1, e) if count else 0 for e, count in zip(eighths, counts, strict=True)]
    return [
        "".join(_EIGHTHS[max(0, min(8, e - line * 8))] for e in eighths)
        for line in reversed(range(height))
    ]


def spread(values: Sequence[float], low: float, high: float, bins: int) -> list[int]:
    """How many values fall into each of `bins` equal parts of low..high; values outside count at
    the ends."""
    counts = [0] * bins
    for value in values:
        place = int((value - low) / (high - low) * bins) if high > low else 0
        counts[max(0, min(bins - 1, place))] += 1
    return counts
