"""What failed, each with its reason; r tries again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from nasutui.core.events import ItemFailed
from nasutui.core.i18n import N_, _, ngettext
from nasutui.core.text import display_name
from nasutui.widgets.cells import fit
from nasutui.widgets.row_list import Cells, RowList
from nasutui.widgets.translated import Translated


class FailuresScreen(Translated, ModalScreen[bool]):
    """Answers True when the work is to be tried again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "again", N_("Try again"), id="failures.again"),
        Binding("escape,q", "leave", N_("Close"), id="failures.close"),
    ]
    DEFAULT_CSS = """
    FailuresScreen { align: center middle; }
    FailuresScreen > Vertical { width: 90%; height: 80%; padding: 1 2; background: $panel; border: round $warning; }
    FailuresScreen #reason { height: 3; color: $text-warning; }
    """

    def __init__(self, failures: Sequence[ItemFailed], *, again: bool = True) -> None:
        super().__init__()
        self._failures, self._can_repeat = failures, again

    def compose(self) -> ComposeResult:
        count = len(self._failures)
        title = (
            ngettext("{count} was skipped", "{count} were skipped", count).format(count=count)
            if count
            else _("nothing was skipped")
        )
        with Vertical():
            yield Static(title, markup=False)
            yield RowList(self._row)
            yield Static(id="reason", markup=False)
            hint = _("r: try again    esc: close") if self._can_repeat else _("esc: close")
            yield Static(hint, markup=False)

    def on_mount(self) -> None:
        rows = self.query_one(RowList)
        rows.set_items(self._failures)
        rows.focus()

    @staticmethod
    def _row(failed: ItemFailed, width: int) -> Cells:
        name = fit(failed.path.name, min(30, width // 2))
        # The whole reason, with the name, stands below.
        reason = failed.reason.removeprefix(f"{display_name(failed.path.name)}: ")
        return [(name, "strong"), (" ", ""), (fit(reason, width - cell_len(name) - 1), "")]

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        failed = message.rows.current
        if failed is not None:
            text = f"{display_name(failed.path)}\n{failed.reason}"
            self.query_one("#reason", Static).update(text)

    def action_again(self) -> None:
        if self._can_repeat:
            self.dismiss(True)

    def action_leave(self) -> None:
        self.dismiss(False)
