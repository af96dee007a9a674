"""The lines of a dataset: which picture goes with which caption, by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from nasutui.core.editing.listing import Listing, caption_path, is_hidden
from nasutui.core.errors import InputError, explain_os_error, os_error_code


class Item(NamedTuple):
    """File names in the folder. picture: "" for a caption without a picture."""

    picture: str
    caption: str


def names_in(folder: Path) -> frozenset[str]:
    """Every name in the folder that is no hidden one. Raises InputError."""
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries if not is_hidden(entry.name))
    except OSError as error:
        raise InputError(explain_os_error(error, folder), code=os_error_code(error)) from error


def items_of(listing: Listing) -> list[Item]:
    """Every picture in natural order, one that shares a stem right behind the one it shares it
    with; captions without a picture last."""
    sharing: dict[Path, list[Path]] = {}
    for picture, first in listing.clashes:
        sharing.setdefault(first, []).append(picture)
    items: list[Item] = []
    for picture in listing.pictures:
        name = picture.name
        caption = listing.captions.get(name.rpartition(".")[0]) or caption_path(picture)
        items.append(Item(name, caption.name))
        items.extend(Item(other.name, caption.name) for other in sharing.get(picture, ()))
    items.extend(Item("", caption.name) for caption in listing.loose)
    return items
