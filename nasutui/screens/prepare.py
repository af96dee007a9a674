"""The Prepare screen: raw pictures, what to cut out of each, and making them.

It is put together from what is shown (prepare_base), choosing crops (prepare_crops) and here the keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from nasutui.core.errors import NasutuiError
from nasutui.core.events import Cancelled, Events
from nasutui.core.i18n import N_, _
from nasutui.core.pictures.importing import import_pictures
from nasutui.core.pictures.prepare import prepare
from nasutui.core.pictures.sources import Source
from nasutui.core.text import display_name
from nasutui.raw_pictures import RawPicture
from nasutui.screens.failures import FailuresScreen
from nasutui.screens.import_pictures import ImportScreen
from nasutui.screens.prepare_crops import PrepareCrops
from nasutui.widgets.ask import AskText, typed_path
from nasutui.widgets.look_closer import LookCloser
from nasutui.widgets.preview import Develop
from nasutui.widgets.real_image import protocol, show_and_wait
from nasutui.widgets.row_list import RowList


class PrepareScreen(PrepareCrops):
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
