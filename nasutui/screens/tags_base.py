"""What the Tags workplace shows, and how it is loaded and kept up to date."""

from __future__ import annotations

from collections.abc import Sequence

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import AppFocus
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import get_current_worker

from nasutui.core.dataset.model import Changes
from nasutui.core.dataset.tag_details import Details, read_details
from nasutui.core.errors import NasutuiError
from nasutui.core.events import Event, Finished, Started
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.jobs import Job
from nasutui.screens.base import Workplace
from nasutui.screens.tags_text import info_lines, tag_rows
from nasutui.tag_desk import Counted, TagDesk, name_of
from nasutui.widgets.picture_list import picture_cells
from nasutui.widgets.preview import DEBOUNCE_SECONDS, Preview
from nasutui.widgets.row_list import Cells, RowList
from nasutui.widgets.tag_input import CompletionList, FilterInput, TagInput
from nasutui.widgets.tag_list import TagList
from nasutui.workspace import Workspace

LOOK_SECONDS = 1.0


class FolderSaid(Message):
    """The folder is being read: names are there (`first`), more captions, all of them (`counted`),
    or it can't be read (`error`)."""

    def __init__(
        self, desk: TagDesk, *, first: bool = False, counted: Counted | None = None, error: str = ""
    ) -> None:
        super().__init__()
        self.desk, self.first, self.counted, self.error = desk, first, counted, error


class Recovered(Message):
    """A sentence about the folder's history: what was finished in it, or why it can't be used."""

    def __init__(self, desk: TagDesk, text: str) -> None:
        super().__init__()
        self.desk, self.text = desk, text


class Looked(Message):
    """Something in the folder is not as it was."""

    def __init__(self, desk: TagDesk, changes: Changes) -> None:
        super().__init__()
        self.desk, self.changes = desk, changes


class Remembered(Message):
    """What is remembered of one picture was read."""

    def __init__(self, desk: TagDesk, slot: int, details: Details) -> None:
        super().__init__()
        self.desk, self.slot, self.details = desk, slot, details


class TagsBase(Workplace):
    """Layout, loading, and what is shown of the picture under the cursor."""

    DEFAULT_CSS = """
    TagsBase #filter-line, TagsBase #tag-line { height: 1; background: $surface; }
    TagsBase #filter-label, TagsBase #prompt { width: auto; min-width: 3; padding: 0 1; color: $text-accent; text-style: bold; }
    TagsBase #found { width: auto; padding: 0 1; color: $text-muted; }
    TagsBase TagInput { width: 1fr; background: $surface; }
    TagsBase TagInput:focus { background: $panel; }
    TagsBase FilterInput.-wrong { color: $text-error; }
    TagsBase #reason { height: auto; padding: 0 1; background: $error-muted; color: $text-error; display: none; }
    TagsBase #pictures { width: 26; }
    TagsBase #tags { width: 46; }
    TagsBase #preview { margin: 0 0 0 1; }
    TagsBase.-narrow #pictures { width: 22; }
    TagsBase.-narrow #tags { width: 41; }
    TagsBase.-wide #pictures { width: 34; }
    TagsBase.-wide #tags { width: 64; }
    TagsBase.-folded #preview { display: none; }
    TagsBase.-folded #tags { width: 1fr; }
    TagsBase #info { height: 2; padding: 0 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
    TagsBase #empty { display: none; height: 1fr; content-align: center middle; text-align: center; }
    TagsBase.-empty #empty { display: block; }
    TagsBase.-empty #columns, TagsBase.-empty #info { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.desk: TagDesk | None = None
        self.details = Details()
        self._details_slot = -1
        self._details_timer: Timer | None = None
        self._loaded = False
        self._said = ""
        self._tag_cursor: int | None = None
        self._shown_slot = -1

    def compose_body(self) -> ComposeResult:
        yield Vertical(
            Horizontal(
                Static("/", id="filter-label", markup=False),
                FilterInput(
                    compact=True,
                    id="filter",
                    placeholder=_("filter: 1girl -solo   tags>40   problem:   untagged"),
                ),
                Static(id="found", markup=False),
                id="filter-line",
            ),
            Static(id="reason", markup=False),
            Static(id="empty", markup=False),
            Horizontal(
                RowList(self._picture_cells, id="pictures"),
                Preview(id="preview"),
                TagList(id="tags"),
                id="columns",
            ),
            Static(id="info", markup=False),
            # In the flow and not above it: wherever a line of a popup crosses the edge of a column
            # below, Textual tears a character that is two cells wide.
            CompletionList(id="completions"),
            Horizontal(
                Static("+", id="prompt", markup=False),
                TagInput(
                    compact=True,
                    id="line",
                    placeholder=_("a adds tags: blue_eyes, aoi me, 青い目"),
                ),
                id="tag-line",
            ),
            id="desk",
        )

    def on_mount(self) -> None:
        self.set_interval(LOOK_SECONDS, self.look_again)

    def on_unmount(self) -> None:
        if self.desk is not None:
            self.desk.close()

    # -- the widgets ----------------------------------------------------------------------------

    @property
    def pictures(self) -> RowList:
        return self.query_one("#pictures", RowList)

    @property
    def tag_list(self) -> TagList:
        return self.query_one(TagList)

    @property
    def line(self) -> TagInput:
        return self.query_one("#line", TagInput)

    @property
    def filter_line(self) -> FilterInput:
        return self.query_one(FilterInput)

    @property
    def slot(self) -> int | None:
        """The picture under the cursor."""
        current: int | None = self.pictures.current
        return current

    def _picture_cells(self, slot: int, width: int) -> Cells:
        return picture_cells(self.desk, slot, width) if self.desk else []

    # -- loading ------------------------------------------------------------------------------

    def load(self, workspace: Workspace | None) -> None:
        if self.desk is not None:
            self.desk.close()
        self.desk, self._loaded, self._shown_slot = None, False, -1
        self.pictures.set_items([], 0)
        self.query_one("#preview", Preview).forget()
        self._show_picture()
        if workspace is not None:
            self.desk = TagDesk(workspace)
            self.set_focus(self.pictures)
            self._read(self.desk)

    def action_reload(self) -> None:
        self.load(self.app.workspace)

    @work(thread=True, exclusive=True, group="read", exit_on_error=False, description="read")
    def _read(self, desk: TagDesk) -> None:
        worker = get_current_worker()
        try:
            for event in desk.load(lambda: worker.is_cancelled):
                if isinstance(event, Finished):
                    self.post_message(FolderSaid(desk, counted=desk.count()))
                else:
                    self.post_message(FolderSaid(desk, first=isinstance(event, Started)))
        except NasutuiError as error:
            self.post_message(FolderSaid(desk, error=str(error)))
            return
        for text in desk.recover():
            self.post_message(Recovered(desk, text))

    def on_recovered(self, message: Recovered) -> None:
        if message.desk is self.desk:
            self.notify(message.text, severity="warning", timeout=20, markup=False)

    def on_folder_said(self, message: FolderSaid) -> None:
        desk = self.desk
        if desk is None or message.desk is not desk:
            return
        if message.error:
            self._show_empty(message.error)
            return
        if message.first:
            self._show_empty("" if desk.dataset.order else self._nothing_here())
            self.show_slots(list(desk.dataset.order), cursor=0)
        if message.counted is not None:
            desk.take(message.counted)
            self._loaded = True
            self.filter_again()
        self.pictures.refresh()
        if not message.first:
            self._show_picture()

    def _nothing_here(self) -> str:
        if self.app.workspace is not None and self.app.workspace.project is not None:
            return _("No captions yet. 2 captions the prepared pictures.")
        return _("There are no pictures and captions in this folder.")

    def _show_empty(self, text: str) -> None:
        self.set_class(bool(text), "-empty")
        self.query_one("#empty", Static).update(text)

    def job_said(self, job: Job, events: Sequence[Event]) -> None:
        if job.ended and self.desk is not None and self._loaded:
            self._look(self.desk)
            self._details_slot = -1

    # -- what others do -------------------------------------------------------------------------

    def on_app_focus(self, _event: AppFocus) -> None:
        self.look_again()

    def look_again(self) -> None:
        """Notice what another program has changed in the folder."""
        if self.desk is not None and self._loaded and self.is_current and self.desk.should_look:
            self._look(self.desk)

    @work(thread=True, exclusive=True, group="look", exit_on_error=False, description="look")
    def _look(self, desk: TagDesk) -> None:
        try:
            changes = desk.look()
        except NasutuiError as error:
            self.post_message(FolderSaid(desk, error=str(error)))
            return
        if changes:
            self.post_message(Looked(desk, changes))

    def on_looked(self, message: Looked) -> None:
        desk, changes = self.desk, message.changes
        if desk is None or message.desk is not desk:
            return
        desk.count_again((*changes.added, *changes.changed, *changes.removed))
        if changes.added or changes.removed:
            self._show_empty("" if desk.dataset.order else self._nothing_here())
            self.filter_again()
        self.pictures.refresh()
        if self.slot in changes.changed:
            self._details_slot = -1
            self.say(_("another program changed this caption; it is shown as it is now"))
        self._show_picture()

    # -- what is shown --------------------------------------------------------------------------

    def show_slots(self, slots: list[int], cursor: int | None = None) -> None:
        """Show these pictures; the cursor stays on its picture, or goes to line `cursor`."""
        current = self.slot
        if cursor is None and current is not None and current in slots:
            cursor = slots.index(current)
        self.pictures.set_items(slots, 0 if cursor is None else cursor)
        if not slots:
            self._show_picture()

    def filter_again(self) -> None:
        """Filter anew because the pictures changed."""
        raise NotImplementedError

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        if message.rows.id == "pictures" and self.slot != self._shown_slot:
            self._said = ""
            self._tag_cursor = 0
            self._show_picture()

    def say(self, text: str) -> None:
        """A sentence in the second line below, until the cursor moves to another picture."""
        self._said = text
        self._show_info()

    def _show_picture(self) -> None:
        slot, desk = self.slot, self.desk
        preview = self.query_one("#preview", Preview)
        if slot is None or desk is None:
            self._shown_slot = -1
            preview.show(None, None)
            self.tag_list.say_when_empty("")
            self.tag_list.show([])
            self.query_one("#info", Static).update("")
            return
        if slot != self._shown_slot or slot != self._details_slot:
            if slot != self._details_slot:
                self.details = Details() if slot != self._shown_slot else self.details
                self._begin_details()
            preview.show_file(desk.dataset.path(slot))
        self._shown_slot = slot
        self._show_tags()
        self._show_info()

    def _show_tags(self) -> None:
        assert self.desk is not None and self.slot is not None
        unreadable = self.desk.dataset.state(self.slot).unreadable is not None
        self.tag_list.say_when_empty(
            _("This caption can't be read; it is left as it is.")
            if unreadable
            else _("No tags. a types the first one.")
        )
        self.tag_list.show(tag_rows(self.desk, self.slot, self.details), self._tag_cursor)
        self._tag_cursor = None

    def _show_info(self) -> None:
        if self.desk is not None and self.slot is not None:
            text = info_lines(self.desk, self.slot, self._said)
            self.query_one("#info", Static).update(text)

    def _begin_details(self) -> None:
        if self._details_timer is not None:
            self._details_timer.stop()
        self._details_timer = self.set_timer(DEBOUNCE_SECONDS, self.read_details_now)

    def read_details_now(self) -> None:
        """Look up scores and origins of the picture under the cursor."""
        if self.desk is not None and self.slot is not None:
            self._look_up(self.desk, self.slot)

    @work(thread=True, exclusive=True, group="details", exit_on_error=False, description="details")
    def _look_up(self, desk: TagDesk, slot: int) -> None:
        dataset = desk.dataset
        try:
            found = read_details(desk.folder, dataset.path(slot), dataset.caption_path(slot))
        except NasutuiError:
            found = Details()  # the caption can be edited all the same; a write says what is wrong
        self.post_message(Remembered(desk, slot, found))

    def on_remembered(self, message: Remembered) -> None:
        if message.desk is self.desk and message.slot == self.slot:
            self.details, self._details_slot = message.details, message.slot
            self._show_tags()

    # -- small helpers --------------------------------------------------------------------------

    def name_of(self, slot: int) -> str:
        """A picture's name, safe to show."""
        return display_name(name_of(self.desk.dataset, slot)) if self.desk else ""

    def hint(self, text: str) -> None:
        """A word on a key that did nothing: where it hides no tag and no picture."""
        if self.desk is not None and self.slot is not None:
            self.say(text)
        else:
            self.notify(text, markup=False)

    def refuse(self, error: NasutuiError) -> None:
        """Say what could not be done."""
        self.notify(str(error), severity="error", markup=False)

    def go_to(self, slot: int) -> bool:
        """Put the cursor on a picture; False when the list does not show it."""
        items = self.pictures.items
        if slot not in items:
            return False
        self.pictures.action_to(list(items).index(slot))
        return True
