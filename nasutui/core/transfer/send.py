"""The send step: an exported dataset -> Drive, an rclone remote or any folder.

The dataset is packed (packing.py), the zip is copied and compared, then the manifest follows:
a zip without its manifest is on its way. Then what is there of older datasets of that name moves to
`older/`. Every one of these can be cut short; the next run does what is missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasutui.core import remembered
from nasutui.core.config import cache_folder
from nasutui.core.errors import InputError, StateError, explain_os_error, os_error_code
from nasutui.core.events import Cancelled, Events, Finished, ItemDone, Note, Started
from nasutui.core.files import sha256_file
from nasutui.core.i18n import _, ngettext
from nasutui.core.text import display_name
from nasutui.core.transfer.packing import Packed, others_of, pack
from nasutui.core.transfer.places import DATASETS, FolderPlace, Place, lasting, resolve

STEP = "send"
_FILES = 2  # the zip and its manifest


@dataclass(frozen=True, slots=True)
class SendSettings:
    """dataset: an exported dataset's folder. to: see places.py."""

    dataset: Path
    to: str


def send(settings: SendSettings, cancelled: Cancelled) -> Events:
    """Bring the dataset to its place. Raises InputError, SettingsError, StateError."""
    place = resolve(settings.to, DATASETS)
    yield Started(STEP, _FILES)
    try:
        with _workshop(settings) as folder:
            packed = yield from pack(settings.dataset, folder, cancelled)
            if packed is None:
                yield Finished(STEP, {"output": place.shown}, cancelled=True)
                return
            yield from _deliver(packed, place, settings, cancelled)
    except OSError as error:
        reason = explain_os_error(error, error.filename or place.shown)
        raise InputError(reason, code=os_error_code(error)) from error


def _deliver(packed: Packed, place: Place, settings: SendSettings, cancelled: Cancelled) -> Events:
    summary: dict[str, Any] = {
        "name": packed.name, "dataset": packed.dataset_id, "bytes": packed.size,
        "output": place.shown,
    }  # fmt: skip
    for file, digest in ((packed.zip, packed.digest), (packed.manifest, "")):
        action = yield from place.put(file, digest or sha256_file(file), cancelled)
        if action is None:
            yield Finished(STEP, summary, cancelled=True)
            return
        yield ItemDone(Path(place.shown) / file.name, action)
    kept = [
        place.set_aside(name) for name in others_of(packed.name, packed.dataset_id, place.names())
    ]
    if kept:
        text = ngettext(
            "{count} file of an older dataset is kept: {names}",
            "{count} files of older datasets are kept: {names}",
            len(kept),
        )
        names = ", ".join(display_name(k) for k in kept)
        yield Note("kept-aside", text.format(count=len(kept), names=names))
    if isinstance(place, FolderPlace):
        for name in others_of(packed.name, packed.dataset_id, place.given_up()):
            place.give_up(name)
        if place.root is not None:
            text = _("Drive for desktop uploads it now; wait until its icon says that all is done")
            yield Note("uploading", text)
    remembered.remember(remembered.PLACE, lasting(settings.to))
    yield Finished(STEP, {**summary, "kept": len(kept)})


@contextlib.contextmanager
def _workshop(settings: SendSettings) -> Iterator[Path]:
    """A folder to pack in that is this dataset's and this process's alone. What a killed run left
    in it is packed again over it; nothing stays when the block is left."""
    from filelock import FileLock, Timeout

    key = hashlib.sha256(str(settings.dataset.absolute()).encode("utf-8", "replace")).hexdigest()
    folder = cache_folder() / "send" / key[:16]
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        text = _("another nasutui is sending {name}; wait until it is done")
        name = display_name(settings.dataset)
        raise StateError(text.format(name=name), code="state-busy") from error
    try:
        _tidy(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _tidy(own: Path) -> None:
    """Remove what killed runs with other datasets left."""
    from filelock import FileLock, Timeout

    for folder in own.parent.iterdir():
        if folder != own and folder.is_dir():
            with (
                contextlib.suppress(OSError, Timeout),
                FileLock(folder.with_suffix(".lock"), timeout=0),
            ):
                shutil.rmtree(folder, ignore_errors=True)
