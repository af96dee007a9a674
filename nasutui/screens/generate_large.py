"""One generated picture at the size of the terminal, to rate and to note something about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from nasutui.core.errors import NasutuiError
from nasutui.core.generation.drawing import opened_log
from nasutui.core.generation.log import Entry, GenerationLog
from nasutui.core.i18n import N_, _
from nasutui.core.text import display_name
from nasutui.screens.generate_text import entry_text
from nasutui.widgets.ask import AskText
from nasutui.widgets.preview import Preview
from nasutui.widgets.translated import Translated


class LargeScreen(Translated, ModalScreen[int | None]):
    """Answers with the number of the entry that was shown last. Here the keys 1 to 5 rate."""

    HELP = N_("""\
# One picture

**1** to **5** rate it, **0** takes the rating back, **n** writes a note, **left** and **right** go
through the pictures, **esc** goes back.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(n), f"rate({n})", N_("Rate"), id=f"large.rate_{n}", show=n == 1,
                    key_display="1-5" if n == 1 else None)
            for n in range(1, 6)
        ),
        Binding("0,delete", "rate(0)", N_("Take the rating back"), id="large.unrate", show=False),
        Binding("n", "note", N_("Note"), id="large.note"),
        Binding("right,l,down,j", "step(1)", N_("Next picture"), id="large.next"),
        Binding("left,h,up,k", "step(-1)", N_("Picture before"), id="large.previous", show=False),
        Binding("escape,q,space,enter", "leave", N_("Close"), id="large.close"),
    ]  # fmt: skip
    DEFAULT_CSS = """
    LargeScreen { background: $background; }
    LargeScreen #text { height: auto; max-height: 6; padding: 0 1; background: $panel; }
    """

    def __init__(self, folder: Path, entries: list[Entry], place: int) -> None:
        super().__init__()
        self._folder, self._entries, self._place = folder, entries, place

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Preview()
            yield Static(id="text", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self._show()

    @property
    def _entry(self) -> Entry:
        return self._entries[self._place]

    def _show(self) -> None:
        self.query_one(Preview).show_file(self._entry.path)
        self.query_one("#text", Static).update(entry_text(self._entry))

    def action_step(self, step: int) -> None:
        self._place = max(0, min(self._place + step, len(self._entries) - 1))
        self._show()

    def action_rate(self, rating: int) -> None:
        entry = self._entry
        self._change(replace(entry, rating=rating or None))
        self._write(lambda log: log.rate(entry.id, rating or None))

    @work
    async def action_note(self) -> None:
        entry = self._entry
        text = await self.app.push_screen_wait(AskText(_("Note:"), display_name(entry.notes)))
        if text is not None:
            self._change(replace(entry, notes=text))
            self._write(lambda log: log.note(entry.id, text))

    def _change(self, entry: Entry) -> None:
        self._entries[self._place] = entry
        self._show()

    @work(thread=True, group="log", exit_on_error=False, description="log")
    def _write(self, change: Callable[[GenerationLog], None]) -> None:
        try:
            with opened_log(self._folder) as log:
                change(log)
        except NasutuiError as error:
            self.app.call_from_thread(self.notify, str(error), severity="error", markup=False)

    def action_leave(self) -> None:
        self.dismiss(self._entry.id)


class BesideScreen(Translated, ModalScreen[None]):
    """Two pictures side by side, each with what there is to say of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,space,enter", "leave", N_("Close"), id="beside.close"),
        Binding("s", "swap", N_("Swap"), id="beside.swap"),
    ]
    DEFAULT_CSS = """
    BesideScreen { background: $background; }
    BesideScreen Static { height: auto; max-height: 6; padding: 0 1; background: $panel; }
    BesideScreen Horizontal Vertical { width: 1fr; }
    """

    def __init__(self, left: tuple[Path, str], right: tuple[Path, str]) -> None:
        super().__init__()
        self._sides = [left, right]

    def compose(self) -> ComposeResult:
        with Horizontal():
            for side in ("left", "right"):
                with Vertical():
                    yield Preview(id=f"{side}-picture")
                    yield Static(id=f"{side}-text", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        for side, (path, text) in zip(("left", "right"), self._sides, strict=True):
            self.query_one(f"#{side}-picture", Preview).show_file(path)
            self.query_one(f"#{side}-text", Static).update(text)

    def action_swap(self) -> None:
        self._sides.reverse()
        self._show()

    def action_leave(self) -> None:
        self.dismiss(None)
