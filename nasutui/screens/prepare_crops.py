"""Choosing crops on the Prepare screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nasutui.core.errors import NasutuiError
from nasutui.core.i18n import _
from nasutui.core.pictures.crop import BOX, SMART
from nasutui.core.pictures.crops import Crops
from nasutui.crop_book import CropBook
from nasutui.raw_pictures import RawPicture
from nasutui.screens.prepare_base import PrepareBase
from nasutui.widgets.crop_view import CropView
from nasutui.widgets.row_list import RowList

SAVE_SECONDS = 0.5


class PrepareCrops(PrepareBase):
    """Every change of a crop: shown at once, written when the keys rest, undone by a key."""

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
