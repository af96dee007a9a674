"""Finding pictures: the filter line, the next untagged, the next with a problem."""

from __future__ import annotations

import contextlib
import time

from textual import on, work
from textual.message import Message
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from nasutui.core.dataset.completion import Completion
from nasutui.core.editing.captions import tag_key
from nasutui.core.errors import NasutuiError
from nasutui.core.i18n import _
from nasutui.core.query.language import QueryError, parse, quote
from nasutui.core.query.unfinished import last_word, with_last_word
from nasutui.screens.tags_base import TagsBase
from nasutui.tag_desk import TagDesk
from nasutui.widgets.row_list import RowList
from nasutui.widgets.tag_input import CompletionList, FilterInput, TagInput

_SAY_SECONDS = 0.2
_MOST_OFFERED = 5
UNTAGGED, PROBLEM = "untagged", "problem:"


class Filtered(Message):
    """The answer to a query: slots, or why there is none; or how far gathering is (`progress`)."""

    def __init__(
        self, desk: TagDesk, query: str, slots: list[int] | None, *, error: str = "",
        progress: str = "",
    ) -> None:  # fmt: skip
        super().__init__()
        self.desk, self.query = desk, query
        self.slots, self.error, self.progress = slots, error, progress


class Fitting(Message):
    """The slots that one of the jumps looks for (None: why not)."""

    def __init__(self, desk: TagDesk, query: str, slots: set[int] | None, error: str = "") -> None:
        super().__init__()
        self.desk, self.query, self.slots, self.error = desk, query, slots, error


class TagsFind(TagsBase):
    """The filter and jumps."""

    def __init__(self) -> None:
        super().__init__()
        self.query_text = ""  # the newest query that could be read
        self._home: int | None = None  # the picture that one was on when the filter was entered

    def load(self, workspace: object) -> None:
        self.query_text = ""
        with self.filter_line.prevent(Input.Changed):
            self.filter_line.value = ""
        self._show_wrong("")
        super().load(workspace)  # type: ignore[arg-type]

    # -- the filter -----------------------------------------------------------------------------

    def action_filter(self) -> None:
        self._home = self.slot
        self.set_focus(self.filter_line)

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self._complete_filter(event.value)
        try:
            parse(event.value)
        except QueryError as error:
            self._show_wrong(str(error))
            return
        self._show_wrong("")
        self.query_text = event.value
        self.filter_again()

    def _complete_filter(self, query: str) -> None:
        """Offer the tags of this dataset that the last word may mean, also in Japanese; not for one
        that is whole: its pictures are shown, and need the room."""
        desk, completions = self.desk, self.query_one(CompletionList)
        _start, word = last_word(query)
        found: list[Completion] = []
        if desk is not None and word and not desk.counts.get(tag_key(word)):
            with contextlib.suppress(NasutuiError):
                found = [c for c in desk.completer().complete(word, 60) if c.here]
        shown = found[:_MOST_OFFERED] if self.filter_line.has_focus else []
        completions.offer(shown, word if shown else "", literal_first=word.isascii())

    def _show_wrong(self, reason: str) -> None:
        self.filter_line.set_class(bool(reason), "-wrong")
        self.query_one("#filter-label", Static).update("!" if reason else "/")
        label = self.query_one("#reason", Static)
        label.display = bool(reason)
        label.update(reason)

    def filter_again(self) -> None:
        if self.desk is None:
            return
        if not self.query_text.strip():
            self.workers.cancel_group(self, "filter")
            self.show_slots(list(self.desk.dataset.order))
            self._show_found()
        elif self._loaded:
            self._filter(self.desk, self.query_text)

    @work(thread=True, exclusive=True, group="filter", exit_on_error=False, description="filter")
    def _filter(self, desk: TagDesk, query: str) -> None:
        worker = get_current_worker()
        said = time.monotonic()
        try:
            for progress in desk.dataset.prepare(query, lambda: worker.is_cancelled):
                if time.monotonic() - said > _SAY_SECONDS:
                    said = time.monotonic()
                    share = f"{progress.done}/{progress.total}"
                    self.post_message(Filtered(desk, query, None, progress=share))
            if not worker.is_cancelled:
                slots = desk.dataset.filter(query).tolist()
                self.post_message(Filtered(desk, query, slots))
        except NasutuiError as error:
            self.post_message(Filtered(desk, query, None, error=str(error)))

    def on_filtered(self, message: Filtered) -> None:
        if message.desk is not self.desk or message.query != self.query_text:
            return
        if message.progress:
            self.query_one("#found", Static).update(message.progress)
        elif message.slots is None:
            self._show_wrong(message.error)
        else:
            self.pictures.say_when_empty(_("No picture fits. esc shows all again."))
            self.show_slots(message.slots)
            self._show_found()

    def _show_found(self) -> None:
        assert self.desk is not None
        shown, total = len(self.pictures.items), len(self.desk.dataset)
        marked = len(self.desk.marked)
        text = str(total)
        if self.query_text.strip():
            text = f"{shown} / {total}  " + _("esc: all")
        if marked:
            text = _("{count} marked").format(count=marked) + "  " + text
        self.query_one("#found", Static).update(text)

    @on(Input.Submitted, "#filter")
    def _filter_taken(self, event: Input.Submitted) -> None:
        event.stop()
        choice = self.query_one(CompletionList).choice
        if choice is not None and self.desk is not None:
            self.filter_line.value = with_last_word(event.value, self.desk.spelling(choice.tag))
        self._leave_filter()

    def _leave_filter(self) -> None:
        self.query_one(CompletionList).offer((), "")
        self.set_focus(self.pictures)

    def on_tag_input_left(self, message: TagInput.Left) -> None:
        if isinstance(message.line, FilterInput):
            message.line.value = ""
            self._leave_filter()

    def show_slots(self, slots: list[int], cursor: int | None = None) -> None:
        """As in the base. While a filter is typed the list is empty again and again; the cursor
        comes back to the picture it was on."""
        if cursor is None and self._home in slots:
            cursor = slots.index(self._home)
        super().show_slots(slots, cursor)

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        if message.rows is self.focused is self.pictures and self.slot != self._home:
            self._home = None  # one has gone somewhere else

    def set_filter(self, query: str) -> None:
        """Show the pictures that a query means."""
        self._home = self.slot
        self.filter_line.value = query
        self.set_focus(self.pictures)

    def filter_by_tag(self, tag: str, *, without: bool = False) -> None:
        """Show the pictures that have a tag, or those that have it not."""
        self.set_filter(("-" if without else "") + quote(tag))

    # -- moving and marking -----------------------------------------------------------------------

    def on_tag_input_other(self, message: TagInput.Other) -> None:
        self._home = None
        self.pictures.action_cursor(message.step)

    def on_tag_list_other(self, message: TagInput.Other) -> None:
        self.pictures.action_cursor(message.step)

    def action_next(self, query: str) -> None:
        if self.desk is not None and self._loaded:
            self._find_next(self.desk, query)

    @work(thread=True, exclusive=True, group="next", exit_on_error=False, description="next")
    def _find_next(self, desk: TagDesk, query: str) -> None:
        try:
            slots = desk.dataset.filter(query).tolist()
        except NasutuiError as error:
            self.post_message(Fitting(desk, query, None, str(error)))
            return
        self.post_message(Fitting(desk, query, set(slots)))

    def on_fitting(self, message: Fitting) -> None:
        if message.desk is not self.desk:
            return
        if message.slots is None:
            self.notify(message.error, severity="error", markup=False)
        elif not self._jump(message.slots):
            text = {
                UNTAGGED: _("every picture shown has tags"),
                PROBLEM: _("no picture shown has a problem"),
            }[message.query]
            self.hint(text)

    def _jump(self, wanted: set[int]) -> bool:
        """To the next picture of the list that is wanted, around the end."""
        slots, start = self.pictures.items, self.pictures.cursor
        for step in range(1, len(slots) + 1):
            place = (start + step) % len(slots)
            if slots[place] in wanted:
                self.pictures.action_to(place)
                return True
        return False

    def action_mark(self) -> None:
        if self.desk is not None and self.slot is not None:
            self.desk.marked ^= {self.slot}
            self.pictures.action_cursor(1)
            self._marks_changed()

    def action_mark_all(self) -> None:
        if self.desk is None:
            return
        shown = set(self.pictures.items)
        if shown <= self.desk.marked:
            self.desk.marked -= shown
        else:
            self.desk.marked |= shown
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.pictures.refresh()
        self._show_found()
