"""Undo and redo in the Tags workplace. What changes many files is shown before it is taken back."""

from __future__ import annotations

from textual import work
from textual.message import Message

from nasutui.core.errors import NasutuiError
from nasutui.core.events import ItemFailed
from nasutui.core.history.journal import ChangeInfo, Journal, Outcome, Refusal
from nasutui.core.i18n import _, ngettext
from nasutui.core.pictures.crops import STEP as CROPS
from nasutui.core.text import display_name
from nasutui.screens.failures import FailuresScreen
from nasutui.screens.history import HistoryScreen, TurnScreen
from nasutui.screens.tags_edit import TagsEdit
from nasutui.tag_desk import TagDesk


class Turned(Message):
    """Changes were taken back or made again in a thread."""

    def __init__(self, desk: TagDesk, outcomes: list[Outcome], back: bool, error: str = "") -> None:
        super().__init__()
        self.desk, self.outcomes, self.back, self.error = desk, outcomes, back, error


class TagsHistory(TagsEdit):
    """Undo, redo, and going to any point of the history."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = False

    def action_undo(self) -> None:
        self._turn_one(back=True)

    def action_redo(self) -> None:
        self._turn_one(back=False)

    def _turn_one(self, *, back: bool) -> None:
        desk = self.desk
        if desk is None or self.is_busy():
            return
        try:
            change = desk.next_turn(back=back)
            if change is None:
                text = _("there is nothing to undo") if back else _("there is nothing to redo")
                self.hint(text)
            elif change.files > 1 or change.step == CROPS:  # a crop is not seen from here
                self._ask_first([change], back=back)
            else:
                self.turn([change], back=back)
        except NasutuiError as error:
            self.refuse(error)

    def _ask_first(self, way: list[ChangeInfo], *, back: bool) -> None:
        """Show what undoing (or redoing) these changes will do, and do it when it is wanted."""
        assert self.desk is not None

        def answered(wanted: bool | None) -> None:
            if wanted:
                self.turn(way, back=back)

        self.app.push_screen(TurnScreen(way, self.desk.journal, back=back), answered)

    def action_history(self) -> None:
        desk = self.desk
        if desk is None or self.is_busy():
            return
        try:
            changes = desk.journal.history() if desk.has_journal else []
        except NasutuiError as error:
            self.refuse(error)
            return

        def chosen(point: ChangeInfo | None) -> None:
            if point is not None:
                self._go_to_point(changes, point)

        self.app.push_screen(HistoryScreen(changes), chosen)

    def _go_to_point(self, changes: list[ChangeInfo], point: ChangeInfo) -> None:
        way, back = way_to(changes, point)
        if not way:
            self.hint(_("this is where you are"))
            return
        try:
            self._ask_first(way, back=back)
        except NasutuiError as error:
            self.refuse(error)

    def is_busy(self) -> bool:
        """True, and said, while a change of many files is being made."""
        if self.busy:
            self.hint(_("a change of many files is being made; wait for it"))
        return self.busy

    def turn(self, way: list[ChangeInfo], *, back: bool) -> None:
        """Undo or redo these changes, the first first."""
        if self.desk is None:
            return
        if len(way) == 1 and way[0].files <= 1:
            self._turn_now(self.desk, back)
            return
        self.busy = True
        self.say(_("working..."))
        self._turn_many(self.desk, [change.id for change in way], back)

    def _turn_now(self, desk: TagDesk, back: bool) -> None:
        """One file: done before the next key is read."""
        try:
            outcome = desk.turn(back=back)
        except NasutuiError as error:
            self.refuse(error)
            return
        if outcome is not None:
            self._say_turned([outcome], back)

    @work(thread=True, exclusive=True, group="turn", exit_on_error=False, description="turn")
    def _turn_many(self, desk: TagDesk, ids: list[int], back: bool) -> None:
        outcomes: list[Outcome] = []
        try:
            with Journal(desk.root) as journal:
                for wanted in ids:
                    upcoming = journal.next_undo() if back else journal.next_redo()
                    if upcoming is None or upcoming.id != wanted:
                        break  # another nasutui has gone on meanwhile
                    outcome = journal.undo() if back else journal.redo()
                    assert outcome is not None
                    outcomes.append(outcome)
                    if outcome.refused and not outcome.written:
                        break  # older changes would be taken back under the one that is held
            touched = [p for o in outcomes for p in (*o.written, *o.remembered)]
            desk.dataset.reread([p for p in touched if p.parent == desk.folder])
            self.post_message(Turned(desk, outcomes, back))
        except NasutuiError as error:
            self.post_message(Turned(desk, outcomes, back, str(error)))

    def on_turned(self, message: Turned) -> None:
        self.busy = False
        if message.desk is not self.desk:
            return
        if message.error:
            self.notify(message.error, severity="error", markup=False)
        message.desk.count_again(list(message.desk.dataset.order))
        self._say_turned(message.outcomes, message.back)

    def _say_turned(self, outcomes: list[Outcome], back: bool) -> None:
        if not outcomes or self.desk is None:
            return
        done = {path for o in outcomes for path in (*o.written, *o.remembered)}
        if len(done) == 1:
            for slot in self.desk.dataset.slots_of(next(iter(done))):
                self.go_to(slot)
        self._say_refused([refusal for outcome in outcomes for refusal in outcome.refused])
        self._details_slot = -1
        self.pictures.refresh()
        said = _("undone: {change}") if back else _("redone: {change}")
        made = [o for o in outcomes if o.written or o.remembered] or outcomes
        label = display_name(made[-1].change.label)
        if len(made) > 1:
            count = len(made)
            label = ngettext("{count} change", "{count} changes", count).format(count=count)
        if len(done) > 1:
            files = ngettext("{count} file", "{count} files", len(done))
            label = f"{label} ({files.format(count=len(done))})"
        self._said = said.format(change=label) if done else ""
        self._show_picture()

    def _say_refused(self, refused: list[Refusal]) -> None:
        if len(refused) == 1:
            self.notify(refused[0].reason, severity="warning", markup=False)
        elif refused:
            failures = [ItemFailed(r.path, r.code, r.reason) for r in refused]
            self.app.push_screen(FailuresScreen(failures, again=False))


def way_to(changes: list[ChangeInfo], point: ChangeInfo) -> tuple[list[ChangeInfo], bool]:
    """The changes (newest first in `changes`) that must be undone so that `point` is the newest
    applied one, True; or redone so that it is, False."""
    if point.state == "undone":
        waiting = [c for c in reversed(changes) if c.state == "undone" and c.id <= point.id]
        return waiting, False
    return [c for c in changes if c.state == "applied" and c.id > point.id], True
