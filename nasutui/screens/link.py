"""An address to open elsewhere: shown whole, as a link, and copied to the clipboard."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.style import Style
from textual.widgets import Static

from nasutui.core.i18n import N_, _
from nasutui.core.text import display_name
from nasutui.widgets.translated import Translated


class LinkScreen(Translated, ModalScreen[None]):
    """Any key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,space", "leave", N_("Close"), id="link.close")
    ]
    DEFAULT_CSS = """
    LinkScreen { align: center middle; }
    LinkScreen > Vertical { width: 90%; height: auto; padding: 1 2; background: $panel; border: round $primary; }
    """

    def __init__(self, url: str, name: str) -> None:
        super().__init__()
        self._url, self._project_name = url, name

    def compose(self) -> ComposeResult:
        lines = [_("Open this in a browser (it was copied to the clipboard):")]
        if self._project_name:
            lines.append(
                _("type this name into the notebook's field: {name}").format(
                    name=display_name(self._project_name)
                )
            )
        with Vertical():
            yield Static(lines[0] + "\n", markup=False)
            yield Static(Content.styled(display_name(self._url), Style(link=self._url)))
            yield Static("\n" + "\n".join([*lines[1:], _("esc closes")]), markup=False)

    def action_leave(self) -> None:
        self.dismiss(None)
