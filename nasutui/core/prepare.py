"""The prepare step: raw pictures -> img001.png ..., square (or whole), RGB, upright, sRGB.

Numbers are stable: what was prepared once keeps its number, new pictures get new ones. What was
made, and from what, stands in the table `made`; the row is written before the file, so that a run
that dies in between makes the same file under the same number next time.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from nasutui.core import crop
from nasutui.core.database import (
    STATE_DIR,
    connect,
    database_error,
    real_path,
    state_root,
    stored_path,
)
from nasutui.core.errors import (
    InputError,
    PictureError,
    StateError,
    explain_os_error,
    os_error_code,
)
from nasutui.core.events import (
    Cancelled,
    Event,
    Events,
    Finished,
    ItemDone,
    ItemFailed,
    Note,
    Started,
)
from nasutui.core.files import remove_leftovers, write_atomic
from nasutui.core.hashes import FileHashes
from nasutui.core.i18n import _, ngettext
from nasutui.core.images import opened, png_bytes
from nasutui.core.parallel import core_count, ordered_map
from nasutui.core.sources import Found, Source, find_sources
from nasutui.core.text import display_name

STEP = "prepare"
_NUMBERED = re.compile(r"img(\d{3,})\.(?:png|txt)")


@dataclass(frozen=True, slots=True)
class PrepareSettings:
    """inputs: folders, zips and files. size: pixels of a side. crop: see crop.MODES."""

    inputs: tuple[Path, ...]
    output: Path
    size: int = 512
    crop: str = crop.CENTER

    def fingerprint(self) -> str:
        """What decides how a picture comes out, as stored with it."""
        return json.dumps({"size": self.size, "crop": self.crop}, sort_keys=True)


@dataclass(frozen=True, slots=True)
class _Developed:
    """A worker's result: the source's hash, and the new picture unless it is there already."""

    sha256: str
    png: bytes | None
    detail: dict[str, object]


@dataclass(slots=True)
class _Made:
    path: Path
    sha256: str
    source: str
    settings: str


class _Register:
    """The numbers given so far in one output folder."""

    def __init__(
        self, output: Path, hashes: FileHashes, db: sqlite3.Connection, root: Path
    ) -> None:
        self.output = output
        self._hashes, self._db, self._root = hashes, db, root
        self.by_source: dict[str, _Made] = {}
        rows = db.execute("SELECT path, sha256, source, source_sha256, settings FROM made")
        for path, sha256, source, source_sha256, settings in rows.fetchall():
            file = real_path(root, path)
            if file.parent == output.absolute():
                made = _Made(file, sha256.hex(), source, settings)
                self.by_source[source_sha256.hex()] = made
        taken = {m.path.name for m in self.by_source.values()}
        self._strangers = [p for p in output.iterdir() if p.name not in taken]
        names = [*taken, *(p.name for p in self._strangers)]
        numbers = [int(m.group(1)) for n in names if (m := _NUMBERED.fullmatch(n))]
        self._last = max(numbers, default=0)
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

    def record(self, made: _Made, source_sha256: str) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO made VALUES (?, ?, ?, ?, ?)",
            (stored_path(self._root, made.path), bytes.fromhex(made.sha256), made.source,
             bytes.fromhex(source_sha256), made.settings),
        )  # fmt: skip
        self.by_source[source_sha256] = made

    def is_ours(self, made: _Made) -> bool:
        """True when the file is as we made it (or is gone)."""
        return not made.path.exists() or self._hashes.sha256(made.path) == made.sha256


def prepare(settings: PrepareSettings, cancelled: Cancelled) -> Events:
    """Make every raw picture of the inputs that is not made yet. Raises InputError when there is
    nothing to do it with, StateError when another run is at it."""
    found = find_sources(settings.inputs, leave_out=[settings.output])
    if not found.sources and not found.refused:
        raise InputError(
            _("there are no pictures in {names}").format(
                names=", ".join(display_name(p) for p in settings.inputs)
            ),
            code="no-pictures",
        )
    output = settings.output
    root = state_root(output)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(explain_os_error(error, output), code=os_error_code(error)) from error
    db = connect(root, durable=False)
    lock = FileLock(root / STATE_DIR / "prepare.lock")
    try:
        lock.acquire(timeout=0)
        yield from _prepare_all(settings, found, root, db, cancelled)
    except Timeout as error:
        text = _("another nasutui is preparing pictures into {name}; wait until it is done")
        raise StateError(text.format(name=display_name(output)), code="state-busy") from error
    except sqlite3.Error as error:
        raise database_error(error, root / STATE_DIR / "state.db") from error
    finally:
        lock.release()
        db.close()


def _prepare_all(
    settings: PrepareSettings,
    found: Found,
    root: Path,
    db: sqlite3.Connection,
    cancelled: Cancelled,
) -> Events:
    remove_leftovers(settings.output)
    register = _Register(settings.output, FileHashes(root, db), db, root)
    counts = {"made": 0, "remade": 0, "unchanged": 0, "duplicate": 0, "failed": 0}
    yield Started(STEP, len(found.sources))
    yield from _about_ignored(found)
    for refused in found.refused:
        counts["failed"] += 1
        yield refused
    fingerprint = settings.fingerprint()

    def work(source: Source) -> _Developed | PictureError:
        try:
            data = source.read()
            sha256 = hashlib.sha256(data).hexdigest()
            made = register.by_source.get(sha256)
            if made and made.settings == fingerprint and made.path.exists():
                return _Developed(sha256, None, {})
            return _develop(sha256, data, settings)
        except PictureError as error:
            return error

    done = 0
    for source, result in ordered_map(
        work, found.sources, workers=core_count(), cancelled=cancelled
    ):
        done += 1
        event = _settle(source, result, register, fingerprint)
        counts[event.action if isinstance(event, ItemDone) else "failed"] += 1
        yield event
    summary = {**counts, "output": str(settings.output)}
    yield Finished(STEP, summary, cancelled=done < len(found.sources))


def _about_ignored(found: Found) -> Iterator[Event]:
    if found.ignored:
        count = len(found.ignored)
        names = ", ".join(display_name(n) for n in found.ignored[:5]) + ("..." if count > 5 else "")
        text = ngettext(
            "{count} file is no picture that nasutui reads and was passed over: {names}",
            "{count} files are no pictures that nasutui reads and were passed over: {names}",
            count,
        )
        yield Note("ignored", text.format(count=count, names=names))


def _develop(sha256: str, data: bytes, settings: PrepareSettings) -> _Developed:
    from PIL import Image

    with opened(data) as picture:
        width, height = picture.image.size
        plan = crop.plan(width, height, settings.size, settings.crop)
        image = picture.image
        if plan.size != (width, height) or plan.box != (0, 0, width, height):
            image = image.resize(plan.size, Image.Resampling.LANCZOS, box=plan.box)
        detail: dict[str, object] = {
            "from": [width, height],
            "size": list(plan.size),
            "scale": round(plan.scale, 4),
            "format": picture.format,
            "changes": list(picture.changes),
        }
        return _Developed(sha256, png_bytes(image), detail)


def _settle(
    source: Source, result: _Developed | PictureError, register: _Register, fingerprint: str
) -> ItemDone | ItemFailed:
    """Give the picture its number and write it."""
    where = source.path if source.entry is None else source.path / source.entry.filename
    label = display_name(source.label)
    if isinstance(result, PictureError):
        return ItemFailed(where, result.code, f"{label}: {result}")
    made = register.by_source.get(result.sha256)
    try:
        if made and made.settings == fingerprint and made.path.exists():
            action = "unchanged" if made.source == source.label else "duplicate"
            return ItemDone(made.path, action, {"source": label})
        assert result.png is not None
        if made and not register.is_ours(made):
            return ItemFailed(made.path, "changed-meanwhile", _(
                "{name}: another program has changed it meanwhile; it is left as it is"
            ).format(name=made.path.name))  # fmt: skip
        sha256 = hashlib.sha256(result.png).hexdigest()
        adopted = None if made else register.adopt(sha256)
        path = made.path if made else adopted or register.new_path()
        register.record(_Made(path, sha256, source.label, fingerprint), result.sha256)
        if adopted:
            return ItemDone(path, "unchanged", {"source": label})
        write_atomic(path, result.png)
    except OSError as error:
        return ItemFailed(where, os_error_code(error), explain_os_error(error, where.name))
    action = "remade" if made and made.settings != fingerprint else "made"
    return ItemDone(path, action, {"source": label, **result.detail})
