"""The prepare step: raw pictures -> img001.png ..., square (or whole), RGB, upright, sRGB.

Numbers are stable: what was prepared once keeps its number, new pictures get new ones. What was
made, and from what, stands in the table `made`; the row is written before the file, so that a run
that dies in between makes the same file under the same number next time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from nasutui.core.database import (
    STATE_DIR,
    Connection,
    connect,
    database_error,
    database_path,
    explained_errors,
    state_root,
)
from nasutui.core.errors import (
    InputError,
    PictureError,
    StateError,
    UsageError,
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
from nasutui.core.parallel import core_count, ordered_map
from nasutui.core.pictures.crop import CENTER
from nasutui.core.pictures.cropping import plan_for
from nasutui.core.pictures.crops import Crop, Crops, read_crops
from nasutui.core.pictures.images import Picture, opened, png_bytes
from nasutui.core.pictures.memory import room_for
from nasutui.core.pictures.numbering import Made, Register
from nasutui.core.pictures.sources import Found, Source, find_sources
from nasutui.core.state import set_aside_notes
from nasutui.core.text import display_name

STEP = "prepare"


@dataclass(frozen=True, slots=True)
class PrepareSettings:
    """inputs: folders, zips and files. size: pixels of a side. crop: see crop.MODES; for the pictures
    that nobody chose crops for (see crops.py)."""

    inputs: tuple[Path, ...]
    output: Path
    size: int = 512
    crop: str = CENTER

    def fingerprint(self, chosen: Crop) -> str:
        """What decides how a picture comes out, as stored with it."""
        values: dict[str, object] = {"size": self.size, "crop": chosen.mode}
        if chosen.box:
            values["box"] = list(chosen.box)
        return json.dumps(values, sort_keys=True)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One crop of a raw picture: its place among them, how it was made, and the new picture unless
    it is there already."""

    slot: int
    fingerprint: str
    png: bytes | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Read:
    """A worker's result: the source's hash and its pieces."""

    sha256: str
    pieces: tuple[_Piece, ...]


def prepare(settings: PrepareSettings, cancelled: Cancelled) -> Events:
    """Make every raw picture of the inputs that is not made yet. Raises InputError when there is
    nothing to do it with, StateError when another run is at it."""
    _check_apart(settings)
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
        with explained_errors(root):
            _take(lock, output)
        yield from set_aside_notes(db, root)
        yield from _prepare_all(settings, found, root, db, cancelled)
    except sqlite3.Error as error:
        raise database_error(error, database_path(root)) from error
    finally:
        lock.release()
        db.close()


def _take(lock: FileLock, output: Path) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout as error:  # which is an OSError too
        text = _("another nasutui is preparing pictures into {name}; wait until it is done")
        raise StateError(text.format(name=display_name(output)), code="state-busy") from error


def _check_apart(settings: PrepareSettings) -> None:
    """What was made must not come in again as something new."""
    output = settings.output.resolve()
    for given in settings.inputs:
        if given.is_dir() and given.resolve() == output:
            text = _(
                "{name} is input and output at once; raw and prepared pictures need two folders"
            )
            raise UsageError(text.format(name=display_name(given)))


def _prepare_all(
    settings: PrepareSettings,
    found: Found,
    root: Path,
    db: Connection,
    cancelled: Cancelled,
) -> Events:
    remove_leftovers(settings.output)
    register = Register(settings.output, FileHashes(root, db), db, root)
    counts = {"made": 0, "remade": 0, "unchanged": 0, "duplicate": 0, "failed": 0}
    chosen = {key: entry.crops for key, entry in read_crops(root).items()}
    more = sum(len(crops) - 1 for crops in chosen.values())
    yield Started(STEP, len(found.sources) + more)
    yield from _about_ignored(found)
    for refused in found.refused:
        counts["failed"] += 1
        yield refused

    def work(source: Source) -> _Read | PictureError:
        try:
            return _read(source, settings, chosen, register)
        except PictureError as error:
            return error

    done = 0
    for source, result in ordered_map(
        work, found.sources, workers=core_count(), cancelled=cancelled
    ):
        done += 1
        for event in _settle(source, result, register):
            if isinstance(event, ItemDone):
                counts[event.action] += 1
            elif isinstance(event, ItemFailed):
                counts["failed"] += 1
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


def _read(
    source: Source, settings: PrepareSettings, chosen: Mapping[str, Crops], register: Register
) -> _Read:
    """In a worker: make what is not made yet. Raises PictureError."""
    with room_for(source.size):
        return _read_alone(source, settings, chosen, register)


def _read_alone(
    source: Source, settings: PrepareSettings, chosen: Mapping[str, Crops], register: Register
) -> _Read:
    data = source.read()
    sha256 = hashlib.sha256(data).hexdigest()
    crops = chosen.get(sha256) or (Crop(settings.crop),)
    pieces = [_Piece(slot, settings.fingerprint(one)) for slot, one in enumerate(crops)]
    missing = {p.slot for p in pieces if not register.is_made(sha256, p.slot, p.fingerprint)}
    if missing:
        with opened(data) as picture:
            pieces = [
                replace(p, **_develop(picture, settings.size, crops[p.slot]))
                if p.slot in missing
                else p
                for p in pieces
            ]
    return _Read(sha256, tuple(pieces))


def _develop(picture: Picture, size: int, chosen: Crop) -> dict[str, Any]:
    """The fields `png` and `detail` of a piece."""
    from PIL import Image

    width, height = picture.image.size
    plan = plan_for(picture.image, (width, height), size, chosen)
    image = picture.image
    if plan.scaled != (width, height) or plan.box != (0, 0, width, height):
        image = image.resize(plan.scaled, Image.Resampling.LANCZOS, box=plan.box)
    if plan.size != plan.scaled:
        canvas = Image.new("RGB", plan.size, (255, 255, 255))
        beside, above = (plan.size[i] - plan.scaled[i] for i in (0, 1))
        canvas.paste(image, (beside // 2, above // 2))
        image = canvas
    detail = {
        "from": [width, height],
        "size": list(plan.size),
        "box": list(plan.box),
        "scale": round(plan.scale, 4),
        "format": picture.format,
        "changes": list(picture.changes),
    }
    return {"png": png_bytes(image), "detail": detail}


def _settle(source: Source, result: _Read | PictureError, register: Register) -> Iterator[Event]:
    """Give the pieces their numbers and write them."""
    label = display_name(source.label)
    if isinstance(result, PictureError):
        yield ItemFailed(source.where, result.code, f"{label}: {result}")
        return
    repeat = register.is_repeat(result.sha256)
    for piece in result.pieces:
        made = register.by_source.get((result.sha256, piece.slot))
        try:
            if made and register.is_made(result.sha256, piece.slot, piece.fingerprint):
                same = made.source == _stored_label(source) and not repeat
                yield ItemDone(made.path, "unchanged" if same else "duplicate", {"source": label})
            else:
                yield _write(source, result.sha256, piece, register)
        except OSError as error:
            name = made.path.name if made else source.where.name
            yield ItemFailed(source.where, os_error_code(error), explain_os_error(error, name))
    for left in register.beyond(result.sha256, len(result.pieces)):
        text = _("{name} was made from a crop that is no more; delete it if it is not wanted")
        yield Note("crop-gone", text.format(name=display_name(left.name)), left)


def _write(
    source: Source, source_sha256: str, piece: _Piece, register: Register
) -> ItemDone | ItemFailed:
    """Write a picture that is new or made in another way. Raises OSError."""
    assert piece.png is not None
    label = display_name(source.label)
    sha256 = hashlib.sha256(piece.png).hexdigest()
    before = register.by_source.get((source_sha256, piece.slot))
    if before and not register.is_ours(before, sha256):
        text = _("{name}: another program has changed it meanwhile; it is left as it is")
        return ItemFailed(
            before.path, "changed-meanwhile", text.format(name=display_name(before.path.name))
        )
    adopted = None if before else register.adopt(sha256)
    path = before.path if before else adopted or register.new_path()
    made = Made(path, sha256, _stored_label(source), piece.fingerprint)
    if adopted:
        register.record(made, source_sha256, piece.slot)
        return ItemDone(path, "unchanged", {"source": label})
    if before and path.exists():
        # The row follows the file: until then it says of the file that is there what it is.
        write_atomic(path, piece.png)
        register.record(made, source_sha256, piece.slot)
        return ItemDone(path, "remade", {"source": label, **piece.detail})
    register.record(made, source_sha256, piece.slot)
    write_atomic(path, piece.png)
    return ItemDone(path, "made", {"source": label, **piece.detail})


def _stored_label(source: Source) -> str:
    """The label as the database takes it: names need not be text."""
    return os.fsencode(source.label).decode("utf-8", "backslashreplace")
