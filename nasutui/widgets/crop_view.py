"""The picture with its crop box, moved by keys, and beside it what will come out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from nasutui.core.errors import PictureError
from nasutui.core.i18n import N_
from nasutui.core.pictures.crop import BOX, CENTER, NONE, PAD, SMART, Box, move_box, resize_box
from nasutui.core.pictures.cropping import cut, plan_for, with_box
from nasutui.core.pictures.crops import Crop
from nasutui.core.pictures.thumbnails import fitted
from nasutui.raw_pictures import RawPicture, small_copy
from nasutui.widgets.preview import Preview
from nasutui.widgets.translated import Translated

if TYPE_CHECKING:
    from PIL import Image

_CYCLE = (CENTER, SMART, PAD, NONE)


class SmallCopies:
    """The newest small copies of raw pictures, shared by the box and the result."""

    def __init__(self, limit: int = 24) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, tuple[Image.Image, tuple[int, int]]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, picture: RawPicture) -> Image.Image:
        """The copy; decoded when it is not kept. The picture knows its size then. Raises
        PictureError."""
        key = f"{picture.source.path}|{picture.label}"
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                copy, picture.size = self._kept[key]
                return copy
        copy = small_copy(picture)
        with self._lock:
            self._kept[key] = copy, picture.size
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return copy


class CropView(Translated, Preview, can_focus=True):
    """Shows a raw picture with its box; with the focus, keys move the box."""

    HELP = N_("""\
# Crop

The bright part stays, the dark part falls away. **h j k l** or the arrows move the box, with
**shift** in large steps; **+** and **-** make it larger and smaller; **m** goes through the modes
(middle, smart, whole picture padded, whole picture for buckets); **r** goes back to the project's
mode. **N** adds another crop of the same picture, **[** and **]** go between them, **D** takes one
away. **a** gives all marked pictures this crop's mode. **u** undoes, **ctrl+r** redoes. Originals are never touched.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(keys, f"move({dx}, {dy})", title, id=f"crop.{name}", show=False)
            for keys, dx, dy, title, name in (
                ("h,left", -1, 0, N_("Box left"), "left"),
                ("l,right", 1, 0, N_("Box right"), "right"),
                ("k,up", 0, -1, N_("Box up"), "up"),
                ("j,down", 0, 1, N_("Box down"), "down"),
                ("H,shift+left", -8, 0, N_("Box far left"), "far_left"),
                ("L,shift+right", 8, 0, N_("Box far right"), "far_right"),
                ("K,shift+up", 0, -8, N_("Box far up"), "far_up"),
                ("J,shift+down", 0, 8, N_("Box far down"), "far_down"),
            )
        ),
        Binding("plus,equals_sign", "grow(1)", N_("Larger"), id="crop.larger"),
        Binding("minus", "grow(-1)", N_("Smaller"), id="crop.smaller"),
        Binding("m", "mode", N_("Mode"), id="crop.mode"),
        Binding("r", "reset", N_("Reset"), id="crop.reset"),
    ]
    DEFAULT_CSS = """
    CropView:focus { border: round $primary; }
    CropView { border: round $panel; }
    """

    class Changed(Message):
        """A person chose another crop (None: back to the project's mode)."""

        def __init__(self, view: CropView, crop: Crop | None) -> None:
            super().__init__()
            self.view, self.crop = view, crop

        @property
        def control(self) -> CropView:
            return self.view

    def __init__(self, copies: SmallCopies, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._copies = copies
        self.picture: RawPicture | None = None
        self.crop = Crop(CENTER)
        self.result_size = 512

    def show_crop(self, picture: RawPicture | None, crop: Crop, result_size: int) -> None:
        """Show a picture with this crop; result_size: pixels of a side of what comes out."""
        self.picture, self.crop, self.result_size = picture, crop, result_size
        if picture is None:
            self.show(None, None)
            return

        def develop(columns: int, rows: int) -> Image.Image:
            image = self._copies.get(picture)
            to_do = plan_for(image, picture.size, result_size, crop)
            return with_box(image, picture.size, to_do, columns, rows * 2)

        self.show((id(picture), picture.label, crop, result_size), develop)

    def _box(self) -> Box | None:
        """The box that the keys start from; None for a picture that can't be read."""
        if self.picture is None:
            return None
        try:
            image = self._copies.get(self.picture)
        except PictureError:
            return None
        return plan_for(image, self.picture.size, self.result_size, self.crop).box

    def _choose(self, box: Box) -> None:
        self.post_message(self.Changed(self, Crop(BOX, box)))

    def _step(self) -> int:
        assert self.picture is not None
        return max(1, min(self.picture.size) // 64)

    def action_move(self, dx: int, dy: int) -> None:
        box = self._box()
        if box and self.picture:
            step = self._step()
            if self.crop.mode in (PAD, NONE):
                return
            self._choose(move_box(box, dx * step, dy * step, *self.picture.size))

    def action_grow(self, direction: int) -> None:
        box = self._box()
        if box and self.picture:
            change = direction * 2 * self._step()
            self._choose(resize_box(box, change, *self.picture.size))

    def action_mode(self) -> None:
        if self.picture and self._box():
            now = _CYCLE.index(self.crop.mode) if self.crop.mode in _CYCLE else -1
            chosen = Crop(_CYCLE[(now + 1) % len(_CYCLE)])
            if chosen.mode == SMART:  # what is seen is what is kept
                image = self._copies.get(self.picture)
                box = plan_for(image, self.picture.size, self.result_size, chosen).box
                chosen = Crop(SMART, box)
            self.post_message(self.Changed(self, chosen))

    def action_reset(self) -> None:
        if self.picture:
            self.post_message(self.Changed(self, None))


class ResultView(Preview):
    """What will come out of the crop, at its real proportions."""

    def __init__(self, copies: SmallCopies, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._copies = copies

    def show_result(self, picture: RawPicture | None, crop: Crop, result_size: int) -> None:
        """Show what comes out of this picture with this crop."""
        if picture is None:
            self.show(None, None)
            return

        def develop(columns: int, rows: int) -> Image.Image:
            image = self._copies.get(picture)
            to_do = plan_for(image, picture.size, result_size, crop)
            return fitted(cut(image, picture.size, to_do), columns, rows * 2)

        self.show((id(picture), picture.label, crop, result_size), develop)
