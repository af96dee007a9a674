"""No wide character is lost where something lies over something else.

Textual cuts every line where any widget begins or ends, also one that is covered there; a character of
two columns that stands across such a cut becomes two blanks. In a list of Japanese words over the
columns of a screen that took letters out of words. Here a widget is only cut where something really
lies over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import textual.screen
from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip

_NOTHING = Strip([], 0)


class WholeCharacters(Compositor):
    """Composes a line of as few pieces as can be. The first of several that belong together holds
    all of it, the others are empty; each piece is as wide as its content."""

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        cuts = self.cuts
        chops: list[dict[int, Any]] = [dict.fromkeys(line[:-1]) for line in cuts]
        # All that is on these lines: a piece may reach beyond what is to be drawn.
        lines = Region(0, crop.y, self.size.width, crop.height)
        for region, clip, strips in self._get_renders(lines):
            shown = region.intersection(clip)
            for y, strip in zip(shown.line_range, strips, strict=False):
                if is_rendered_line(y):
                    inside = [c for c in cuts[y] if shown.x <= c <= shown.right]
                    _fill(chops[y], inside, strip, shown.x)
        return chops


def _fill(line: dict[int, Any], cuts: list[int], strip: Strip, x: int) -> None:
    """Put a widget's line where nothing lies over it."""
    for start, end, keys in _free_runs(line, cuts):
        line.update(dict.fromkeys(keys, _NOTHING))
        line[start] = strip.crop(start - x, end - x)


def _free_runs(line: dict[int, Any], cuts: list[int]) -> Iterator[tuple[int, int, list[int]]]:
    """The stretches that are still free: first column, column after the last, their pieces."""
    run: list[int] = []
    end = 0
    for start, stop in pairwise(cuts):
        if line.get(start) is None:
            run.append(start)
            end = stop
        elif run:
            yield run[0], end, run
            run = []
    if run:
        yield run[0], end, run


def install() -> None:
    """Make every screen compose so."""
    textual.screen.Compositor = WholeCharacters  # type: ignore[attr-defined]
