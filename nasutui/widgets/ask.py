"""Short questions over a screen: a line of text, or yes and no."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

from nasutui.core.files import expanded
from nasutui.core.i18n import N_, _
from nasutui.widgets.line import Line
from nasutui.widgets.translated import Translated

_BOX = """
{name} {{ align: center middle; }}
{name} > Vertical {{ width: 72; max-width: 96%; height: auto; padding: 1 2; background: $panel; border: round $primary; }}
{name} .hint {{ color: $text-muted; }}
"""


def typed_path(text: str) -> Path:
    """The path that somebody typed, or that a terminal pasted for a dropped file: quotes and
    backslashes before spaces are the shell's, not the name's."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    elif "\\" in text and os.name != "nt" and not expanded(text).exists():
        text = _unescaped(text)
    return expanded(text.removeprefix("file://"))


def _unescaped(text: str) -> str:
    result, escaped = "", False
    for character in text:
        if character == "\\" and not escaped:
            escaped = True
            continue
        result += character
        escaped = False
    return result


class PathSuggester(Suggester):
    """Completes the path that is being typed with the first name that fits."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        folder, _slash, start = value.rpartition("/")
        if not start:
            return None
        try:
            with os.scandir(expanded(folder or ("/" if value.startswith("/") else "."))) as found:
                fitting = sorted(
                    e.name + ("/" if e.is_dir() else "") for e in found
                    if e.name.startswith(start) and e.name.isprintable()
                )  # fmt: skip
        except OSError:
            return None
        return value[: len(value) - len(start)] + fitting[0] if fitting else None


class AskText(Translated, ModalScreen[str | None]):
    """Asks for a line of text; answers None when left with escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", N_("Cancel"), id="dialog.cancel", show=False)
    ]
    DEFAULT_CSS = _BOX.format(name="AskText")

    def __init__(
        self, question: str, value: str = "", *, path: bool = False, hint: str = ""
    ) -> None:
        super().__init__()
        self._question, self._value, self._path, self._hint = question, value, path, hint

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question, markup=False)
            yield Line(
                self._value,
                suggester=PathSuggester() if self._path else None,
                select_on_focus=False,
            )
            hint = self._hint or (_("→ completes, enter takes it, esc cancels") if self._path
                                  else _("enter takes it, esc cancels"))  # fmt: skip
            yield Static(hint, classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)

    def action_leave(self) -> None:
        self.dismiss(None)


class AskYesNo(Translated, ModalScreen[bool]):
    """Asks a question that y or n answers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", N_("Yes"), id="dialog.yes"),
        Binding("n,escape", "answer(False)", N_("No"), id="dialog.no"),
    ]
    DEFAULT_CSS = _BOX.format(name="AskYesNo")

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question, markup=False)
            yield Static(_("y: yes    n: no"), classes="hint", markup=False)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
