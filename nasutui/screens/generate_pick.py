"""Choosing from a list: a LoRA, a sampler, a template, a picture of the dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from nasutui.core.generation.log import fold
from nasutui.core.i18n import N_, _
from nasutui.core.text import display_name
from nasutui.widgets.cells import fit
from nasutui.widgets.line import Line
from nasutui.widgets.preview import Preview
from nasutui.widgets.row_list import Cells, RowList
from nasutui.widgets.translated import Translated


@dataclass(frozen=True, slots=True)
class Choice:
    """One line. note: what to say of it; picture: shown beside the list."""

    value: str
    title: str
    note: str = ""
    picture: Path | None = None


class PickScreen(Translated, ModalScreen[list[str] | None]):
    """Answers with the values that were chosen (one, unless `many`), None when left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,x", "mark", N_("Mark"), id="pick.mark", show=False),
        Binding("D", "forget", N_("Forget"), id="pick.forget", show=False),
        Binding("slash", "find", N_("Search"), id="pick.find", show=False),
        Binding("escape", "leave", N_("Cancel"), id="pick.cancel", show=False),
    ]
    DEFAULT_CSS = """
    PickScreen { align: center middle; }
    PickScreen > Vertical { width: 96%; height: 90%; padding: 1 2; background: $panel; border: round $primary; }
    PickScreen Preview { width: 1fr; display: none; }
    PickScreen.-pictures Preview { display: block; }
    PickScreen #note { height: 3; color: $text-muted; }
    PickScreen .hint { color: $text-muted; }
    """

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        chosen: Sequence[str] = (),
        many: bool = False,
        forget: str = "",
    ) -> None:
        super().__init__()
        self._title, self._choices, self._many, self._forget = title, list(choices), many, forget
        self._marked = set(chosen) if many else set()
        self._first = next(iter(chosen), None)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._title, markup=False)
            yield Line(placeholder=_("/ searches"))
            with Horizontal():
                yield RowList(self._row)
                yield Preview()
            yield Static(id="note", markup=False)
            hint = (
                _("space marks, enter takes the marked ones, esc cancels")
                if self._many
                else _("enter takes it, esc cancels")
            )
            yield Static(hint + self._forget, classes="hint", markup=False)

    def on_mount(self) -> None:
        self.set_class(any(choice.picture for choice in self._choices), "-pictures")
        values = [choice.value for choice in self._choices]
        rows = self.query_one(RowList)
        rows.set_items(self._choices, values.index(self._first) if self._first in values else 0)
        rows.focus()

    def _row(self, choice: Choice, width: int) -> Cells:
        mark = "x " if choice.value in self._marked else "  "
        title = min(max(20, width // 3), width) if choice.note else width - 2
        return [
            (mark, "mark"),
            (fit(choice.title, title), "strong"),
            (" " + fit(choice.note, max(0, width - title - 3)), "dim"),
        ]

    def on_input_changed(self, event: Input.Changed) -> None:
        words = fold(event.value).split()
        found = [c for c in self._choices if all(w in fold(f"{c.title} {c.note}") for w in words)]
        self.query_one(RowList).set_items(found, 0)

    def on_input_submitted(self, _event: Input.Submitted) -> None:
        self.query_one(RowList).focus()

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        choice: Choice | None = message.rows.current
        self.query_one(Preview).show_file(choice.picture if choice else None)
        self.query_one("#note", Static).update(display_name(choice.note) if choice else "")

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        value = message.rows.items[message.index].value
        if self._many and self._marked:
            self.dismiss([c.value for c in self._choices if c.value in self._marked])
        else:
            self.dismiss([value])

    def action_mark(self) -> None:
        rows = self.query_one(RowList)
        if self._many and rows.current is not None:
            self._marked ^= {rows.current.value}
            rows.action_cursor(1)
            rows.refresh()

    def action_forget(self) -> None:
        current = self.query_one(RowList).current
        if self._forget and current is not None:
            self.dismiss(["", current.value])

    def action_find(self) -> None:
        self.query_one(Input).focus()

    def action_leave(self) -> None:
        self.dismiss(None)
