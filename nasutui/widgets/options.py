"""Settings as a list: left and right change a value, enter types it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from nasutui.core.i18n import N_
from nasutui.widgets.cells import fit
from nasutui.widgets.row_list import Cells, RowList


@dataclass(frozen=True)
class Option:
    """One setting. value: what is shown; step: changes it by -1 or 1 (None: it can only be typed);
    take: takes typed text and answers with what is wrong with it ("" when it is right; None: it
    can't be typed); explain: one line on what it does."""

    key: str
    title: str
    value: Callable[[], str]
    step: Callable[[int], None] | None = None
    take: Callable[[str], str] | None = None
    explain: str = ""


class OptionRows(RowList):
    """The options of a screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,plus", "step(1)", N_("More"), id="option.more", show=False),
        Binding("left,h,minus", "step(-1)", N_("Less"), id="option.less", show=False),
    ]

    class Changed(Message):
        """An option has another value."""

        def __init__(self, rows: OptionRows, option: Option) -> None:
            super().__init__()
            self.rows, self.option = rows, option

        @property
        def control(self) -> OptionRows:
            return self.rows

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(self._option_row, id=id)

    @staticmethod
    def _option_row(option: Option, width: int) -> Cells:
        titles = min(22, width // 2)
        arrows = ("‹ ", " ›") if option.step else ("  ", "")
        value = fit(option.value(), width - titles - 5)
        return [
            (" " + fit(option.title, titles), ""),
            (arrows[0], "dim"),
            (value.rstrip(), "strong"),
            (arrows[1], "dim"),
        ]

    def action_step(self, direction: int) -> None:
        option = self.current
        if option is not None and option.step is not None:
            option.step(direction)
            self.refresh_row(self.cursor)
            self.post_message(self.Changed(self, option))
