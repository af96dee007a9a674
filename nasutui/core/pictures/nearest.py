"""The picture of a dataset that looks most like another: small copies compared point by point.

It answers "did the LoRA learn the style, or this very picture?": composition and colours count, not
what is shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nasutui.core.editing.listing import scan
from nasutui.core.errors import PictureError
from nasutui.core.events import Cancelled, never
from nasutui.core.pictures.thumbnails import thumbnail

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIDE = 16


def _look(picture: Path) -> NDArray[np.float32]:
    """A picture as a vector of length 1, its mean taken away. Raises PictureError."""
    import numpy as np
    from PIL import Image

    small = thumbnail(picture, 2 * _SIDE, _SIDE).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    values = np.asarray(small, np.float32).reshape(-1)
    values = values - values.mean()
    length = float(np.linalg.norm(values))
    look: NDArray[np.float32] = values / length if length else values
    return look


def nearest(picture: Path, folder: Path, cancelled: Cancelled = never) -> tuple[Path, float] | None:
    """The picture of the folder that looks most like `picture`, and how much (-1 to 1); None when
    there is none. Raises PictureError, InputError."""
    wanted = _look(picture)
    best: tuple[Path, float] | None = None
    for path in scan(folder).pictures:
        if cancelled():
            return None
        try:
            likeness = float(_look(path) @ wanted)
        except PictureError:
            continue
        if best is None or likeness > best[1]:
            best = (path, likeness)
    return best
