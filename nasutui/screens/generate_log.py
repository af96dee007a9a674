"""The log of generated pictures: search it, look, rate, load one back into the form."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Static

from nasutui.core.errors import NasutuiError
from nasutui.core.generation.drawing import opened_log
from nasutui.core.generation.log import Entry
from nasutui.core.i18n import N_, _, ngettext
from nasutui.screens.generate_large import LargeScreen
from nasutui.screens.generate_text import entry_row, entry_text
from nasutui.widgets.line import Line
from nasutui.widgets.preview import Preview
from nasutui.widgets.row_list import RowList
from nasutui.widgets.translated import Translated


class LogScreen(Translated, ModalScreen[Entry | None]):
    """Answers with the entry to load back, None when left."""

    HELP = N_("""\
# The log

Words look in prompts, notes, names and settings; all of them must be there. `rating:4` finds 4 and
better, `seed:123` a seed, `lora:name` a LoRA. **enter** loads the picture's settings into the form,
**space** shows it large, where **1** to **5** rate and **n** notes.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", N_("Search"), id="log.find"),
        Binding("space", "large", N_("Large"), id="log.large"),
        Binding("enter", "take", N_("Load into the form"), id="log.load"),
        Binding("escape", "leave", N_("Close"), id="log.close"),
    ]
    DEFAULT_CSS = """
    LogScreen { background: $background; }
    LogScreen RowList { width: 3fr; }
    LogScreen #side { width: 2fr; }
    LogScreen #text { height: auto; max-height: 10; padding: 0 1; }
    LogScreen #count { height: 1; padding: 0 1; color: $text-muted; }
    """

    class Found(Message):
        """The search is done."""

        def __init__(self, query: str, entries: list[Entry], error: str) -> None:
            super().__init__()
            self.query_text, self.entries, self.error = query, entries, error

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._wanted = ""

    def compose(self) -> ComposeResult:
        yield Line(placeholder=_("words, rating:4, seed:123, lora:name"))
        yield Static(id="count", markup=False)
        with Horizontal():
            yield RowList(entry_row)
            with Vertical(id="side"):
                yield Preview()
                yield Static(id="text", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self._search("")

    @work(thread=True, exclusive=True, group="search", exit_on_error=False, description="search")
    def _search(self, query: str) -> None:
        try:
            with opened_log(self._folder) as log:
                self.post_message(self.Found(query, log.search(query), ""))
        except NasutuiError as error:
            self.post_message(self.Found(query, [], str(error)))

    def on_log_screen_found(self, message: Found) -> None:
        if message.query_text != self._wanted:
            return
        self.query_one(RowList).set_items(message.entries)
        count = len(message.entries)
        told = ngettext("{count} picture", "{count} pictures", count).format(count=count)
        told += "   " + _("enter: settings into the form")
        self.query_one("#count", Static).update(message.error or told)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._wanted = event.value
        self._search(event.value)

    def on_input_submitted(self, _event: Input.Submitted) -> None:
        self.query_one(RowList).focus()

    @property
    def _current(self) -> Entry | None:
        entry: Entry | None = self.query_one(RowList).current
        return entry

    def on_row_list_highlighted(self, _message: RowList.Highlighted) -> None:
        entry = self._current
        self.query_one(Preview).show_file(entry.path if entry else None)
        self.query_one("#text", Static).update(entry_text(entry) if entry else "")

    def on_row_list_chosen(self, _message: RowList.Chosen) -> None:
        self.action_take()

    def action_take(self) -> None:
        if self._current is not None:
            self.dismiss(self._current)

    @work
    async def action_large(self) -> None:
        rows = self.query_one(RowList)
        if self._current is not None:
            entries = list(rows.items)
            await self.app.push_screen_wait(LargeScreen(self._folder, entries, rows.cursor))
            rows.set_items(entries)

    def action_find(self) -> None:
        self.query_one(Input).focus()

    def action_leave(self) -> None:
        if self.query_one(Input).has_focus and self.query_one(RowList).items:
            self.query_one(RowList).focus()
        else:
            self.dismiss(None)
