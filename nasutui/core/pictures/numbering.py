"""Which number each prepared picture has: the rows of the table `made` and the files in the folder."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.database import (
    Connection,
    connect,
    database_path,
    explained_errors,
    real_path,
    state_root,
    stored_path,
)
from nasutui.core.hashes import FileHashes

_NUMBERED = re.compile(r"img(\d{3,9})\.\w+", re.ASCII)


@dataclass(slots=True)
class Made:
    """A prepared picture: its file, the hex SHA-256 that we wrote, the label of its source, and the
    settings it was made with."""

    path: Path
    sha256: str
    source: str
    settings: str


class Register:
    """The numbers given so far in one output folder."""

    def __init__(self, output: Path, hashes: FileHashes, db: Connection, root: Path) -> None:
        self.output = output
        self._hashes, self._db, self._root = hashes, db, root
        self.by_source: dict[tuple[str, int], Made] = {}
        rows = db.execute(
            "SELECT path, sha256, source, source_sha256, slot, settings FROM made"
            " WHERE settings != ''"
        )
        for path, sha256, source, source_sha256, slot, settings in rows.fetchall():
            file = real_path(root, path)
            if file.parent == output.absolute():
                made = Made(file, sha256.hex(), source, settings)
                self.by_source[(source_sha256.hex(), slot)] = made
        taken = {m.path.name for m in self.by_source.values()}
        self._strangers = [p for p in output.iterdir() if p.name not in taken]
        names = [*taken, *(p.name for p in self._strangers)]
        numbers = [int(m.group(1)) for n in names if (m := _NUMBERED.fullmatch(n))]
        self._last = max(numbers, default=0)
        self._seen: set[str] = set()
        self._adoptable: dict[str, Path] | None = None

    def new_path(self) -> Path:
        self._last += 1
        return self.output.absolute() / f"img{self._last:03d}.png"

    def adopt(self, sha256: str) -> Path | None:
        """A picture in the folder that is exactly this one, though no row says so (the memory
        was lost): taking it over keeps its number."""
        if self._adoptable is None:
            pictures = [
                p for p in self._strangers if _NUMBERED.fullmatch(p.name) and p.suffix == ".png"
            ]
            self._adoptable = {self._hashes.sha256(p): p.absolute() for p in pictures}
        return self._adoptable.get(sha256)

    def record(self, made: Made, source_sha256: str, slot: int) -> None:
        """Note what was made of crop number `slot` of a raw picture."""
        self._db.execute(
            "INSERT OR REPLACE INTO made(path, sha256, source, source_sha256, slot, settings)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (stored_path(self._root, made.path), bytes.fromhex(made.sha256), made.source,
             bytes.fromhex(source_sha256), slot, made.settings),
        )  # fmt: skip
        self.by_source[(source_sha256, slot)] = made

    def is_made(self, source_sha256: str, slot: int, settings: str) -> bool:
        """True when this crop is there, made in this way."""
        made = self.by_source.get((source_sha256, slot))
        return made is not None and made.settings == settings and _has_content(made.path)

    def beyond(self, source_sha256: str, slots: int) -> list[Path]:
        """Files of crops of this picture from number `slots` on: crops that are no more."""
        found = []
        while made := self.by_source.get((source_sha256, slots)):
            if made.path.exists():
                found.append(made.path)
            slots += 1
        return found

    def is_ours(self, made: Made, new: str) -> bool:
        """True when the file is as we made it, or is gone, or is what it is to become (`new`, hex
        SHA-256): a run that died had written it already."""
        return not _has_content(made.path) or self._hashes.sha256(made.path) in (made.sha256, new)

    def is_repeat(self, source_sha256: str) -> bool:
        """True when this run had a picture with these bytes before."""
        known = source_sha256 in self._seen
        self._seen.add(source_sha256)
        return known


def _has_content(path: Path) -> bool:
    """False for a file that is not there, or that a power cut has emptied."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def prepared_names(output: Path) -> dict[str, list[str]]:
    """Hex SHA-256 of each raw picture -> the names of what was made of it in `output`."""
    root = state_root(output)
    if not (database_path(root)).exists():
        return {}
    with contextlib.closing(connect(root, durable=False)) as db, explained_errors(root):
        rows = db.execute("SELECT path, source_sha256 FROM made WHERE settings != ''").fetchall()
    names: dict[str, list[str]] = {}
    for path, source in rows:
        file = real_path(root, path)
        if file.parent == output.absolute() and file.exists():
            names.setdefault(bytes(source).hex(), []).append(file.name)
    return {source: sorted(found) for source, found in names.items()}
