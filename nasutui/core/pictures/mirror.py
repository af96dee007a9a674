"""Copies of pictures beside their captions: made once, replaced only when they are still ours."""

from __future__ import annotations

from pathlib import Path

from nasutui.core.database import Connection, stored_path
from nasutui.core.errors import PictureError, explain_os_error, os_error_code
from nasutui.core.files import copy_atomic
from nasutui.core.hashes import FileHashes
from nasutui.core.i18n import _
from nasutui.core.text import display_name


class PictureMirror:
    """Brings pictures into a folder under the same name."""

    def __init__(self, folder: Path, root: Path, db: Connection, hashes: FileHashes) -> None:
        self._folder, self._root, self._db, self._hashes = folder, root, db, hashes

    def bring(self, source: Path, sha256: str) -> bool:
        """Make the folder hold this picture (hex SHA-256 of its bytes); True when it was copied.

        Raises PictureError when another picture of that name is there that we did not put there,
        or the system refuses.
        """
        target = self._folder / source.name
        if target == source:
            return False
        try:
            present = self._hashes.sha256(target) if target.exists() else None
            if present == sha256:
                return False
            if present is not None and present != self._recorded(target):
                raise PictureError(
                    _("{name}: another picture of this name is in {folder} already; it is left as"
                      " it is").format(name=display_name(source.name),
                                       folder=display_name(self._folder.name)),
                    code="changed-meanwhile",
                )  # fmt: skip
            self._record(target, sha256)
            written = copy_atomic(source, target)
            self._hashes.remember(target, written)
        except OSError as error:
            reason = explain_os_error(error, target.name)
            raise PictureError(reason, code=os_error_code(error)) from error
        return True

    def _recorded(self, target: Path) -> str | None:
        with self._db.lock:
            row = self._db.execute(
                "SELECT sha256 FROM made WHERE path=?", (stored_path(self._root, target),)
            ).fetchone()
        return row[0].hex() if row else None

    def _record(self, target: Path, sha256: str) -> None:
        digest = bytes.fromhex(sha256)
        with self._db.lock:
            self._db.execute(
                "INSERT OR REPLACE INTO made(path, sha256, source, source_sha256, settings)"
                " VALUES (?, ?, 'copy', ?, '')",
                (stored_path(self._root, target), digest, digest),
            )
