"""Which files of a folder are pictures, captions and Japanese side files.

    img001.png        a picture
    img001.txt        its caption
    img001_jp.txt     its Japanese side file, made again at any time
    img002.caption    a caption too, where there is no img002.txt (what sd-scripts reads by default)

A caption stays in the file it is in, so that nothing about a picture is said in two places. Where
both are there, the .txt file is the caption and the other one is left alone, and named.
`X_jp.txt` is a side file only when a picture X is there and no picture X_jp: the caption of a
picture called `X_jp.png` is a caption. Hidden files and what a Mac leaves behind (`._img001.png`,
`__MACOSX/`, `.DS_Store`) are nothing of ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from nasutui.core.errors import InputError, explain_os_error, os_error_code
from nasutui.core.i18n import _
from nasutui.core.text import display_name, natural_key

# What pictures/images.py can open; a test holds this list against the decoders.
PICTURE_SUFFIXES = frozenset(
    {
        ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".avifs", ".gif",
        ".bmp", ".dib", ".tif", ".tiff", ".heic", ".heif", ".heics", ".heifs", ".hif",
    }
)  # fmt: skip
CAPTION_SUFFIX = ".txt"
OTHER_SUFFIX = ".caption"
SIDE_ENDING = "_jp"


def is_hidden(name: str) -> bool:
    """True for names that are no content: hidden files, AppleDouble, the Mac's zip folder."""
    return name.startswith(".") or name == "__MACOSX"


def is_picture_name(name: str) -> bool:
    """True when the name says that the file is a picture we read."""
    return name[name.rfind(".") :].lower() in PICTURE_SUFFIXES and not is_hidden(name)


def is_caption_name(name: str) -> bool:
    """True when the name says that the file is a caption, or a side file."""
    return name.endswith((CAPTION_SUFFIX, OTHER_SUFFIX)) and not is_hidden(name)


def caption_path(picture: Path) -> Path:
    """Where a picture's caption is on the disk: NAME.txt, there or not, but NAME.caption where only
    that is there."""
    usual = picture.with_suffix(CAPTION_SUFFIX)
    return instead_of(usual) or usual


def instead_of(caption: Path) -> Path | None:
    """The NAME.caption that holds the caption while there is no NAME.txt; else None."""
    if caption.suffix != CAPTION_SUFFIX or os.path.exists(caption):  # noqa: PTH110 - never raises
        return None
    other = caption.with_suffix(OTHER_SUFFIX)
    return other if os.path.isfile(other) else None  # noqa: PTH113 - never raises


def side_path(picture: Path) -> Path:
    """Where a picture's Japanese side file is: NAME_jp.txt."""
    return picture.with_name(f"{picture.stem}{SIDE_ENDING}{CAPTION_SUFFIX}")


@dataclass(slots=True)
class Listing:
    """One folder's pictures and captions, in natural order.

    pictures: each with a stem of its own; `clashes` are pictures whose stem another picture has
    already (they would share one caption). captions: stem -> caption file. beside: stem -> a
    NAME.caption that is not used because NAME.txt is. loose: captions without a picture. sides:
    stem -> Japanese side file.
    """

    folder: Path
    pictures: list[Path] = field(default_factory=list)
    clashes: list[tuple[Path, Path]] = field(default_factory=list)
    captions: dict[str, Path] = field(default_factory=dict)
    beside: dict[str, Path] = field(default_factory=dict)
    loose: list[Path] = field(default_factory=list)
    sides: dict[str, Path] = field(default_factory=dict)

    def side_is_free(self, picture: Path) -> bool:
        """False when NAME_jp.txt is the caption of another picture called NAME_jp."""
        return f"{picture.stem}{SIDE_ENDING}" not in self._stems()

    def _stems(self) -> set[str]:
        return {p.stem for p in self.pictures}

    def caption_files(self) -> list[Path]:
        """Every caption, with or without a picture, in natural order; never a side file."""
        return sorted([*self.captions.values(), *self.loose], key=lambda p: natural_key(p.name))


def is_side_file(name: str, stems: set[str] | dict[str, Path]) -> bool:
    """True when `name` is a side file among pictures with these stems."""
    stem, suffix = PurePath(name).stem, PurePath(name).suffix
    return (
        suffix == CAPTION_SUFFIX
        and stem.endswith(SIDE_ENDING)
        and stem not in stems
        and stem.removesuffix(SIDE_ENDING) in stems
    )


def _is_content(entry: os.DirEntry[str]) -> bool:
    """False for folders, pipes and the like; a link that leads nowhere is said when it is opened."""
    try:
        return entry.is_file() or (entry.is_symlink() and not entry.is_dir())
    except OSError:
        return True


def scan(folder: Path) -> Listing:
    """Read one folder (not its subfolders). Raises InputError when it can't be read."""
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if not is_hidden(e.name) and _is_content(e)]
    except NotADirectoryError as error:
        message = _("{name}: this is not a folder").format(name=display_name(folder))
        raise InputError(message, code="not-a-folder") from error
    except OSError as error:
        raise InputError(explain_os_error(error, folder), code=os_error_code(error)) from error
    return sort_names(folder, names)


def sort_names(folder: Path, names: Iterable[str]) -> Listing:
    """Sort a folder's file names into pictures, captions and side files."""
    listing = Listing(folder)
    by_stem: dict[str, Path] = {}
    texts: list[str] = []
    for name in sorted(names, key=natural_key):
        if is_picture_name(name):
            path = folder / name
            first = by_stem.setdefault(path.stem, path)
            if first is path:
                listing.pictures.append(path)
            else:
                listing.clashes.append((path, first))
        elif is_caption_name(name):
            texts.append(name)
    for name in sorted(texts, key=lambda name: name.endswith(OTHER_SUFFIX)):
        stem = name[: name.rindex(".")]
        if stem in by_stem:
            (listing.beside if stem in listing.captions else listing.captions)[stem] = folder / name
        elif is_side_file(name, by_stem):
            listing.sides[stem.removesuffix(SIDE_ENDING)] = folder / name
        else:
            listing.loose.append(folder / name)
    listing.loose.sort(key=lambda path: natural_key(path.name))
    return listing
