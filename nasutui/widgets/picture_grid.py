"""A grid of generated pictures; as a table it has a fixed number of columns and scrolls sideways."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.strip import Strip

from nasutui.widgets.thumb_grid import CELL_HEIGHT, CELL_WIDTH, LabelOf, PathOf, ThumbGrid


class PictureGrid(ThumbGrid):
    """Slots are numbers that the screen gives a meaning to. fixed: columns of the table, 0 for as
    many as fit."""

    def __init__(self, path_of: PathOf, label_of: LabelOf, *, id: str | None = None) -> None:
        super().__init__(path_of, label_of, id=id)
        self.fixed = 0
        self._left = 0

    def show_all(self, slots: Sequence[int], keep: int | None = None) -> None:
        """Show these pictures; the cursor goes to slot `keep`, if it is among them."""
        cursor = slots.index(keep) if keep is not None and keep in slots else 0
        self.show(slots, cursor)

    def forget(self, *, only_missing: bool = False) -> None:
        """Decode pictures again when they are seen next: all, or those that could not be shown."""
        for slot, strips in list(self._kept.items()):
            if not (only_missing and strips):
                del self._kept[slot]
        self._arrange()

    @property
    def columns(self) -> int:
        return self.fixed or self._fitting

    @property
    def _fitting(self) -> int:
        return max(1, self.size.width // CELL_WIDTH)

    def _arrange(self) -> None:
        column = self.cursor % self.columns
        self._left = min(max(self._left, column - self._fitting + 1), column)
        if not self.fixed:
            self._left = 0
        super()._arrange()

    def render_line(self, y: int) -> Strip:
        line, inside = divmod(y, CELL_HEIGHT)
        first = (self._top + line) * self.columns
        segments: list[Segment] = []
        for column in range(self._left, min(self.columns, self._left + self._fitting)):
            if first + column >= len(self.slots):
                break
            segments += self._cell(first + column, inside)
        return Strip(segments).crop_extend(0, self.size.width, self.rich_style)
