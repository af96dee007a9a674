"""Many captions at once: what is to be done, on which pictures, and every change before it is
made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Footer, Input, Static
from textual.worker import get_current_worker

from nasutui.core.editing.bulk_edit import Planned, plan
from nasutui.core.errors import NasutuiError
from nasutui.core.i18n import N_, _, ngettext
from nasutui.screens.bulk_operations import KINDS_OF_CHANGE, Kind, label_of
from nasutui.screens.conflict import compared
from nasutui.screens.planned import planned_cells
from nasutui.tag_desk import TagDesk
from nasutui.widgets.cells import fit
from nasutui.widgets.row_list import Cells, RowList
from nasutui.widgets.tag_input import CompletionList, TagInput
from nasutui.widgets.translated import Translated

_PLAN_SECONDS = 0.15


@dataclass(frozen=True)
class BulkPlan:
    """What is to be written, and its line in the history."""

    planned: list[Planned]
    label: str


@dataclass(frozen=True)
class Scope:
    """A set of pictures to change."""

    title: str
    slots: Sequence[int]


class BulkScreen(Translated, ModalScreen[BulkPlan | None]):
    """Answers with what is to be written (None: nothing)."""

    HELP = N_("""\
# Many pictures

Choose what is to be done, type what it needs, look at every change below, and **enter** there makes
them all as one step of undo. **s** (or **ctrl+g** while typing) chooses between the marked pictures,
those shown and all. **tab** completes a tag, also from Japanese. **esc** goes back.
""")
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s,ctrl+g", "scope", N_("Which pictures"), id="bulk.scope"),
        Binding("escape", "back", N_("Back"), id="bulk.back"),
    ]
    DEFAULT_CSS = """
    BulkScreen { background: $background; }
    BulkScreen #title { height: 1; background: $panel; padding: 0 1; text-style: bold; }
    BulkScreen #where { height: 1; padding: 0 1; color: $text-accent; }
    BulkScreen #kinds { width: 30; height: 13; }
    BulkScreen #top { height: 13; }
    BulkScreen.-low #top { height: 9; }
    BulkScreen.-low #kinds { height: 9; }
    BulkScreen.-low .question { margin: 0; }
    BulkScreen #fields { width: 1fr; padding: 0 1; }
    BulkScreen .question { color: $text-muted; height: 1; margin: 1 0 0 0; }
    BulkScreen TagInput { background: $surface; }
    BulkScreen TagInput:focus { background: $panel; }
    BulkScreen #said { height: 1; padding: 0 1; background: $panel; }
    BulkScreen #said.-wrong { color: $text-error; }
    BulkScreen #one { height: 3; padding: 0 1; background: $surface; }
    BulkScreen CompletionList { max-height: 6; }
    """

    class Ready(Message):
        """The changes were worked out (or can't be: `error`)."""

        def __init__(self, number: int, planned: list[Planned], error: str) -> None:
            super().__init__()
            self.number, self.planned, self.error = number, planned, error

    def __init__(self, desk: TagDesk, scopes: Sequence[Scope], start: int = 0) -> None:
        super().__init__()
        self.desk, self._scopes, self._scope = desk, list(scopes), start
        self.planned: list[Planned] = []
        self._number = 0
        self._ready = -1
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static(_("Change many pictures"), id="title", markup=False)
        yield Static(id="where", markup=False)
        with Horizontal(id="top"):
            yield RowList(self._kind_row, id="kinds")
            with Vertical(id="fields"):
                for number in range(2):
                    yield Static(id=f"question{number}", classes="question", markup=False)
                    yield TagInput(compact=True, id=f"text{number}")
                yield CompletionList(id="completions")
        yield Static(id="said", markup=False)
        yield RowList(planned_cells, id="planned")
        yield Static(id="one")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.query_one("#kinds", RowList).set_items(KINDS_OF_CHANGE)
        self.set_focus(self.query_one("#kinds", RowList))
        self.query_one("#planned", RowList).say_when_empty(
            _("Every change is shown here before it is made.")
        )
        self._show_where()

    # -- what is chosen -------------------------------------------------------------------------

    @property
    def kind(self) -> Kind:
        return KINDS_OF_CHANGE[self.query_one("#kinds", RowList).cursor]

    @property
    def texts(self) -> list[str]:
        """What is typed, one for each question of the kind."""
        return [self.query_one(f"#text{i}", TagInput).value for i in range(len(self.kind.fields))]

    @staticmethod
    def _kind_row(kind: Kind, width: int) -> Cells:
        return [(" " + fit(_(kind.title), width - 1), "")]

    def _show_where(self) -> None:
        scope = self._scopes[self._scope]
        count = len(scope.slots)
        text = ngettext("{scope}: {count} picture", "{scope}: {count} pictures", count)
        others = "    " + _("s: others") if len(self._scopes) > 1 else ""
        shown = text.format(scope=scope.title, count=count) + others
        self.query_one("#where", Static).update(shown)

    def action_scope(self) -> None:
        self._scope = (self._scope + 1) % len(self._scopes)
        self._show_where()
        self._plan_soon()

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        if message.rows.id == "kinds":
            for number in range(2):
                here = number < len(self.kind.fields)
                question = self.query_one(f"#question{number}", Static)
                question.display = here
                self.query_one(f"#text{number}").display = here
                if here:
                    question.update(_(self.kind.fields[number]))
            self._plan_soon()
        else:
            self._show_one(message.rows.current)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        if message.rows.id == "planned":
            self._take()
        elif self.kind.fields:
            self.set_focus(self.query_one("#text0"))
        else:
            self.set_focus(self.query_one("#planned"))

    def action_back(self) -> None:
        kinds = self.query_one("#kinds", RowList)
        if self.focused is kinds:
            self.dismiss(None)
        else:
            self.set_focus(kinds)

    # -- typing -----------------------------------------------------------------------------------

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        literal = event.value.rpartition(",")[2].strip()
        completions = self.query_one(CompletionList)
        if self.kind.name == "replace-pattern" or not literal or event.input is not self.focused:
            completions.offer((), "")
        else:
            try:
                found = self.desk.completer().complete(literal, 5)
            except NasutuiError:
                found = []
            completions.offer(found, literal, literal_first=literal.isascii())
        self._plan_soon()

    def on_tag_input_choose(self, message: TagInput.Choose) -> None:
        completions = self.query_one(CompletionList)
        if completions.display:
            completions.choose(message.step)
        elif message.step > 0:
            self.focus_next()
        else:
            self.focus_previous()

    @on(Input.Submitted)
    def _taken(self, event: Input.Submitted) -> None:
        event.stop()
        completions = self.query_one(CompletionList)
        if completions.display and completions.choice is not None:
            before, comma, _last = event.value.rpartition(",")
            tag = self.desk.spelling(completions.choice.tag)
            event.input.value = f"{before}, {tag}" if comma else tag
        completions.offer((), "")
        second = event.input.id == "text0" and len(self.kind.fields) > 1
        self.set_focus(self.query_one("#text1" if second else "#planned"))

    def on_tag_input_left(self, _message: TagInput.Left) -> None:
        self.query_one(CompletionList).offer((), "")
        self.set_focus(self.query_one("#kinds"))

    def on_tag_input_other(self, message: TagInput.Other) -> None:
        self.query_one("#planned", RowList).action_cursor(message.step)

    # -- what would change ----------------------------------------------------------------------

    def _plan_soon(self) -> None:
        self._number += 1
        self.query_one("#said", Static).update(_("working..."))
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PLAN_SECONDS, self.plan_now)

    def plan_now(self) -> None:
        """Work out the changes."""
        slots = list(self._scopes[self._scope].slots)
        self._plan(self._number, self.kind, self.texts, slots)

    @work(thread=True, exclusive=True, group="plan", exit_on_error=False, description="plan")
    def _plan(self, number: int, kind: Kind, texts: list[str], slots: list[int]) -> None:
        worker = get_current_worker()
        dataset = self.desk.dataset
        readable = (s for s in slots if dataset.state(s).unreadable is None)
        captions = ((s, dataset.caption_path(s), dataset.tags(s)) for s in readable)
        try:
            operation = kind.make(self.desk, texts, slots)
            planned = plan(captions, operation, lambda: worker.is_cancelled)
            self.post_message(self.Ready(number, planned, ""))
        except NasutuiError as error:
            self.post_message(self.Ready(number, [], str(error)))

    def on_bulk_screen_ready(self, message: Ready) -> None:
        if message.number != self._number:
            return
        self._ready, self.planned = message.number, message.planned
        self.query_one("#planned", RowList).set_items(self.planned, 0)
        said = self.query_one("#said", Static)
        wrong = bool(message.error) and any(self.texts)
        said.set_class(wrong, "-wrong")
        count = len(self.planned)
        text = ngettext("{count} picture changes", "{count} pictures change", count)
        hint = "    " + _("enter, then enter again, makes it so") if count else ""
        said.update(message.error or text.format(count=count) + hint)
        self._show_one(self.planned[0] if self.planned else None)

    def _show_one(self, item: Planned | None) -> None:
        self.query_one("#one", Static).update(compared(item.after, item.before) if item else "")

    def _take(self) -> None:
        if self.planned and self._ready == self._number:
            self.dismiss(BulkPlan(self.planned, label_of(self.kind, self.texts)))
