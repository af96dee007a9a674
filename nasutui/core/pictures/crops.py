"""The crops that a person chose: `crops.json` in the project, by content of the raw picture.

Settings, not damage: the originals stay, and each picture can be cut anew. The file changes only
through the journal, so crops can be undone like captions, also after a restart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasutui.core.errors import SettingsError, explain_os_error
from nasutui.core.files import read_or_none
from nasutui.core.history.journal import Edit, Journal, Refusal
from nasutui.core.i18n import _
from nasutui.core.pictures.crop import BOX, MODES, SMART
from nasutui.core.text import display_name

CROPS_FILE = "crops.json"
STEP = "crop"


@dataclass(frozen=True, slots=True)
class Crop:
    """How one picture is cut. mode: one of crop.MODES, or "box" with its box (left, top, right,
    bottom in pixels of the upright original). "smart" has a box once somebody saw and took it."""

    mode: str
    box: tuple[int, int, int, int] | None = None


Crops = tuple[Crop, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """The crops of one raw picture (hex SHA-256 of its bytes) and the name it had."""

    name: str
    crops: Crops


def read_crops(root: Path) -> dict[str, Entry]:
    """All chosen crops of a project or folder. Raises SettingsError when the file is damaged."""
    path = root / CROPS_FILE
    try:
        data = read_or_none(path)
        document = json.loads(data or b"{}")
        return {str(key): _entry(value) for key, value in document.items()}
    except OSError as error:
        raise SettingsError(explain_os_error(error, path)) from error
    except (
        ValueError,
        ArithmeticError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        text = _("{name} is damaged; undo, mend it, or move it away")
        raise SettingsError(text.format(name=display_name(path))) from error


def _entry(value: dict[str, Any]) -> Entry:
    return Entry(str(value["name"]), tuple(_crop(crop) for crop in value["crops"]))


def _crop(value: dict[str, Any]) -> Crop:
    mode = value["mode"]
    if mode == BOX or (mode == SMART and "box" in value):
        left, top, right, bottom = (int(side) for side in value["box"])
        if not (0 <= left < right and 0 <= top < bottom):
            raise ValueError(value)
        return Crop(mode, (left, top, right, bottom))
    if mode not in MODES:
        raise ValueError(value)
    return Crop(mode)


def _encode(entries: Mapping[str, Entry]) -> bytes:
    document = {
        key: {
            "name": entry.name,
            "crops": [
                {"mode": c.mode, "box": list(c.box)} if c.box else {"mode": c.mode}
                for c in entry.crops
            ],
        }
        for key, entry in sorted(entries.items())
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def set_crops(journal: Journal, chosen: Mapping[str, Entry], label: str) -> list[Refusal]:
    """Choose these crops (an entry without crops: back to the project's mode), as one step of
    undo. Returns what was refused; raises SettingsError, StateError."""
    path = journal.root / CROPS_FILE
    before = read_or_none(path)
    entries = {**read_crops(journal.root), **chosen}
    entries = {key: entry for key, entry in entries.items() if entry.crops}
    after = _encode(entries) if entries or before is not None else None
    with journal.change(STEP, label) as change:
        return change.apply([Edit(path, before, after)])
