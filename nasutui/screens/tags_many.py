"""Many pictures at once, and the screens that look at all of them: bulk changes, walking one tag,
statistics, problems, the character helper."""

from __future__ import annotations

from collections.abc import Sequence

from textual import work
from textual.message import Message
from textual.worker import get_current_worker

from nasutui.core.editing.bulk_edit import Planned, adding, plan, replacing
from nasutui.core.errors import NasutuiError
from nasutui.core.events import ItemFailed, never
from nasutui.core.i18n import _, ngettext
from nasutui.core.query.language import quote
from nasutui.core.text import display_name
from nasutui.screens.ask_tag import AskTag
from nasutui.screens.bulk import BulkPlan, BulkScreen, Scope
from nasutui.screens.bulk_writing import write_planned
from nasutui.screens.character import CharacterScreen, Chosen
from nasutui.screens.failures import FailuresScreen
from nasutui.screens.planned import PlannedScreen
from nasutui.screens.problems import ProblemsScreen
from nasutui.screens.statistics import StatisticsScreen
from nasutui.screens.tags_history import TagsHistory
from nasutui.screens.walk_tag import WalkScreen
from nasutui.tag_desk import TagDesk
from nasutui.widgets.tag_list import TAG, TagList, TagRow


class Written(Message):
    """A bulk change was made (or could not be: `error`)."""

    def __init__(
        self, desk: TagDesk, label: str, changed: int, failures: list[ItemFailed], error: str
    ) -> None:
        super().__init__()
        self.desk, self.label, self.changed = desk, label, changed
        self.failures, self.error = failures, error


class TagsMany(TagsHistory):
    """Changes of many files and the screens over all pictures."""

    # -- bulk changes ---------------------------------------------------------------------------

    def scopes(self) -> tuple[list[Scope], int]:
        """The sets of pictures that a change can be for, and which one is meant at first."""
        assert self.desk is not None
        order = self.desk.dataset.order
        shown = list(self.pictures.items)
        marked = [slot for slot in order if slot in self.desk.marked]
        found = []
        if marked:
            found.append(Scope(_("marked"), marked))
        if self.query_text.strip():
            found.append(Scope(_("shown by the filter"), shown))
        found.append(Scope(_("all"), list(order)))
        return found, 0

    def action_bulk(self) -> None:
        if self.desk is not None and self.slot is not None and not self.is_busy():
            self.app.push_screen(BulkScreen(self.desk, *self.scopes()), self._bulk_chosen)

    def _bulk_chosen(self, chosen: BulkPlan | None) -> None:
        if chosen is not None:
            self.write(chosen.planned, chosen.label)

    def paste_on_marked(self, tags: tuple[str, ...]) -> None:
        assert self.desk is not None
        if not self.is_busy():
            dataset = self.desk.dataset
            slots = sorted(s for s in self.desk.marked if dataset.state(s).unreadable is None)
            captions = ((s, dataset.caption_path(s), dataset.tags(s)) for s in slots)
            label = _("paste {tags}").format(tags=display_name(", ".join(tags)))
            self._show_first(plan(captions, adding(tags), never), label, _("marked"))

    def _show_first(self, planned: list[Planned], label: str, scope: str = "") -> None:
        """Show what a change does to each caption; made when it is wanted."""

        def answered(wanted: bool | None) -> None:
            if wanted:
                self.write(planned, label)

        if planned:
            title = f"{label}   ({scope})" if scope else label
            self.app.push_screen(PlannedScreen(title, planned), answered)
        else:
            self.hint(_("nothing changes"))

    def write(self, planned: Sequence[Planned], label: str) -> None:
        """Write a bulk change in a thread; one step of undo."""
        if self.desk is None:
            return
        self.busy = True
        self.say(_("working..."))
        self._write(self.desk, planned, label)

    @work(thread=True, exclusive=True, group="write", exit_on_error=False, description="write")
    def _write(self, desk: TagDesk, planned: Sequence[Planned], label: str) -> None:
        worker = get_current_worker()
        changed, failures, error = write_planned(desk, planned, label, lambda: worker.is_cancelled)
        self.post_message(Written(desk, label, changed, failures, error))

    def on_written(self, message: Written) -> None:
        self.busy = False
        if message.desk is not self.desk:
            return
        message.desk.count_again(list(message.desk.dataset.order))
        self._details_slot = -1
        self.pictures.refresh()
        text = ngettext("{label}: {count} file", "{label}: {count} files", message.changed)
        self._said = message.error or text.format(label=message.label, count=message.changed)
        self._show_picture()
        if message.error:
            self.notify(message.error, severity="error", markup=False)
        if message.failures:
            self.app.push_screen(FailuresScreen(message.failures, again=False))

    def on_tag_list_deed(self, message: TagList.Deed) -> None:
        row = message.row
        if self.desk is None or row.kind != TAG or self.is_busy():
            return
        if message.deed == "delete-all":
            self.change_all(row.tag, (), "-" + display_name(row.tag))
        elif message.deed == "replace-all":
            self._replace_all(row.tag)

    @work
    async def _replace_all(self, tag: str) -> None:
        question = _("Replace {tag} by:").format(tag=display_name(tag))
        assert self.desk is not None
        new = await self.app.push_screen_wait(AskTag(self.desk, question, tag))
        if new and new != tag:
            label = f"{display_name(tag)} → {display_name(new)}"
            self.change_all(tag, (new,), label)

    def change_all(self, tag: str, by: Sequence[str], label: str) -> None:
        """Put other tags (none: nothing) in a tag's place, in the marked pictures or in all that
        the list shows; every change is shown first."""
        assert self.desk is not None
        scope, dataset = self.scopes()[0][0], self.desk.dataset
        try:
            having = set(
                dataset.filter(quote(tag)).tolist()
            )  # the index is quick, 100,000 are many
            slots = (s for s in scope.slots if s in having)
            captions = ((s, dataset.caption_path(s), dataset.tags(s)) for s in slots)
            planned = plan(captions, replacing(tag, by), never)
        except NasutuiError as error:
            self.refuse(error)
            return
        self._show_first(planned, label, scope.title)

    # -- screens over all pictures ----------------------------------------------------------------

    def _tag_here(self) -> str:
        """The tag under the cursor of the tag list."""
        row: TagRow | None = self.tag_list.current
        return row.tag if row is not None and row.kind != "line" else ""

    def action_walk(self) -> None:
        if self.desk is None or self.slot is None or self.is_busy():
            return
        tag = self._tag_here()
        if tag and self.focused is self.tag_list:
            self.walk(tag)
        else:
            self.app.push_screen(AskTag(self.desk, _("Which tag?"), tag), self.walk)

    def walk(self, tag: str | None) -> None:
        """Walk a tag through the pictures that are shown."""
        if tag and self.desk is not None:
            screen = WalkScreen(self.desk, tag, list(self.pictures.items))
            self.app.push_screen(screen, self._back_from)

    def action_statistics(self) -> None:
        if self.desk is not None:
            slots = list(self.pictures.items) if self.query_text.strip() else None
            self.app.push_screen(StatisticsScreen(self.desk, slots), self._tag_chosen)

    def _tag_chosen(self, chosen: tuple[str, str] | None) -> None:
        if chosen is None:
            return
        tag, what = chosen
        if what == "walk":
            self.walk(tag)
        else:
            self.filter_by_tag(tag, without=what == "without")

    def action_problems(self) -> None:
        if self.desk is not None and not self.is_busy():
            screen = ProblemsScreen(self.desk, list(self.pictures.items))
            self.app.push_screen(screen, self._back_from)

    def action_character(self) -> None:
        if self.desk is not None and not self.is_busy():
            self.app.push_screen(CharacterScreen(self.desk), self._character_chosen)

    def _character_chosen(self, chosen: Chosen | None) -> None:
        if chosen is None:
            return
        if chosen.query:
            self.set_filter(chosen.query)
        elif chosen.planned:
            self.write(chosen.planned, chosen.label)

    def _back_from(self, slot: int | None) -> None:
        """A screen over all pictures was closed; it may have changed some."""
        self._details_slot = -1
        self.pictures.refresh()
        if slot is not None and not self.go_to(slot):
            self.set_filter("")
            self._home = slot
        self._show_picture()
