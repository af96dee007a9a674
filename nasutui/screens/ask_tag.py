"""Asks for one tag, in English or Japanese."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from nasutui.core.errors import NasutuiError
from nasutui.tag_desk import TagDesk
from nasutui.widgets.tag_input import CompletionList, TagInput
from nasutui.widgets.translated import Translated


class AskTag(Translated, ModalScreen[str | None]):
    """Answers with a tag as the dataset writes it; None when left with escape."""

    BINDINGS: ClassVar[list[BindingType]] = []
    DEFAULT_CSS = """
    AskTag { align: center middle; }
    AskTag > Vertical { width: 76; max-width: 96%; height: 15; padding: 1 2; background: $panel; border: round $primary; }
    AskTag TagInput { background: $surface; margin: 1 0; }
    """

    def __init__(self, desk: TagDesk, question: str, value: str = "") -> None:
        super().__init__()
        self._desk, self._question, self._value = desk, question, value

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question, markup=False)
            yield TagInput(self._value, compact=True)
            yield CompletionList()

    def on_mount(self) -> None:
        self.set_focus(self.query_one(TagInput))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        text = event.value.strip()
        try:
            found = self._desk.completer().complete(text, 7) if text != self._value else []
        except NasutuiError:
            found = []
        self.query_one(CompletionList).offer(found, text)

    def on_tag_input_choose(self, message: TagInput.Choose) -> None:
        self.query_one(CompletionList).choose(message.step)

    def on_tag_input_other(self, message: TagInput.Other) -> None:
        self.query_one(CompletionList).choose(1 if message.step > 0 else -1)

    def on_tag_input_left(self, _message: TagInput.Left) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    def _taken(self, event: Input.Submitted) -> None:
        choice = self.query_one(CompletionList).choice
        text = event.value.strip()
        if choice is not None and text:
            self.dismiss(self._desk.spelling(choice.tag))
        else:
            self.dismiss(self._desk.spelling(text, typed=True) if text else None)
