"""What the Prepare screen shows: raw pictures, the crop of one and what comes out of it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import get_current_worker

from nasutui.core.events import Event
from nasutui.core.i18n import _
from nasutui.core.pictures.crops import Crop, Crops
from nasutui.core.pictures.prepare import PrepareSettings
from nasutui.crop_book import CropBook
from nasutui.jobs import Job
from nasutui.raw_pictures import LOOK_AT_ALL, RawPicture, RawReader
from nasutui.screens.base import Workplace
from nasutui.screens.prepare_text import crop_line, picture_line, raw_row
from nasutui.widgets.crop_view import CropView, ResultView, SmallCopies
from nasutui.widgets.preview import DEBOUNCE_SECONDS
from nasutui.widgets.row_list import RowList
from nasutui.workspace import Workspace


class PrepareBase(Workplace):
    """The list, the crop and the result."""

    DEFAULT_CSS = """
    PrepareBase #raw { width: 34; }
    PrepareBase.-narrow #raw { width: 28; }
    PrepareBase #result-side { width: 28; }
    PrepareBase.-narrow #result-side { width: 20; }
    PrepareBase #info { height: 2; padding: 0 1; background: $surface; }
    PrepareBase #empty { display: none; height: 1fr; content-align: center middle; text-align: center; }
    PrepareBase.-empty #empty { display: block; }
    PrepareBase.-empty #columns, PrepareBase.-empty #info { display: none; }
    PrepareBase #result-text { height: 5; padding: 0 1; color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._copies = SmallCopies()
        self._pictures: list[RawPicture] = []
        self._book: CropBook | None = None
        self._reader: RawReader | None = None
        self._slot = 0
        self._pending: dict[str, Crops] = {}
        self._save_timer: Timer | None = None
        self._return_to = ""  # label of the picture that the cursor was on before a reading

    def compose_body(self) -> ComposeResult:
        yield Vertical(
            Static(id="empty", markup=False),
            Horizontal(
                RowList(raw_row, id="raw"),
                CropView(self._copies, id="box"),
                Vertical(
                    ResultView(self._copies, id="result"),
                    Static(id="result-text", markup=False),
                    id="result-side",
                ),
                id="columns",
            ),
            Static(id="info", markup=False),
        )

    # -- loading ------------------------------------------------------------------------------

    def load(self, workspace: Workspace | None) -> None:
        self.leave()
        same = self._reader is not None and self._reader.workspace is workspace
        self._return_to = self._current.label if same and self._current is not None else ""
        self._pictures = []
        self.query_one(RowList).set_items([], 0)
        self._show_picture()
        if workspace is not None:
            self._book = CropBook(workspace.root)
            self.query_one(RowList).focus()
            self._read(workspace)

    def action_reload(self) -> None:
        self.load(self.app.workspace)

    @property
    def _settings(self) -> PrepareSettings:
        workspace = self.app.workspace
        assert workspace is not None
        if workspace.project is None:
            return PrepareSettings((workspace.raw,), workspace.root / "prepared")
        section = workspace.project.settings.prepare
        return PrepareSettings((workspace.raw,), workspace.processed, section.size, section.crop)

    @work(thread=True, exclusive=True, group="read", exit_on_error=False, description="read")
    def _read(self, workspace: Workspace) -> None:
        worker = get_current_worker()
        reader = self._reader = RawReader(workspace, self._settings)
        for message in reader.read(lambda: worker.is_cancelled):
            self.post_message(message)

    def on_raw_reader_listed(self, message: RawReader.Listed) -> None:
        if message.reader.workspace is not self.app.workspace:
            return
        self._pictures.extend(message.pictures)
        rows = self.query_one(RowList)
        rows.set_items(self._pictures, self._place_before())
        empty = message.last and not self._pictures
        self.set_class(empty, "-empty")
        if empty:
            self.query_one("#empty", Static).update(
                _(
                    "No pictures yet. i imports a folder, files or a zip;\na dropped or pasted path will do."
                )
            )

    def _place_before(self) -> int | None:
        """Where the picture is listed on which the cursor was before the reading, once it is."""
        for place, picture in enumerate(self._pictures):
            if self._return_to and picture.label == self._return_to:
                self._return_to = ""
                return place
        return None

    def on_raw_reader_looked(self, message: RawReader.Looked) -> None:
        if message.reader.workspace is self.app.workspace:
            self.query_one(RowList).refresh()
            if self._current in message.pictures:
                self._show_picture()

    def job_said(self, job: Job, _events: Sequence[Event]) -> None:
        if job.ended and job.step in ("prepare", "import") and self.app.workspace is not None:
            job.step = f"{job.step} seen"
            self.load(self.app.workspace)

    # -- what is shown ------------------------------------------------------------------------

    @property
    def _current(self) -> RawPicture | None:
        current: RawPicture | None = self.query_one(RowList).current
        return current

    def _crops_of(self, picture: RawPicture) -> Crops:
        return self._pending.get(picture.sha256) or picture.crops_or(self._settings.crop)

    def on_row_list_highlighted(self, _message: RowList.Highlighted) -> None:
        self._slot = 0
        self._show_picture()
        picture = self._current if len(self._pictures) > LOOK_AT_ALL else None
        if picture is not None and self._reader is not None and not picture.size[0]:
            self._look_at_one(self._reader, picture)

    @work(thread=True, exclusive=True, group="look", exit_on_error=False, description="look")
    def _look_at_one(self, reader: RawReader, picture: RawPicture) -> None:
        time.sleep(DEBOUNCE_SECONDS)  # whoever scrolls through is not looked at
        if not get_current_worker().is_cancelled:
            self.post_message(reader.look_at_one(picture))

    def on_row_list_chosen(self, _message: RowList.Chosen) -> None:
        self.query_one(CropView).focus()

    def _show_picture(self) -> None:
        picture = self._current if self._pictures else None
        info = self.query_one("#info", Static)
        if picture is None:
            self.query_one(CropView).show_crop(None, Crop("center"), 512)
            self.query_one(ResultView).show_result(None, Crop("center"), 512)
            info.update("")
            return
        crops = self._crops_of(picture)
        self._slot = min(self._slot, len(crops) - 1)
        crop, size = crops[self._slot], self._settings.size
        self.query_one(CropView).show_crop(picture, crop, size)
        self.query_one(ResultView).show_result(picture, crop, size)
        info.update(picture_line(picture))
        text = crop_line(picture, crops, self._slot, size)
        self.query_one("#result-text", Static).update(text)
