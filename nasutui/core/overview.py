"""What a project holds and what to do next, for the home screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.database import PROJECT_FILE
from nasutui.core.editing.listing import is_hidden, is_picture_name, scan
from nasutui.core.errors import InputError
from nasutui.core.i18n import _
from nasutui.core.project import DATASET, LORAS, PROCESSED, RAW, TAGGED

LORA_SUFFIX = ".safetensors"


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts: raw pictures (zips count as one), prepared, captioned, exported, LoRA files."""

    root: Path
    raw: int
    prepared: int
    tagged: int
    exported: int
    loras: int

    @property
    def next_step(self) -> str:
        """What to do next, in the interface's language."""
        if not self.raw and not self.prepared:
            return _("import pictures (1)")
        if self.raw and not self.prepared:
            return _("prepare the pictures (1)")
        if self.tagged < self.prepared:
            return _("caption the pictures (2)")
        if not self.exported:
            return _("check the tags (3), then export (4)")
        if not self.loras:
            return _("train, then bring the LoRA back (4)")
        return _("try the LoRA (5)")


def find_projects(folder: Path) -> Iterator[Path]:
    """The projects in a folder, by name."""
    try:
        names = sorted(e.name for e in os.scandir(folder) if e.is_dir() and not is_hidden(e.name))
    except OSError:
        return
    for name in names:
        if (folder / name / PROJECT_FILE).is_file():
            yield folder / name


def overview(root: Path) -> Overview:
    """Count what a project holds; folders that are missing count nothing."""
    tagged = 0
    try:
        listing = scan(root / TAGGED)
        tagged = len(listing.captions)
    except InputError:
        pass
    return Overview(
        root,
        _count(root / RAW, pictures=True, others=".zip"),
        _count(root / PROCESSED, pictures=True),
        tagged,
        sum(_count(f, pictures=True) for f in _subfolders(root / DATASET)),
        _count(root / LORAS, pictures=False, others=LORA_SUFFIX),
    )


def _subfolders(folder: Path) -> list[Path]:
    try:
        return [Path(e.path) for e in os.scandir(folder) if e.is_dir()]
    except OSError:
        return []


def _count(folder: Path, *, pictures: bool, others: str = "") -> int:
    count = 0
    for _root, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not is_hidden(f)]
        for name in names:
            wanted = bool(others) and name.lower().endswith(others)
            count += wanted or (pictures and is_picture_name(name))
    return count


def holds(folder: Path, fits: Callable[[str], bool]) -> bool:
    """True as soon as one file of a folder has a name that fits; cheap on any folder."""
    try:
        with os.scandir(folder) as entries:
            return any(fits(entry.name) for entry in entries)
    except OSError:
        return False
