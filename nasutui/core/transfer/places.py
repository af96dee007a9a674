"""Where datasets go and LoRAs come from: a folder (Drive for desktop, a stick) or an rclone remote.

    drive  drive:ACCOUNT          <Drive>/NasuTomo/
    rclone  rclone:REMOTE         REMOTE:NasuTomo/
    rclone:REMOTE:PATH            that folder of the remote
    DIR                           that folder

Both kinds do the same: a file has its name there only when it is whole.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from nasutui.core import remembered
from nasutui.core.config import read_config
from nasutui.core.errors import InputError
from nasutui.core.events import Cancelled, Note, Progress
from nasutui.core.files import expanded, sha256_file
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.transfer.drive import OUR_FOLDER, Drive, choose_drive, find_drives
from nasutui.core.transfer.rclone_place import RclonePlace, choose, missing
from nasutui.core.transfer.resumable import OLDER, copy_resumed, keep_aside, part_of, parts_in

DATASETS, OUTPUT = "datasets", "output"
Moving: TypeAlias = Generator[Progress | Note, None, str | None]


class Place(Protocol):
    """A folder somewhere. Methods raise InputError or OSError; `put` and `get` return "made" or
    "unchanged", None when cancelled, and may be called again after any interruption."""

    @property
    def shown(self) -> str:
        """The place for a person, raw."""

    def names(self) -> list[str]: ...
    def same(self, local: Path) -> bool: ...
    def put(self, source: Path, digest: str, cancelled: Cancelled) -> Moving: ...
    def get(self, name: str, target: Path, cancelled: Cancelled) -> Moving: ...
    def set_aside(self, name: str) -> str: ...


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder of this computer. root: what must exist already (a Drive), None: nothing must."""

    folder: Path
    root: Path | None = None

    @property
    def shown(self) -> str:
        return str(self.folder)

    def names(self) -> list[str]:
        """The files that are whole."""
        self._check_root()
        if not self.folder.is_dir():
            return []
        return [p.name for p in self.folder.iterdir() if p.is_file() and not p.name.startswith(".")]

    def same(self, local: Path) -> bool:
        """True when the file of that name there holds the same bytes."""
        there = self.folder / local.name
        return (
            there.is_file()
            and there.stat().st_size == local.stat().st_size
            and sha256_file(there) == sha256_file(local)
        )

    def put(self, source: Path, digest: str, cancelled: Cancelled) -> Moving:
        self._check_root()
        self.folder.mkdir(parents=True, exist_ok=True)
        return (yield from copy_resumed(source, self.folder / source.name, digest, cancelled))

    def get(self, name: str, target: Path, cancelled: Cancelled) -> Moving:
        self._check_root()
        source = self.folder / name
        if not source.is_file():
            raise missing(str(source))
        return (yield from copy_resumed(source, target, sha256_file(source), cancelled))

    def set_aside(self, name: str) -> str:
        """Move a file to older/ and say where it is; what lies there already is not kept twice."""
        part_of(self.folder / name).unlink(missing_ok=True)
        kept = FolderPlace(self.folder / OLDER)
        if kept.same(self.folder / name):
            (self.folder / name).unlink()
            return str(kept.folder / name)
        return str(keep_aside(self.folder / name, kept.folder))

    def given_up(self) -> list[str]:
        """Names of files whose copy was begun and not finished."""
        return [name for _part, name in parts_in(self.folder)]

    def give_up(self, name: str) -> None:
        """Remove a copy that was begun."""
        part_of(self.folder / name).unlink(missing_ok=True)

    def _check_root(self) -> None:
        if self.root is not None and not self.root.is_dir():
            text = _("{name} is not there; is Google Drive for desktop running?")
            raise InputError(text.format(name=display_name(self.root)), code="no-drive")


def drive_choices() -> list[Drive]:
    """What there is to choose from for `drive:`; what the config says goes before what is found."""
    given = os.environ.get("NASUTUI_DRIVE") or read_config().drive
    if given:
        folder = expanded(given)
        return [Drive(folder.name, folder)]
    return find_drives()


def _drive(account: str | None, part: str) -> FolderPlace:
    drives = drive_choices()
    known = remembered.recall(remembered.DRIVE)
    if account is None and known in {d.account for d in drives}:
        account = known
    drive = choose_drive(account, drives)
    if account is not None:
        remembered.remember(remembered.DRIVE, drive.account)
    return FolderPlace(drive.folder / OUR_FOLDER / part, drive.folder)


def resolve(where: str, part: str) -> Place:
    """The place that a person means by `where`. part: DATASETS or OUTPUT, the folder in NasuTomo/.
    An account or remote that is named is remembered. Raises InputError, SettingsError."""
    kind, colon, rest = where.partition(":")
    if kind == "drive":
        return _drive(rest if colon and rest else None, part)
    if kind == "rclone":
        remote = choose(rest or None, read_config().rclone)
        name, _colon, path = remote.partition(":")
        return RclonePlace(f"{name}:{path or f'{OUR_FOLDER}/{part}'}")
    return FolderPlace(expanded(where))


def lasting(where: str) -> str:
    """The same place, said so that it means the same in any current folder."""
    if where.partition(":")[0] in ("drive", "rclone"):
        return where
    return str(expanded(where).absolute())


def usual() -> str:
    """Where things went last, else `drive`."""
    return remembered.recall(remembered.PLACE) or "drive"
