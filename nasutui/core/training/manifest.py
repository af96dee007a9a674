"""A dataset folder that is either whole or says that it is not.

The manifest names every file with its SHA-256. It is written last and removed first, so a folder
with a manifest is whole. While a folder is being changed, a hidden record names every file that
may be ours; a run that dies leaves it, and the next run knows what to finish and what to take out.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from nasutui.core.files import read_or_none, sha256_file, write_atomic

MANIFEST = "manifest.json"
RECORD = ".nasutui-export.json"


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """A JSON document for people to read too; what is no text is written as \\udcXX."""
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a dataset, None when there is none that can be read. Raises OSError."""
    return _read(folder / MANIFEST)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(read_or_none(path) or b"null")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and isinstance(value.get("files"), dict) else None


def damage(folder: Path) -> list[str]:
    """What is wrong with a dataset folder by its manifest: names of files that are missing or
    changed, "manifest.json" when that is not there. Empty: whole. Raises OSError."""
    manifest = read_manifest(folder)
    if manifest is None:
        return [MANIFEST]
    wrong = []
    for name, digest in manifest["files"].items():
        path = inside(folder, name)
        if path is None or not path.is_file() or sha256_file(path) != digest:
            wrong.append(str(name))
    return wrong


def inside(folder: Path, name: str) -> Path | None:
    """The path of a relative name; None for one that leads out of the folder."""
    pure = PurePosixPath(name)
    if not name or pure.is_absolute() or ".." in pure.parts or "\0" in name:
        return None
    return folder / pure


@dataclass(slots=True)
class DatasetFolder:
    """A dataset folder while it is being written."""

    folder: Path
    planned: Iterable[str]
    before: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    _open: bool = False

    def __post_init__(self) -> None:
        for name in (MANIFEST, RECORD):
            known = _read(self.folder / name)
            for file, digest in (known or {"files": {}})["files"].items():
                self.before.setdefault(str(file), str(digest))

    def put(self, name: str, data: bytes) -> bool:
        """Make the file hold this; True when it did not already. Raises OSError."""
        path = self.folder / name
        self.files[name] = hashlib.sha256(data).hexdigest()
        if read_or_none(path) == data:
            return False
        self.unseal()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data)
        return True

    def unseal(self) -> None:
        """Take the manifest away, noting first which files are or may become ours."""
        if self._open:
            return
        # A planned file may hold the old or the new bytes when we die: no digest tells whose it is.
        ours = {**self.before, **dict.fromkeys(self.planned, "")}
        write_atomic(self.folder / RECORD, json_bytes({"files": dict(sorted(ours.items()))}))
        (self.folder / MANIFEST).unlink(missing_ok=True)
        self._open = True

    def clear_out(self) -> list[str]:
        """Remove what earlier exports put here and this one did not; files that somebody has
        changed since stay. Returns the names that were removed."""
        removed = []
        for name, digest in self.before.items():
            path = inside(self.folder, name)
            if name in self.files or path is None or not path.is_file():
                continue
            if digest and sha256_file(path) != digest:
                continue
            self.unseal()
            path.unlink()
            removed.append(name)
            with contextlib.suppress(OSError):
                path.parent.rmdir()
        return removed

    def remove(self, name: str) -> None:
        """Remove one file that must not be there. Raises OSError."""
        self.unseal()
        (self.folder / name).unlink(missing_ok=True)

    def seal(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest with every file that was put."""
        data = json_bytes({**manifest, "files": dict(sorted(self.files.items()))})
        if read_or_none(self.folder / MANIFEST) != data:
            write_atomic(self.folder / MANIFEST, data)
        (self.folder / RECORD).unlink(missing_ok=True)
        self._open = False
