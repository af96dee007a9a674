"""Where Google Drive for desktop has its folder on this computer.

macOS keeps each account in ~/Library/CloudStorage/GoogleDrive-ACCOUNT; the folder inside is called
as the system's language says: `My Drive`, `マイドライブ` (its letters may come decomposed). Windows
has a drive letter with the same folder inside. A mirrored Drive is a folder in the home folder.
A Drive that hangs must not hang us: each folder is looked at with a time-out.
"""

from __future__ import annotations

import string
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nasutui.core.errors import InputError
from nasutui.core.i18n import _
from nasutui.core.text import display_name

MY_DRIVE = ("My Drive", "マイドライブ")
OUR_FOLDER = "NasuTomo"
_CLOUD_PREFIX = "GoogleDrive-"
_NOT_MINE = (
    "Shared drives", "共有ドライブ", "Other computers", "他のパソコン", "その他のパソコン",
)  # fmt: skip
_SECONDS = 3.0
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Drive:
    """One account's Drive. account: its e-mail address, or the letter or folder that it is at."""

    account: str
    folder: Path

    @property
    def has_our_folder(self) -> bool:
        return bool(_in_time(lambda: (self.folder / OUR_FOLDER).is_dir()))


def _in_time(look: Callable[[], Result]) -> Result | None:
    """What `look` finds, None when the file system refuses or does not answer."""
    found: list[Result] = []

    def work() -> None:
        try:
            found.append(look())
        except OSError:
            return

    thread = threading.Thread(target=work, daemon=True, name="nasutui-drive")
    thread.start()
    thread.join(_SECONDS)
    return found[0] if found else None


def _children(folder: Path) -> dict[str, Path]:
    """The folders inside a folder by their composed name; empty when it can't be looked at."""

    def look() -> dict[str, Path]:
        return {unicodedata.normalize("NFC", p.name): p for p in folder.iterdir() if p.is_dir()}

    return _in_time(look) or {}


def _mine(folder: Path, *, any_name: bool) -> Path | None:
    """The folder of one's own files inside a Drive. any_name: in a system of another language it
    is the one that is none of the others."""
    children = _children(folder)
    for name in MY_DRIVE:
        if name in children:
            return children[name]
    rest = [n for n in children if n not in _NOT_MINE and not n.startswith((".", "$"))]
    return children[rest[0]] if any_name and len(rest) == 1 else None


def find_drives(
    home: Path | None = None, platform: str = sys.platform, roots: Iterable[Path] | None = None
) -> list[Drive]:
    """Every Drive on this computer, in the order of their accounts.

    home, platform and roots (Windows' drive letters) are the system's own when not given.
    """
    home = home or Path.home()
    found: list[Drive] = []
    if platform == "darwin":
        cloud = _children(home / "Library" / "CloudStorage")
        for name in sorted(n for n in cloud if n.startswith(_CLOUD_PREFIX)):
            mine = _mine(cloud[name], any_name=True)
            if mine:
                found.append(Drive(name.removeprefix(_CLOUD_PREFIX), mine))
    if platform == "win32":
        letters = [Path(f"{letter}:\\") for letter in string.ascii_uppercase[3:]]
        for root in letters if roots is None else roots:
            mine = _mine(root, any_name=False)
            if mine:
                found.append(Drive(root.drive or root.name, mine))
    return found or [*_mirrored(home)]


def _mirrored(home: Path) -> Iterable[Drive]:
    children = _children(home)
    for name in sorted(children):
        plain = name.partition(" (")[0]  # a second account: "My Drive (someone@example.com)"
        if plain in MY_DRIVE:
            yield Drive(name, children[name])
        elif name in ("Google Drive", "GoogleDrive"):
            yield Drive(name, _mine(children[name], any_name=False) or children[name])


def choose_drive(account: str | None, drives: list[Drive]) -> Drive:
    """The Drive of this account; without one: the only one, or the only one that has our folder.
    Raises InputError ("no-drive", "which-drive")."""
    if account is not None:
        fitting = [d for d in drives if d.account.casefold() == account.casefold()]
    else:
        fitting = drives if len(drives) == 1 else [d for d in drives if d.has_our_folder]
    if len(fitting) == 1:
        return fitting[0]
    if not drives:
        text = _(
            "Google Drive for desktop was not found on this computer; start it and sign in, or give"
            " a folder (--to DIR) or an rclone remote (--to rclone:REMOTE)"
        )
        raise InputError(text, code="no-drive")
    accounts = ", ".join(display_name(d.account) for d in drives)
    text = _("which Google Drive? Say --to drive:ACCOUNT (it is remembered); there are: {accounts}")
    raise InputError(text.format(accounts=accounts), code="which-drive")
