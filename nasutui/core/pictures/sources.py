"""Where raw pictures come from: folders (with their subfolders), single files and zips.

A zip as the Mac's Finder makes it is ordinary: its `__MACOSX/` and `._` entries are passed over,
its names come in composed form. Nothing is unpacked to disk.
"""

from __future__ import annotations

import lzma
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from nasutui.core.editing.listing import is_hidden, is_picture_name
from nasutui.core.errors import PictureError, explain_os_error, os_error_code
from nasutui.core.events import ItemFailed
from nasutui.core.i18n import _
from nasutui.core.pictures.images import file_size, read_file
from nasutui.core.pictures.memory import MAX_FILE_BYTES
from nasutui.core.text import display_name, natural_key

_UTF8_NAMES = 0x800  # flag of an entry whose name is UTF-8
_ENCRYPTED = 0x1
# Uncompressed pictures pack well, but not a hundred to one at this size: that is a zip bomb.
_SUSPICIOUS_BYTES = 256 << 20
_MOST_TO_ONE = 100


@dataclass(frozen=True, slots=True)
class Source:
    """One raw picture: a file, or an entry of a zip. `label` names it, relative to what was
    given; it is raw text from outside."""

    label: str
    path: Path
    entry: zipfile.ZipInfo | None = None

    @property
    def where(self) -> Path:
        """The file, or the entry as a path below its zip; to name, not to open."""
        return self.path if self.entry is None else _inside(self.path, _entry_name(self.entry))

    @property
    def size(self) -> int:
        """The bytes that `read` gives, 0 where nobody can tell."""
        return file_size(self.path) if self.entry is None else self.entry.file_size

    def read(self) -> bytes:
        """The picture's bytes; large ones only within `memory.room_for`. Raises PictureError."""
        if self.entry is None:
            return read_file(self.path)
        packed = self.entry.compress_size
        if self.entry.file_size > max(_SUSPICIOUS_BYTES, packed * _MOST_TO_ONE):
            text = _(
                "this entry unpacks to a hundred times its size and more; unpack the zip first"
            )
            raise PictureError(text, code="too-large")
        if self.entry.file_size > MAX_FILE_BYTES:
            raise PictureError(_("the file is larger than 512 MB"), code="too-large")
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.entry) as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            if error.errno is None:  # bz2 says so of broken data
                raise _damaged_entry() from error
            reason = explain_os_error(error, self.path.name)
            raise PictureError(reason, code=os_error_code(error)) from error
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
            raise _damaged_entry() from error
        except (NotImplementedError, RuntimeError) as error:
            text = _("this entry is packed in a way that can't be read; unpack the zip first")
            raise PictureError(text, code="damaged") from error
        if len(data) > MAX_FILE_BYTES:
            raise PictureError(_("the file is larger than 512 MB"), code="too-large")
        if not data:
            raise PictureError(_("the file is empty"), code="empty")
        return data


def _damaged_entry() -> PictureError:
    return PictureError(_("this entry of the zip is damaged"), code="damaged")


def _inside(archive: Path, name: str) -> Path:
    """An entry as a path below its zip, even where its name begins with a slash."""
    return archive / name.replace("\\", "/").lstrip("/")


@dataclass(slots=True)
class Found:
    """What a search for raw pictures found: pictures in natural order, what was refused, and
    the labels of files that are no pictures by their name."""

    sources: list[Source] = field(default_factory=list)
    refused: list[ItemFailed] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def find_sources(inputs: Sequence[Path], leave_out: Sequence[Path] = ()) -> Found:
    """Look through the inputs, in their order; folders in `leave_out` are not entered."""
    found = Found()
    skip = {identity for p in leave_out if (identity := _identity(p))}
    for given in inputs:
        try:
            mode = given.stat().st_mode
        except OSError as error:
            found.refused.append(
                ItemFailed(given, os_error_code(error), explain_os_error(error, given))
            )
            continue
        if stat.S_ISDIR(mode):
            start = len(os.path.join(given, ""))  # noqa: PTH118
            for path in _walk(given, skip, found):
                _take(path, path[start:], found)
        else:
            _take(str(given), given.name, found, asked=True)
    return found


def _identity(folder: str | Path) -> tuple[int, int] | None:
    """What makes a folder the same one, by whichever path."""
    try:
        status = Path(folder).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _walk(folder: Path, skip: set[tuple[int, int]], found: Found) -> Iterator[str]:
    """Paths of the files below a folder in natural order, each folder's where its name stands; links to folders
    are not followed."""
    ahead = [_entries(folder, found)]
    while ahead:
        entry = next(ahead[-1], None)
        if entry is None:
            ahead.pop()
        elif not entry.is_dir(follow_symlinks=False):
            if not _leads_to_folder(entry):
                yield entry.path
        elif not skip or _identity(entry.path) not in skip:
            ahead.append(_entries(Path(entry.path), found))


def _entries(folder: Path, found: Found) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            shown = [e for e in entries if not is_hidden(e.name)]
    except OSError as error:
        found.refused.append(
            ItemFailed(folder, os_error_code(error), explain_os_error(error, folder))
        )
        return iter(())
    return iter(sorted(shown, key=lambda e: natural_key(e.name)))


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself: reading it says so
        return False


def _take(path: str, label: str, found: Found, *, asked: bool = False) -> None:
    name = label[label.rfind(os.sep) + 1 :]
    if name.lower().endswith(".zip") and not is_hidden(name):
        _take_zip(Path(path), label, found)
    elif asked or is_picture_name(name):
        found.sources.append(Source(label, Path(path)))
    else:
        found.ignored.append(label)


def _entry_name(info: zipfile.ZipInfo) -> str:
    """An entry's name as it was meant: Finder writes UTF-8 without saying so, Windows Shift_JIS;
    Python reads both as cp437."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAMES:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            raw = b""
        for encoding in ("utf-8", "cp932"):
            try:
                name = raw.decode(encoding) or name
                break
            except UnicodeDecodeError:
                continue
    return unicodedata.normalize("NFC", name)


def _take_zip(path: Path, label: str, found: Found) -> None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            reason = _("{name}: not a regular file").format(name=display_name(path.name))
            found.refused.append(ItemFailed(path, "not-a-file", reason))
            return
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except OSError as error:
        found.refused.append(ItemFailed(path, os_error_code(error), explain_os_error(error, path)))
        return
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        reason = _("{name}: this is no zip that can be read").format(name=display_name(path.name))
        found.refused.append(ItemFailed(path, "damaged", reason))
        return
    named = sorted(((_entry_name(i), i) for i in infos), key=lambda pair: natural_key(pair[0]))
    for name, info in named:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts or info.is_dir() or any(is_hidden(p) and p != ".." for p in parts):
            continue
        problem = _entry_problem(parts, info)
        if problem:
            shown = display_name(f"{label}/{name}")
            found.refused.append(
                ItemFailed(_inside(path, name), problem[0], f"{shown}: {problem[1]}")
            )
        elif is_picture_name(parts[-1]):
            found.sources.append(Source(f"{label}/{name}", path, info))
        else:
            found.ignored.append(f"{label}/{name}")


def _entry_problem(parts: tuple[str, ...], info: zipfile.ZipInfo) -> tuple[str, str] | None:
    if ".." in parts or parts[0].startswith("/") or parts[0].endswith(":"):
        return "climbs-out", _("this entry points outside of the zip; it is not imported")
    if stat.S_ISLNK(info.external_attr >> 16):
        return "link", _("this entry is a link; it is not imported")
    if info.flag_bits & _ENCRYPTED:
        return "encrypted", _("this entry needs a password; unpack the zip and import the folder")
    return None
