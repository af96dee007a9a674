"""Writing a prompt, with the completion of the tag editor and the tags that a Japanese one becomes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from nasutui.core.dataset.completion import Completer
from nasutui.core.errors import NasutuiError
from nasutui.core.generation.settings import Generation, in_tags, is_japanese
from nasutui.core.i18n import N_, _
from nasutui.core.text import display_name
from nasutui.widgets.tag_input import CompletionList, TagInput
from nasutui.widgets.translated import Translated

_LAST = re.compile(r"[,、]\s*(?=[^,、]*$)")
MakeCompleter = Callable[[], Completer]


class PromptScreen(Translated, ModalScreen[str | None]):
    """Answers with the prompt, None when left with escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", N_("Cancel"), id="prompt.cancel", show=False)
    ]
    DEFAULT_CSS = """
    PromptScreen { align: center top; }
    PromptScreen > Vertical { width: 100; max-width: 98%; height: auto; margin: 1 0; padding: 1 2; background: $panel; border: round $primary; }
    PromptScreen #in-tags { height: auto; max-height: 5; color: $text-success; }
    PromptScreen .hint { color: $text-muted; }
    """

    class Ready(Message):
        """The dictionary was read."""

        def __init__(self, completer: Completer) -> None:
            super().__init__()
            self.completer = completer

    def __init__(self, title: str, value: str, make: MakeCompleter) -> None:
        super().__init__()
        self._title, self._value, self._make = title, value, make
        self._completer: Completer | None = None

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._title, markup=False)
            yield TagInput(self._value, select_on_focus=False)
            yield CompletionList()
            yield Static(id="in-tags", markup=False)
            yield Static(
                _("enter takes the prompt; tab chooses a tag, enter writes it; esc cancels"),
                classes="hint", markup=False,
            )  # fmt: skip

    def on_mount(self) -> None:
        self._load()

    @work(thread=True, group="words", exit_on_error=False, description="words")
    def _load(self) -> None:
        completer = self._make()
        completer.complete("1")  # reads what it needs
        self.post_message(self.Ready(completer))

    def on_prompt_screen_ready(self, message: Ready) -> None:
        self._completer = message.completer
        self._offer(self.query_one(TagInput).value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._offer(event.value)

    def _offer(self, text: str) -> None:
        completions = self.query_one(CompletionList)
        literal = _LAST.split(text)[-1].strip()
        if self._completer is None or not literal or text == self._value:
            completions.offer((), "")
        else:
            completions.offer(self._completer.complete(literal), literal, literal_first=True)
        self._show_tags(text)

    def _show_tags(self, text: str) -> None:
        shown = ""
        if self._completer is not None and is_japanese(text):
            try:
                found = in_tags(Generation(text))
                shown = "→ " + display_name(found.generation.prompt)
                if found.unknown:
                    unknown = "、".join(map(display_name, found.unknown))
                    shown += "\n" + _("not understood: {text}").format(text=unknown)
            except NasutuiError as error:
                shown = str(error)
        self.query_one("#in-tags", Static).update(shown)

    def on_tag_input_choose(self, message: TagInput.Choose) -> None:
        self.query_one(CompletionList).choose(message.step)

    def on_tag_input_other(self, message: TagInput.Other) -> None:
        self.query_one(CompletionList).choose(1 if message.step > 0 else -1)

    def on_tag_input_left(self, _message: TagInput.Left) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    def _taken(self, event: Input.Submitted) -> None:
        event.stop()
        choice = (
            self.query_one(CompletionList).choice
            if self.query_one(CompletionList).literal
            else None
        )
        if choice is None:
            self.dismiss(event.value.strip().rstrip(",、").strip())
            return
        found = _LAST.search(event.value)
        line = self.query_one(TagInput)
        line.value = (event.value[: found.end()] if found else "") + f"{choice.tag}, "
        line.cursor_position = len(line.value)

    def action_leave(self) -> None:
        self.dismiss(None)
