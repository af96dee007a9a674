"""One picture at the full size of the terminal; any key returns."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from nasutui.core.text import display_name
from nasutui.widgets.preview import Develop, Preview


class LookCloser(ModalScreen[None]):
    """The whole terminal for one picture."""

    DEFAULT_CSS = """
    LookCloser { background: $background; }
    LookCloser Static { height: 1; dock: bottom; color: $text-muted; }
    """

    def __init__(self, name: str, develop: Develop) -> None:
        super().__init__()
        self._label, self._develop = name, develop

    def compose(self) -> ComposeResult:
        yield Preview()
        yield Static(display_name(self._label), markup=False)

    def on_mount(self) -> None:
        self.query_one(Preview).show(self._label, self._develop)

    def on_key(self, event: Key) -> None:
        event.stop()
        self.dismiss(None)
