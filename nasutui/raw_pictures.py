"""The raw pictures of a workspace as the Prepare screen lists them, read in a thread."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.message import Message

from nasutui.core.errors import NasutuiError
from nasutui.core.pictures.crop import CENTER
from nasutui.core.pictures.crops import Crop, Crops, read_crops
from nasutui.core.pictures.images import opened
from nasutui.core.pictures.importing import Candidate, examine, with_groups
from nasutui.core.pictures.numbering import prepared_names
from nasutui.core.pictures.prepare import PrepareSettings
from nasutui.core.pictures.sources import Source, find_sources
from nasutui.workspace import Workspace

if TYPE_CHECKING:
    from PIL import Image

LOOK_PIXELS = 512  # a smaller copy of this many pixels serves preview, box and result
LOOK_AT_ALL = 2000  # pictures; decoding more than these unasked would take minutes
_BUNDLE = 2000
_POST_SECONDS = 0.2


@dataclass
class RawPicture:
    """One raw picture. `sha256` and `size` are known once it was looked at; `crops` are those that
    a person chose (none: the project's mode)."""

    source: Source
    sha256: str = ""
    size: tuple[int, int] = (0, 0)
    format: str = ""
    problem: str = ""
    small: bool = False
    similar: int = 0
    copy_of: str = ""
    made: list[str] = field(default_factory=list)
    crops: Crops = ()
    marked: bool = False

    @property
    def label(self) -> str:
        """Its name, raw text from outside."""
        return self.source.label

    def crops_or(self, mode: str = CENTER) -> Crops:
        """The crops in force: the chosen ones, or the project's mode."""
        return self.crops or (Crop(mode),)

    def known_hash(self) -> str:
        """Its SHA-256, read now when the reader has not come to it yet. Raises PictureError."""
        if not self.sha256:
            self.sha256 = hashlib.sha256(self.source.read()).hexdigest()
        return self.sha256

    def take(self, seen: Candidate) -> None:
        """Note what a look at the picture showed."""
        self.sha256, self.size, self.format = seen.sha256, seen.size, seen.format
        self.problem, self.small = seen.problem, seen.small


def small_copy(picture: RawPicture) -> Image.Image:
    """A smaller copy of the upright picture, its longer side `LOOK_PIXELS` at most.
    Raises PictureError."""
    with opened(picture.source.read(), near=LOOK_PIXELS) as found:
        picture.size = found.size
        copy = found.image.copy()
    copy.thumbnail((LOOK_PIXELS, LOOK_PIXELS))
    return copy


class RawReader:
    """Lists the raw pictures of a workspace, then looks at each."""

    class Listed(Message):
        """Some more pictures of the folder; `last` with the last ones."""

        def __init__(self, reader: RawReader, pictures: list[RawPicture], last: bool) -> None:
            super().__init__()
            self.reader, self.pictures, self.last = reader, pictures, last

    class Looked(Message):
        """These pictures were looked at."""

        def __init__(self, reader: RawReader, pictures: list[RawPicture]) -> None:
            super().__init__()
            self.reader, self.pictures = reader, pictures

    def __init__(self, workspace: Workspace, settings: PrepareSettings) -> None:
        self.workspace = workspace
        self._settings = settings
        self._made: dict[str, list[str]] = {}
        self._crops: dict[str, Crops] = {}

    def read(self, cancelled: Callable[[], bool]) -> Iterator[Message]:
        """Yield what was found until everything is known or it is cancelled."""
        raw = self.workspace.raw
        sources = (
            find_sources([raw], leave_out=[self._settings.output]).sources if raw.is_dir() else []
        )
        pictures = [RawPicture(source) for source in sources]
        for start in range(0, max(1, len(pictures)), _BUNDLE):
            bundle = pictures[start : start + _BUNDLE]
            yield self.Listed(self, bundle, start + _BUNDLE >= len(pictures))
        yield from self._look(pictures, cancelled)

    def _look(self, pictures: list[RawPicture], cancelled: Callable[[], bool]) -> Iterator[Message]:
        self._made = prepared_names(self._settings.output)
        try:
            self._crops = {key: e.crops for key, e in read_crops(self.workspace.root).items()}
        except NasutuiError:
            self._crops = {}
        if len(pictures) > LOOK_AT_ALL:
            return
        first: dict[str, str] = {}
        seen: list[Candidate] = []
        bundle: list[RawPicture] = []
        posted = time.monotonic()
        for picture in pictures:
            if cancelled():
                return
            candidate = self._look_at(picture)
            seen.append(candidate)
            if candidate.sha256:
                original = first.setdefault(candidate.sha256, picture.label)
                picture.copy_of = original if original != picture.label else ""
            bundle.append(picture)
            if time.monotonic() - posted > _POST_SECONDS:
                yield self.Looked(self, bundle)
                bundle, posted = [], time.monotonic()
        for picture, candidate in zip(pictures, with_groups(seen), strict=True):
            picture.similar = candidate.similar
        yield self.Looked(self, pictures)

    def _look_at(self, picture: RawPicture) -> Candidate:
        candidate = examine(picture.source, self._settings.size)
        picture.take(candidate)
        picture.made = self._made.get(candidate.sha256, [])
        if not picture.crops:  # what was chosen on the screen meanwhile counts
            picture.crops = self._crops.get(candidate.sha256, ())
        return candidate

    def look_at_one(self, picture: RawPicture) -> Message:
        """Look at the picture under the cursor (in folders too large to look at everything)."""
        self._look_at(picture)
        return self.Looked(self, [picture])
