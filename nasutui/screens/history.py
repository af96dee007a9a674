"""What was changed, newest first; and what taking changes back would do, before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from nasutui.core.editing.captions import decode_caption
from nasutui.core.editing.provenance import Memory
from nasutui.core.errors import CaptionError
from nasutui.core.files import read_or_none
from nasutui.core.history.journal import ChangeInfo, Edit, Journal
from nasutui.core.i18n import N_, _, ngettext
from nasutui.core.text import display_name
from nasutui.screens.conflict import compared
from nasutui.screens.planned import change_totals
from nasutui.screens.planned import difference as difference_of
from nasutui.widgets.cells import fit, right
from nasutui.widgets.row_list import Cells, RowList
from nasutui.widgets.translated import Translated

_MOST_EDITS = 20_000
START = -1


class HistoryScreen(Translated, ModalScreen[ChangeInfo | None]):
    """Answers with the change that is to be the newest one that stands (id START: none of them)."""

    HELP = N_("""\
# History

Every change of this folder, newest first, also those made before nasutui was opened. `>` is where
you are; what is dimmed above it was taken back and can be made again. **enter** goes to the change
under the cursor: everything after it is taken back (or everything up to it made again), after you
have seen what that means. What was taken back before something else was done is marked `x`.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,H", "leave", N_("Close"), id="history.close"),
    ]
    DEFAULT_CSS = """
    HistoryScreen { background: $background; }
    HistoryScreen > Vertical { padding: 0 1; background: $panel; border: round $primary; }
    HistoryScreen .hint { color: $text-muted; height: 1; }
    """

    def __init__(self, changes: Sequence[ChangeInfo]) -> None:
        super().__init__()
        self._changes = changes
        self._now = next((c.id for c in changes if c.state == "applied"), START)

    def compose(self) -> ComposeResult:
        with Vertical():
            count = len(self._changes)
            title = ngettext("{count} change", "{count} changes", count).format(count=count)
            yield Static(title, markup=False)
            yield RowList(self._row, id="changes")
            yield Static(_("enter: go to this point    esc: close"), classes="hint", markup=False)

    def on_mount(self) -> None:
        rows = self.query_one(RowList)
        start = (
            ChangeInfo(START, self._changes[-1].at, "", "", 0, "applied") if self._changes else None
        )
        items = [*self._changes, start] if start else []
        rows.set_items(items, next((i for i, c in enumerate(items) if c and c.id == self._now), 0))
        self.set_focus(rows)

    def _row(self, change: ChangeInfo, width: int) -> Cells:
        if change.id == START:
            sign = ">" if self._now == START else " "
            return [(f"{sign} ", "mark"), (fit(_("as it was at the beginning"), width - 2), "dim")]
        when = change.at.astimezone().strftime("%m-%d %H:%M:%S")
        style = {"applied": "", "undone": "dim", "dropped": "dim"}[change.state]
        sign = ">" if change.id == self._now else ("x" if change.state == "dropped" else " ")
        files = right(str(change.files or ""), 7)
        label = fit(change.label, max(10, width - 2 - 15 - 7))
        return [(f"{sign} ", "mark"), (f"{when} ", "dim"), (label, style), (files, "dim")]

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        change: ChangeInfo = message.rows.items[message.index]
        if change.state == "dropped":
            self.notify(
                _("this was taken back before something else was done; it can't be made again"),
                markup=False,
            )
            return
        self.dismiss(change)

    def action_leave(self) -> None:
        self.dismiss(None)


class TurnScreen(Translated, ModalScreen[bool]):
    """What undoing (or redoing) these changes will do; answers True when it is to be done. Files
    that another program has changed since are named: they stay as they are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", N_("Yes"), id="turn.yes", priority=True),
        Binding("n,escape", "answer(False)", N_("No"), id="turn.no"),
    ]
    DEFAULT_CSS = """
    TurnScreen { background: $background; }
    TurnScreen > Vertical { padding: 0 1; background: $panel; border: round $warning; }
    TurnScreen #summary { height: auto; max-height: 6; margin: 0 0 1 0; }
    TurnScreen #one { height: 4; margin: 1 0 0 0; }
    TurnScreen .hint { color: $text-accent; height: 1; }
    """

    class Held(Message):
        """The files were looked at: the edits (by id) that will not be made."""

        def __init__(self, edits: set[int]) -> None:
            super().__init__()
            self.edits = edits

    def __init__(self, changes: Sequence[ChangeInfo], journal: Journal, *, back: bool) -> None:
        super().__init__()
        self._changes, self._journal, self._back = changes, journal, back
        self._held: set[int] = set()

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._title(), id="title", markup=False)
            yield Static(id="summary", markup=False)
            yield RowList(self._row)
            yield Static(id="one")
            yield Static(
                _("y: do it    n: leave everything as it is"), classes="hint", markup=False
            )

    def _title(self) -> str:
        files = sum(c.files for c in self._changes)
        if len(self._changes) == 1:
            label = display_name(self._changes[0].label)
            text = (
                ngettext("Undo “{label}” in {count} file?", "Undo “{label}” in {count} files?", files)
                if self._back
                else ngettext("Redo “{label}” in {count} file?", "Redo “{label}” in {count} files?", files)
            )  # fmt: skip
            return text.format(label=label, count=files)
        text = (
            ngettext("Undo {count} change?", "Undo {count} changes?", len(self._changes))
            if self._back
            else ngettext("Redo {count} change?", "Redo {count} changes?", len(self._changes))
        )
        return text.format(count=len(self._changes))

    def on_mount(self) -> None:
        turned: list[Edit] = []
        for change in self._changes:
            if len(turned) < _MOST_EDITS:
                found = self._journal.edits_of(change.id)
                turned += map(_turned_back, reversed(found)) if self._back else found
        rows = self.query_one(RowList)
        rows.set_items(turned)
        self.set_focus(rows)
        self.query_one("#summary", Static).update(change_totals(map(difference, turned)))
        self._look(turned)

    @work(thread=True, exclusive=True, group="look", exit_on_error=False, description="look")
    def _look(self, turned: Sequence[Edit]) -> None:
        self.post_message(self.Held(refused_edits(turned)))

    def on_turn_screen_held(self, message: Held) -> None:
        self._held = message.edits
        rows = self.query_one(RowList)
        rows.refresh()
        if self._held:
            files = {edit.path for edit in rows.items if id(edit) in self._held}
            text = ngettext(
                "{count} file was changed by another program and stays as it is",
                "{count} files were changed by another program and stay as they are",
                len(files),
            ).format(count=len(files))
            kept = [edit for edit in rows.items if id(edit) not in self._held]
            totals = change_totals(map(difference, kept))
            self.query_one("#summary", Static).update(
                Content.assemble((text, "$text-warning"), "\n" if totals else "", totals)
            )

    def _row(self, edit: Edit, width: int) -> Cells:
        name_width = min(26, width // 3)
        gone, new = difference(edit)
        text = " ".join([*(f"-{t}" for t in gone), *(f"+{t}" for t in new)])
        style = ""
        if id(edit) in self._held:
            text, style = _("stays: another program has changed it"), "warn"
        elif not edit.changes_file:
            text = noted(edit)
        elif edit.after is None:
            text = _("the file goes away")
        elif not text:
            text = _("another order or form")
        return [
            (fit(edit.path.name, name_width), "strong"),
            (" ", ""),
            (fit(text, width - name_width - 1), style),
        ]

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        edit: Edit | None = message.rows.current
        text = Content("")
        if edit is not None and edit.changes_file:
            text = compared(tags_of(edit.after), tags_of(edit.before))
        self.query_one("#one", Static).update(text)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


def refused_edits(turned: Sequence[Edit]) -> set[int]:
    """The ids of those edits, made one after the other, whose file will not be as they expect it:
    another program has changed it."""
    state: dict[Path, bytes | None] = {}
    refused: set[int] = set()
    for edit in turned:
        if not edit.changes_file:
            continue
        try:
            now = state[edit.path] if edit.path in state else read_or_none(edit.path)
        except OSError:
            refused.add(id(edit))
            continue
        if now == edit.before:
            state[edit.path] = edit.after
        else:
            state[edit.path] = now
            refused.add(id(edit))
    return refused


def tags_of(data: bytes | None) -> tuple[str, ...]:
    """The tags of a caption's bytes; what is no caption is shown as one word."""
    try:
        return decode_caption(data).tags if data else ()
    except CaptionError:
        return (_("(unreadable)"),)


def _turned_back(edit: Edit) -> Edit:
    return Edit(edit.path, edit.after, edit.before, edit.memory_after, edit.memory_before)


def noted(edit: Edit) -> str:
    """What an edit that leaves the file as it is makes known: which tags a person does not want,
    or does not mind any more, or has confirmed."""
    before, after = Memory.from_json(edit.memory_before), Memory.from_json(edit.memory_after)
    no = [t for t in after.removed if t not in before.removed]
    maybe = [t for t in before.removed if t not in after.removed]
    yes = [t for t in after.added if t not in before.added]
    parts = [_("not {tag}").format(tag=tag) for tag in no]
    parts += [_("{tag} may come back").format(tag=tag) for tag in maybe]
    parts += [_("{tag} stays").format(tag=tag) for tag in yes]
    return display_name(", ".join(parts))


def difference(edit: Edit) -> tuple[list[str], list[str]]:
    """Tags that go, tags that come."""
    return difference_of(tags_of(edit.before), tags_of(edit.after))
