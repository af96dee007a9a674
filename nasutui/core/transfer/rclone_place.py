"""A folder of an rclone remote, as a place to send to and fetch from."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasutui.core import remembered
from nasutui.core.errors import InputError
from nasutui.core.events import Cancelled, Note, Progress
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.transfer.rclone import (
    NO_FILE,
    NO_FOLDER,
    Answer,
    ask,
    choose_remote,
    remotes,
    transfer,
    trouble,
)
from nasutui.core.transfer.resumable import MADE, OLDER, UNCHANGED

_LIST_FLAGS = ("--no-modtime", "--no-mimetype", "--files-only")
_CHECK_FLAGS = ("--one-way", "--combined", "-")


def choose(wanted: str | None, configured: str | None) -> str:
    """REMOTE or REMOTE:PATH: what is wanted, else configured, else remembered, else the only Drive
    among the remotes. What is wanted is remembered. Raises InputError."""
    text = wanted or configured or remembered.recall(remembered.RCLONE)
    if text is not None:
        text = text.removeprefix("rclone:")
        name, colon, path = text.partition(":")
        if not name:  # rclone's `:local:path` would be a remote that is not set up
            raise InputError(
                _("an rclone remote looks like gdrive: or gdrive:folder"), code="no-remote"
            )
        choose_remote(name, remotes())
    else:
        name, colon, path = choose_remote(None, remotes()), "", ""
    if wanted:
        remembered.remember(remembered.RCLONE, name + colon + path)
    return name + colon + path


@dataclass(frozen=True, slots=True)
class RclonePlace:
    """address: REMOTE:FOLDER."""

    address: str

    @property
    def shown(self) -> str:
        return self.address

    def _at(self, *names: str) -> str:
        base = self.address if self.address.endswith((":", "/")) else self.address + "/"
        return base + "/".join(names)

    def around(self, ours: str, part: str) -> list[str]:
        """Addresses at which a file of `part` may be when this is one of its neighbours."""
        remote, _colon, path = self.address.partition(":")
        above = path.rstrip("/").rpartition("/")[0]
        sibling = f"{remote}:{above}/{part}" if above else f"{remote}:{part}"
        return [self.address, self._at(part), self._at(ours, part), sibling]

    def _listing(self, *folder: str) -> list[str]:
        answer = ask("lsjson", self._at(*folder), flags=_LIST_FLAGS)
        if answer.code == NO_FOLDER:
            return []
        if answer.code:
            raise trouble(answer, self.address)
        try:
            entries: Any = json.loads(answer.output)
            return [str(entry["Name"]) for entry in entries]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise trouble(Answer(1, complaints=[str(error)]), self.address) from error

    def names(self) -> list[str]:
        return self._listing()

    def put(
        self, source: Path, digest: str, cancelled: Cancelled
    ) -> Generator[Progress | Note, None, str | None]:
        """The bytes are compared after the transfer by the hashes that the remote keeps; `digest`
        is not needed for that."""
        if self.same(source):
            return UNCHANGED
        size, target = source.stat().st_size, self._at(source.name)
        answer = yield from transfer(
            "copyto",
            str(source.absolute()),
            target,
            what=source.name,
            size=size,
            cancelled=cancelled,
        )
        if answer is None:
            return None
        if answer.code:
            raise trouble(answer, target)
        if not self.same(source):
            text = _("{name} did not arrive as it was sent; run it again")
            raise InputError(text.format(name=display_name(target)), code="damaged-copy")
        yield from self._unproven(source)
        return MADE

    def _check(self, local: Path) -> Answer:
        return _compare(str(local.absolute()), self._at())

    def same(self, local: Path) -> bool:
        """True when the file of that name there is the same, by size and hash."""
        answer = self._check(local)
        return answer.code == 0 and f"= {local.name}" in answer.output.splitlines()

    def _unproven(self, local: Path) -> Generator[Note, None, None]:
        if any("could not be checked" in line for line in self._check(local).log):
            text = _("{place} keeps no hashes; only the size of {name} was compared")
            shown = text.format(place=display_name(self.address), name=display_name(local.name))
            yield Note("size-only", shown)

    def get(
        self, name: str, target: Path, cancelled: Cancelled
    ) -> Generator[Progress | Note, None, str | None]:
        """The file arrives in a hidden folder and moves when it has been compared."""
        source = self._at(name)
        halfway = target.parent / ".nasutui-fetch" / name
        halfway.parent.mkdir(parents=True, exist_ok=True)
        answer = yield from transfer(
            "copyto", source, str(halfway.absolute()), what=name, size=None, cancelled=cancelled
        )
        if answer is None:
            return None
        if answer.code in (NO_FOLDER, NO_FILE):
            raise missing(source)
        if answer.code:
            raise trouble(answer, source)
        if not self.same(halfway):
            text = _("{name} did not arrive as it was sent; run it again")
            raise InputError(text.format(name=display_name(source)), code="damaged-copy")
        halfway.replace(target)
        halfway.parent.rmdir()
        return MADE

    def set_aside(self, name: str) -> str:
        """Move a file to older/ and say where it is; what lies there already is not kept twice."""
        taken, kept, number = self._listing(OLDER), name, 1
        if name in taken and _compare(self._at(name), self._at(OLDER)).code == 0:
            answer = ask("deletefile", self._at(name))
            if answer.code:
                raise trouble(answer, self._at(name))
            return self._at(OLDER, name)
        while kept in taken:
            number += 1
            kept = f"{Path(name).stem}-{number}{Path(name).suffix}"
        answer = ask("moveto", self._at(name), self._at(OLDER, kept))
        if answer.code:
            raise trouble(answer, self._at(name))
        return self._at(OLDER, kept)


def _compare(file: str, folder: str) -> Answer:
    """Compare a file with the one of its name in a folder, by size and hash; 0: they are the same."""
    return ask("check", file, folder, flags=_CHECK_FLAGS)


def missing(shown: str) -> InputError:
    """The error for a file that is not (yet) there."""
    text = _("{name} is not there; has the training finished and Drive caught up?")
    return InputError(text.format(name=display_name(shown)), code="missing")
