"""Asking for the user name and password of a WebUI; they are kept in memory only."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from nasutui.core.i18n import N_, _
from nasutui.widgets.line import Line
from nasutui.widgets.translated import Translated


class AskPassword(Translated, ModalScreen[tuple[str, str] | None]):
    """Answers with user name and password."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", N_("Cancel"), id="password.cancel", show=False)
    ]
    DEFAULT_CSS = """
    AskPassword { align: center middle; }
    AskPassword > Vertical { width: 72; max-width: 96%; height: auto; padding: 1 2; background: $panel; border: round $primary; }
    AskPassword .hint { color: $text-muted; }
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def compose(self) -> ComposeResult:
        with Vertical():
            text = _("The WebUI at {url} asks for the user name and password of --api-auth.")
            yield Static(text.format(url=self._url), markup=False)
            yield Line(placeholder=_("user name"), id="user")
            yield Line(placeholder=_("password"), id="password", password=True)
            hint = _("enter takes it, esc cancels; it is not written anywhere")
            yield Static(hint, classes="hint", markup=False)

    @on(Input.Submitted)
    def _taken(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "user":
            self.query_one("#password", Input).focus()
            return
        user = self.query_one("#user", Input).value.strip()
        self.dismiss((user, event.value) if user else None)

    def action_leave(self) -> None:
        self.dismiss(None)
