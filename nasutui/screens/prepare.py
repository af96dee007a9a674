"""The Prepare screen: raw pictures, what to cut out of each, and making them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import get_current_worker

from nasutui.core.errors import NasutuiError
from nasutui.core.events import Cancelled, Event, Events
from nasutui.core.i18n import N_, _
from nasutui.core.pictures.crop import BOX, SMART
from nasutui.core.pictures.crops import Crop, Crops
from nasutui.core.pictures.importing import import_pictures
from nasutui.core.pictures.prepare import PrepareSettings, prepare
from nasutui.core.pictures.sources import Source
from nasutui.core.text import display_name
from nasutui.crop_book import CropBook
from nasutui.jobs import Job
from nasutui.raw_pictures import LOOK_AT_ALL, RawPicture, RawReader
from nasutui.screens.base import Workplace
from nasutui.screens.failures import FailuresScreen
from nasutui.screens.import_pictures import ImportScreen
from nasutui.screens.prepare_text import crop_line, picture_line, raw_row
from nasutui.widgets.ask import AskText, typed_path
from nasutui.widgets.crop_view import CropView, ResultView, SmallCopies
from nasutui.widgets.look_closer import LookCloser
from nasutui.widgets.preview import DEBOUNCE_SECONDS, Develop
from nasutui.widgets.real_image import protocol, show_and_wait
from nasutui.widgets.row_list import RowList
from nasutui.workspace import Workspace

SAVE_SECONDS = 0.5


class PrepareScreen(Workplace):
    """Import, crop, prepare."""

    MODE = "prepare"
    HELP = N_("""\
# Prepare

Pictures as they came, and what will come out of each. **i** imports (a folder, files, a zip; what
would come is shown first), **enter** goes to the crop of the picture, **p** makes all pictures that
are not made yet. **space** shows the picture large, **v** in full resolution where the terminal can.
**x** marks pictures, **a** gives the marked ones this crop's mode, **f** lists what failed. Originals are never touched.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "import", N_("Import"), id="prepare.import"),
        Binding("p", "prepare", N_("Prepare"), id="prepare.run"),
        Binding("space", "look", N_("Look"), id="prepare.look"),
        Binding("v", "real_image", N_("Full resolution"), id="prepare.view", show=False),
        Binding("x", "mark", N_("Mark"), id="prepare.mark", show=False),
        Binding("X", "mark_all", N_("Mark all or none"), id="prepare.mark_all", show=False),
        Binding("a", "apply", N_("Crop marked alike"), id="prepare.apply", show=False),
        Binding("f", "failures", N_("What failed"), id="prepare.failures", show=False),
        Binding("u", "undo", N_("Undo"), id="prepare.undo", show=False),
        Binding("ctrl+r", "redo", N_("Redo"), id="prepare.redo", show=False),
        Binding("n", "step(1)", N_("Next picture"), id="prepare.next", show=False),
        Binding("b", "step(-1)", N_("Picture before"), id="prepare.previous", show=False),
        Binding("N", "add_crop", N_("Another crop"), id="prepare.add_crop", show=False),
        Binding("D", "remove_crop", N_("Remove crop"), id="prepare.remove_crop", show=False),
        Binding("left_square_bracket", "slot(-1)", N_("Crop before"), id="prepare.crop_before", show=False),
        Binding("right_square_bracket", "slot(1)", N_("Next crop"), id="prepare.crop_next", show=False),
        Binding("escape", "to_list", N_("To the list"), id="prepare.list", show=False),
        Binding("f5", "reload", N_("Read again"), id="prepare.reload", show=False),
    ]  # fmt: skip
    DEFAULT_CSS = """
    PrepareScreen #raw { width: 34; }
    PrepareScreen.-narrow #raw { width: 28; }
    PrepareScreen #result-side { width: 28; }
    PrepareScreen.-narrow #result-side { width: 20; }
    PrepareScreen #info { height: 2; padding: 0 1; background: $surface; }
    PrepareScreen #empty { display: none; height: 1fr; content-align: center middle; text-align: center; }
    PrepareScreen.-empty #empty { display: block; }
    PrepareScreen.-empty #columns, PrepareScreen.-empty #info { display: none; }
    PrepareScreen #result-text { height: 5; padding: 0 1; color: $text-muted; }
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
        self._save_now()
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
        rows.set_items(self._pictures)
        empty = message.last and not self._pictures
        self.set_class(empty, "-empty")
        if empty:
            self.query_one("#empty", Static).update(
                _(
                    "No pictures yet. i imports a folder, files or a zip;\na dropped or pasted path will do."
                )
            )

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

    # -- changing crops -----------------------------------------------------------------------

    def on_crop_view_changed(self, message: CropView.Changed) -> None:
        picture = self._current
        if picture is None or not self._readable(picture):
            return
        crops = list(self._crops_of(picture))
        if message.crop is None:
            crops = (
                crops[:0] if len(crops) == 1 else [*crops[: self._slot], *crops[self._slot + 1 :]]
            )
        else:
            crops[self._slot] = message.crop
        self._choose(picture, tuple(crops))

    @staticmethod
    def _readable(picture: RawPicture) -> bool:
        try:
            return bool(picture.known_hash())
        except NasutuiError:
            return False

    def _choose(self, picture: RawPicture, crops: Crops) -> None:
        """Show the crop at once; write it when the keys rest, as one step of undo."""
        if self._pending and picture.sha256 not in self._pending:
            self._save_now()
        self._pending[picture.sha256] = crops
        picture.crops = crops
        if not crops:
            self._save_now()
        self._show_picture()
        if self._save_timer is not None:
            self._save_timer.stop()
        self._save_timer = self.set_timer(SAVE_SECONDS, self._save_now)

    def _save_now(self) -> None:
        if self._save_timer is not None:
            self._save_timer.stop()
            self._save_timer = None
        pending, self._pending = self._pending, {}
        if not pending or self._book is None:
            return
        names = {p.sha256: p.label for p in self._pictures if p.sha256 in pending}
        self._try(lambda book: book.choose({k: (names.get(k, ""), v) for k, v in pending.items()}))

    def _try(self, action: Callable[[CropBook], str]) -> None:
        """Change crops.json, say what is to be said, show what it holds now."""
        if self._book is None:
            return
        chosen: dict[str, Crops] = {}
        try:
            said = action(self._book)
            chosen = self._book.read()
        except NasutuiError as error:
            said = str(error)
        if said:
            self.notify(said, markup=False)
        for picture in self._pictures:
            picture.crops = chosen.get(picture.sha256, ())
        self.query_one(RowList).refresh()

    def leave(self) -> None:
        self._save_now()

    def action_undo(self) -> None:
        self._save_now()
        self._try(lambda book: book.undo())
        self._show_picture()

    def action_redo(self) -> None:
        self._save_now()
        self._try(lambda book: book.redo())
        self._show_picture()

    def action_add_crop(self) -> None:
        picture = self._current
        if picture is not None and self._readable(picture):
            crops = self._crops_of(picture)
            self._slot = len(crops)
            self._choose(picture, (*crops, crops[-1]))

    def action_remove_crop(self) -> None:
        picture = self._current
        if picture is not None and len(self._crops_of(picture)) > 1:
            crops = self._crops_of(picture)
            self._choose(picture, (*crops[: self._slot], *crops[self._slot + 1 :]))

    def action_slot(self, step: int) -> None:
        picture = self._current
        if picture is not None:
            self._slot = (self._slot + step) % len(self._crops_of(picture))
            self._show_picture()

    def action_apply(self) -> None:
        picture = self._current
        marked = [p for p in self._pictures if p.marked and p.sha256]
        if picture is None or not marked or self._book is None:
            self.notify(_("mark pictures with x first"), markup=False)
            return
        self._save_now()
        crop = self._crops_of(picture)[self._slot]
        alike = replace(crop, mode=SMART if crop.mode == BOX else crop.mode, box=None)
        self._try(lambda book: book.choose({p.sha256: (p.label, (alike,)) for p in marked}))
        self._show_picture()

    # -- other keys ---------------------------------------------------------------------------

    def action_step(self, step: int) -> None:
        self.query_one(RowList).action_cursor(step)

    def action_to_list(self) -> None:
        self.query_one(RowList).focus()

    def action_mark(self) -> None:
        if self._current is not None:
            self._current.marked = not self._current.marked
            self.query_one(RowList).action_cursor(1)
            self.query_one(RowList).refresh()

    def action_mark_all(self) -> None:
        mark = not all(p.marked for p in self._pictures)
        for picture in self._pictures:
            picture.marked = mark
        self.query_one(RowList).refresh()

    def _whole(self, picture: RawPicture) -> Develop:
        from nasutui.core.pictures.images import opened
        from nasutui.core.pictures.thumbnails import fitted

        def develop(columns: int, rows: int) -> Any:
            with opened(picture.source.read(), near=max(columns, rows * 2)) as found:
                return fitted(found.image, columns, rows * 2)

        return develop

    def action_look(self) -> None:
        if self._current is not None:
            self.app.push_screen(LookCloser(self._current.label, self._whole(self._current)))

    def action_real_image(self) -> None:
        name = protocol(self.app.config, self.app.environment)
        picture = self._current
        if name is None or picture is None:
            self.notify(_("this terminal shows no real pictures (config: images)"), markup=False)
            return
        from nasutui.core.pictures.images import opened

        try:
            with opened(picture.source.read(), near=1200) as found, self.app.suspend():
                show_and_wait(found.image, name, _("any key returns"))
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)

    def action_prepare(self) -> None:
        self._save_now()
        if not self._pictures:
            self.notify(_("there are no pictures to prepare; i imports some"), markup=False)
            return
        settings = self._settings

        def make(cancelled: Cancelled) -> Events:
            return prepare(settings, cancelled)

        self.app.start_job(_("prepare"), make)

    def action_failures(self) -> None:
        job = self.app.newest_job
        self.app.push_screen(FailuresScreen(job.failures if job else []), self._try_again)

    def _try_again(self, again: bool | None) -> None:
        if again:
            self.action_prepare()

    @work
    async def action_import(self) -> None:
        text = await self.app.push_screen_wait(
            AskText(_("Import from (a folder, a picture, a zip):"), path=True)
        )
        if text:
            await self._import(text)

    async def _import(self, text: str) -> None:
        workspace = self.app.workspace
        assert workspace is not None
        chosen: Iterable[Source] | None = await self.app.push_screen_wait(
            ImportScreen(typed_path(text), workspace.raw, self._settings.size)
        )
        sources = list(chosen or ())
        if sources:
            raw = workspace.raw

            def make(cancelled: Cancelled) -> Events:
                return import_pictures(raw, sources, cancelled)

            self.app.start_job(_("import"), make)

    def on_paste(self, event: Any) -> None:
        """A dropped file arrives as its pasted path."""
        event.stop()
        if typed_path(event.text).exists():
            self.run_worker(self._import(event.text), description="import")
        else:
            self.notify(
                _("{name}: there is no such file").format(name=display_name(event.text)),
                markup=False,
            )
