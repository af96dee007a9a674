"""Pictures, names and folders as the trainer must find them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from nasutui.core.editing.captions import tag_key
from nasutui.core.editing.listing import Listing, is_hidden, is_picture_name
from nasutui.core.errors import PictureError
from nasutui.core.pictures.images import file_size, opened, png_bytes, read_file
from nasutui.core.pictures.memory import room_for
from nasutui.core.training.check_pictures import is_cache
from nasutui.core.training.names import is_safe_name


def dataset_stems(listing: Listing) -> dict[Path, str]:
    """The name of each picture in the dataset. Other tools on the way (zips, Drive, the trainer's
    cache) want plain ASCII names that differ in more than case; others are numbered."""
    stems: dict[Path, str] = {}
    taken: set[str] = set()
    for picture in listing.pictures:
        if is_safe_name(picture.stem) and picture.stem.casefold() not in taken:
            stems[picture] = picture.stem
            taken.add(picture.stem.casefold())
    number = 0
    for picture in listing.pictures:
        while picture not in stems:
            number += 1
            name = f"img{number:03d}"
            if name not in taken:
                stems[picture] = name
                taken.add(name)
    return stems


def clean_png(picture: Path) -> bytes | PictureError:
    """The picture as the trainer must find it; bytes that are so already stay as they are."""
    try:
        with room_for(file_size(picture)):
            data = read_file(picture)
            with opened(data) as opened_picture:
                if opened_picture.format == "PNG" and _is_plain_png(data):
                    return data
                return png_bytes(opened_picture.image)
    except PictureError as error:
        return error


def _is_plain_png(data: bytes) -> bool:
    """True for a PNG of 8 bit RGB that holds pixels and nothing else."""
    position, kinds = 8, set()
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        kinds.add(data[position + 4 : position + 8])
        position += 12 + length
    whole = position == len(data)
    return whole and kinds == {b"IHDR", b"IDAT", b"IEND"} and data[24:26] == b"\x08\x02"


def leading_tag(captions: Collection[Sequence[str]]) -> str:
    """The tag that every caption begins with, "" when there is none."""
    firsts = {tag_key(tags[0]): tags[0] for tags in captions}
    return next(iter(firsts.values())) if len(firsts) == 1 and len(captions) > 1 else ""


def strangers_in(folder: Path, files: dict[str, str]) -> list[str]:
    """Files that the trainer could take up though they are not of this dataset: pictures and caches
    in sub-folders whose name begins with repeats, under our name or another."""
    found = (p.relative_to(folder) for p in folder.glob("*_*/*") if p.is_file())
    return sorted(
        n.as_posix()
        for n in found
        if n.as_posix() not in files
        and not is_hidden(n.name)
        and (is_picture_name(n.name) or is_cache(n.name))
    )
