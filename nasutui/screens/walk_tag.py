"""Walk one tag: all pictures with it (or without) as small pictures; y and n say what is true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from nasutui.core.editing.captions import tag_key
from nasutui.core.errors import NasutuiError
from nasutui.core.history.steps import describe
from nasutui.core.i18n import N_, _
from nasutui.core.text import display_name
from nasutui.screens.ask_tag import AskTag
from nasutui.tag_desk import STEP, TagDesk, name_of
from nasutui.widgets.thumb_grid import ThumbGrid
from nasutui.widgets.translated import Translated

__all__ = ["AskTag", "WalkScreen"]
WITH, WITHOUT, EVERY = "with", "without", "every"
_NEXT = {WITH: WITHOUT, WITHOUT: EVERY, EVERY: WITH}


class WalkScreen(Translated, ModalScreen[int | None]):
    """Answers with the picture to go to (None: none)."""

    HELP = N_("""\
# Walk one tag

Every picture with the tag. **y**: it is true, **n**: it is not; both go on to the next picture, and
what you say is on the disk at once. **o** shows those without the tag, then all. **u** takes the last
answer back. **enter** goes to the picture, **esc** leaves.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", N_("Yes"), id="walk.yes"),
        Binding("n", "answer(False)", N_("No"), id="walk.no"),
        Binding("o", "others", N_("With / without / all"), id="walk.others"),
        Binding("u", "undo", N_("Undo"), id="walk.undo"),
        Binding("enter", "go", N_("To the picture"), id="walk.go"),
        Binding("escape,q", "leave", N_("Back"), id="walk.leave"),
    ]
    DEFAULT_CSS = """
    WalkScreen { background: $background; }
    WalkScreen #title { height: 1; background: $panel; padding: 0 1; text-style: bold; }
    WalkScreen #said { height: 1; padding: 0 1; color: $text-muted; background: $surface; }
    """

    def __init__(self, desk: TagDesk, tag: str, slots: Sequence[int]) -> None:
        super().__init__()
        self.desk, self.tag, self._slots = desk, tag, slots
        self._which = WITH

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield ThumbGrid(self.desk.dataset.path, self._label)
        yield Static(id="said", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        if not any(self.has(slot) for slot in self._slots):
            self._which = WITHOUT
        self._show()
        self.set_focus(self.query_one(ThumbGrid))

    def has(self, slot: int) -> bool:
        """True when the picture has the tag now."""
        key = tag_key(self.tag)
        return any(tag_key(tag) == key for tag in self.desk.dataset.tags(slot))

    def _show(self) -> None:
        wanted = {WITH: (True,), WITHOUT: (False,), EVERY: (True, False)}[self._which]
        self.query_one(ThumbGrid).show([s for s in self._slots if self.has(s) in wanted])
        self._say("")

    def _title(self) -> str:
        japanese = self.desk.japanese(self.tag)
        name = display_name(self.tag) + (f" ({japanese})" if japanese else "")
        which = {
            WITH: _("pictures with {tag}"),
            WITHOUT: _("pictures without {tag}"),
            EVERY: _("all pictures: {tag}"),
        }[self._which]
        grid = self.query_one(ThumbGrid)
        place = f"{grid.cursor + 1 if grid.slots else 0} / {len(grid.slots)}"
        return f"{which.format(tag=name)}    {place}"

    def _label(self, slot: int) -> tuple[str, str]:
        has = self.has(slot)
        return f"{'+' if has else '-'} {name_of(self.desk.dataset, slot)}", "good" if has else "dim"

    def _say(self, text: str) -> None:
        self.query_one("#title", Static).update(self._title())
        self.query_one("#said", Static).update(text)

    def on_thumb_grid_moved(self) -> None:
        self._say("")

    def action_answer(self, true: bool) -> None:
        grid, desk = self.query_one(ThumbGrid), self.desk
        slot = grid.current
        if slot is None:
            return
        said = ""
        if self.has(slot) != true:
            tags = desk.dataset.tags(slot)
            key = tag_key(self.tag)
            after = [*tags, self.tag] if true else [t for t in tags if tag_key(t) != key]
            said = f"{display_name(name_of(desk.dataset, slot))}: {'+' if true else '-'}{display_name(self.tag)}"
            if not self._write(slot, after, said):
                return
        if grid.cursor == len(grid.slots) - 1:
            said = f"{said}   " if said else ""
            said += _("That was the last one. o shows the others, esc leaves.")
        grid.action_move(1, 0)
        grid.refresh()
        self._say(said)

    def _write(self, slot: int, after: list[str], label: str) -> bool:
        try:
            conflict = self.desk.edit(slot, after, label)
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return False
        if conflict is not None:
            self.desk.seen([conflict.path])
            text = _("{name}: another program has changed it meanwhile; answer again")
            name = display_name(conflict.path.name)
            self.notify(text.format(name=name), severity="warning", markup=False)
            return False
        return True

    def action_undo(self) -> None:
        try:
            change = self.desk.next_turn(back=True)
            if change is None or change.step != STEP or change.files != 1:
                self.notify(_("there is no answer to take back"), markup=False)
                return
            outcome = self.desk.turn(back=True)
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        grid = self.query_one(ThumbGrid)
        if outcome is not None and outcome.written:
            slots = self.desk.dataset.slots_of(outcome.written[0])
            place = next((i for i, s in enumerate(grid.slots) if s in slots), None)
            if place is not None:
                grid.action_to(place)
            self._say(_("undone: {change}").format(change=describe(outcome.change)))
        grid.refresh()

    def action_others(self) -> None:
        self._which = _NEXT[self._which]
        self._show()

    def action_go(self) -> None:
        self.dismiss(self.query_one(ThumbGrid).current)

    def action_leave(self) -> None:
        self.dismiss(None)
