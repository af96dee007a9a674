"""A dataset as one zip with a manifest beside it: what travels to where it is trained.

    NAME-ID.zip     the files of the dataset's manifest, and that manifest; nothing else
    NAME-ID.json    the zip's size and SHA-256, and the SHA-256 of every file in it

ID stands for the content, so a name never means two things and nothing has to be overwritten. The
same dataset packs to the same bytes: fixed order, fixed times, stored (PNG does not get smaller),
which is also what Drive takes best: many small files take half a second each.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasutui.core.errors import InputError, explain_os_error, os_error_code
from nasutui.core.events import Cancelled, Progress
from nasutui.core.files import (
    atomic_file,
    read_or_none,
    remove_leftovers,
    sha256_file,
    write_atomic,
)
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.training.manifest import MANIFEST, inside, json_bytes
from nasutui.core.training.names import is_safe_name

FORMAT = 1
ID_LENGTH = 12
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_UNIX, _MODE = 3, 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Packed:
    """A packed dataset. size: bytes of the zip; digest: its SHA-256 (hex)."""

    name: str
    dataset_id: str
    zip: Path
    manifest: Path
    size: int
    digest: str


def pack(
    dataset: Path, into: Path, cancelled: Cancelled
) -> Generator[Progress, None, Packed | None]:
    """Pack a dataset folder; None when cancelled. Raises InputError when it is not whole
    ("not-whole"), or what the system says."""
    name, files = _described(dataset)
    raw = (dataset / MANIFEST).read_bytes()
    dataset_id = hashlib.sha256(raw).hexdigest()[:ID_LENGTH]
    stem = f"{name}-{dataset_id}"
    packed, manifest = into / f"{stem}.zip", into / f"{stem}.json"
    into.mkdir(parents=True, exist_ok=True)
    remove_leftovers(into)
    total = sum((dataset / file).stat().st_size for file in files)
    done = 0
    with atomic_file(packed) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for member, digest in sorted({**files, MANIFEST: hashlib.sha256(raw).hexdigest()}.items()):
            if cancelled():
                break
            data = raw if member == MANIFEST else (dataset / member).read_bytes()
            if hashlib.sha256(data).hexdigest() != digest:
                raise _not_whole(dataset, member)
            archive.writestr(_entry(member), data)
            done += len(data)
            yield Progress(packed.name, done, total + len(raw))
    if cancelled():
        packed.unlink(missing_ok=True)
        return None
    size, digest = packed.stat().st_size, sha256_file(packed)
    described = {
        "format": FORMAT,
        "name": name,
        "dataset": dataset_id,
        "zip": {"name": packed.name, "bytes": size, "sha256": digest},
        "files": {**files, MANIFEST: hashlib.sha256(raw).hexdigest()},
    }
    write_atomic(manifest, json_bytes(described))
    return Packed(name, dataset_id, packed, manifest, size, digest)


def _entry(member: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(member, _TIME)
    entry.create_system, entry.external_attr = _UNIX, _MODE
    entry.compress_type = zipfile.ZIP_STORED
    return entry


def _described(dataset: Path) -> tuple[str, dict[str, str]]:
    """The dataset's name and its files with their SHA-256."""
    try:
        manifest: Any = json.loads(read_or_none(dataset / MANIFEST) or b"null")
    except (ValueError, RecursionError):
        manifest = None
    except OSError as error:
        raise InputError(explain_os_error(error, dataset), code=os_error_code(error)) from error
    name = manifest.get("name") if isinstance(manifest, dict) else None
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(name, str) or not is_safe_name(name) or not isinstance(files, dict):
        raise _not_whole(dataset, MANIFEST)
    for file in files:
        path = inside(dataset, file)
        if path is None or not path.is_file():
            raise _not_whole(dataset, file)
    return name, {str(k): str(v) for k, v in files.items() if k != MANIFEST}


def _not_whole(dataset: Path, file: str) -> InputError:
    text = _("{name} is not a whole dataset ({file} is missing or was changed); export it again")
    shown = text.format(name=display_name(dataset), file=display_name(file))
    return InputError(shown, code="not-whole")


def others_of(name: str, keep_id: str, names: Iterator[str] | list[str]) -> list[str]:
    """Of these file names, those of other datasets with the same name."""
    pattern = re.compile(rf"{re.escape(name)}-([0-9a-f]{{{ID_LENGTH}}})\.(?:zip|json)")
    found = ((n, pattern.fullmatch(n)) for n in names)
    return sorted(n for n, match in found if match and match[1] != keep_id)
