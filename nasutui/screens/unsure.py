"""One question at a time: is this tag in this picture?"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from nasutui.core.database import state_root
from nasutui.core.errors import NasutuiError
from nasutui.core.history.journal import Journal
from nasutui.core.i18n import N_, _
from nasutui.core.japanese.dictionary import translate
from nasutui.core.tagging.models_here import short_name
from nasutui.core.tagging.unsure import STEP, Pair, answer
from nasutui.core.text import display_name
from nasutui.widgets.preview import Preview
from nasutui.widgets.translated import Translated


class UnsureScreen(Translated, ModalScreen[int]):
    """Answers with the number of questions that were answered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", N_("Yes"), id="unsure.yes"),
        Binding("n", "answer(False)", N_("No"), id="unsure.no"),
        Binding("space,s", "skip", N_("Skip"), id="unsure.skip"),
        Binding("u", "undo", N_("Undo"), id="unsure.undo"),
        Binding("escape,q", "leave", N_("Close"), id="unsure.close"),
    ]
    DEFAULT_CSS = """
    UnsureScreen { background: $background; }
    UnsureScreen #question { height: 6; padding: 1 2; background: $panel; }
    """

    def __init__(self, folder: Path, pairs: list[Pair]) -> None:
        super().__init__()
        self._folder, self._pairs = folder, pairs
        self._place = 0
        self._answered: list[int] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Preview()
            yield Static(id="question")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self._ask()

    def _ask(self) -> None:
        question = self.query_one("#question", Static)
        if self._place >= len(self._pairs):
            self.query_one(Preview).show_file(None)
            question.update(Content(_("That was all. Esc closes.")))
            return
        pair = self._pairs[self._place]
        self.query_one(Preview).show_file(pair.picture)
        state = _("in the caption now") if pair.present else _("not in the caption now")
        entry = translate(pair.tag)
        question.update(
            Content.assemble(
                (f"{pair.tag}  ", "bold $accent"), (f"{entry.display}  " if entry else "", "bold"),
                (f"{pair.probability:.2f}  {state}\n", ""),
                (_votes(pair), ""),
                (f"{display_name(pair.picture.name)}   {self._place + 1}/{len(self._pairs)}", "$text-muted"),
            )
        )  # fmt: skip

    def action_answer(self, yes: bool) -> None:
        if self._place >= len(self._pairs):
            return
        try:
            with Journal(state_root(self._folder)) as journal:
                refused = answer(journal, self._pairs[self._place], yes)
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if refused is not None:
            self.notify(refused.reason, severity="warning", markup=False)
        else:
            self._answered.append(self._place)
        self.action_skip()

    def action_skip(self) -> None:
        self._place = min(self._place + 1, len(self._pairs))
        self._ask()

    def action_undo(self) -> None:
        try:
            with Journal(state_root(self._folder)) as journal:
                change = journal.next_undo()
                if change is None or change.step != STEP or not self._answered:
                    self.notify(_("there is no answer to undo"), markup=False)
                    return
                journal.undo()
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self._place = self._answered.pop()
        self._ask()

    def action_leave(self) -> None:
        self.dismiss(len(self._answered))


def _votes(pair: Pair) -> str:
    """A line of what each of several taggers says."""
    votes = [f"{display_name(short_name(name))} {p:.2f}" for name, p in pair.said]
    return "   ".join(votes) + "\n" if votes else ""
