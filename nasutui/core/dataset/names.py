"""The lines of a dataset: which picture goes with which caption, by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from nasutui.core.editing.listing import CAPTION_SUFFIX, Listing, is_hidden
from nasutui.core.errors import InputError, explain_os_error, os_error_code


class Item(NamedTuple):
    """File names in the folder. picture: "" for a caption without a picture. beside: a second
    caption that is not used, "" for none (see editing/listing.py)."""

    picture: str
    caption: str
    beside: str = ""


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
        stem = name.rpartition(".")[0]
        caption = listing.captions.get(stem) or picture.with_suffix(CAPTION_SUFFIX)
        beside = listing.beside[stem].name if stem in listing.beside else ""
        together = (picture, *sharing.get(picture, ()))
        items.extend(Item(shown.name, caption.name, beside) for shown in together)
    items.extend(Item("", caption.name) for caption in listing.loose)
    return items
