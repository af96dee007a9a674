"""Bringing pictures into a project: first a look at what would come, then the copies.

Nothing is written before the second step, and never anything but copies under names that are free.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from nasutui.core.errors import InputError, PictureError, explain_os_error, os_error_code
from nasutui.core.events import Cancelled, Events, Finished, ItemDone, ItemFailed, Started
from nasutui.core.files import write_atomic
from nasutui.core.parallel import core_count, ordered_map
from nasutui.core.pictures.images import opened
from nasutui.core.pictures.memory import room_for
from nasutui.core.pictures.similar import Fingerprint, fingerprint, groups
from nasutui.core.pictures.sources import Source, find_sources
from nasutui.core.text import display_name

_NEAR = 256  # pixels that the perceptual hash needs at most


@dataclass(frozen=True, slots=True)
class Candidate:
    """One raw picture that could come in.

    size: upright, pixels. changes: what preparing will do (see images.Picture). problem: why it
    can't come in ("" when it can), safe to show. copy_of: label of the picture that has the very
    same bytes, or the name it has in the project already. similar: number of its group of
    near-duplicates, 0 for none. small: it would be enlarged.
    """

    source: Source
    bytes: int = 0
    size: tuple[int, int] = (0, 0)
    format: str = ""
    changes: tuple[str, ...] = ()
    sha256: str = ""
    problem: str = ""
    copy_of: str = ""
    similar: int = 0
    small: bool = False
    look: Fingerprint | None = None

    @property
    def label(self) -> str:
        """Its name, raw text from outside."""
        return self.source.label

    @property
    def wanted(self) -> bool:
        """Whether it comes in unless somebody says otherwise."""
        return not self.problem and not self.copy_of


def examine(source: Source, size: int) -> Candidate:
    """Look at one raw picture; what is wrong with it stands in `problem`."""
    try:
        with room_for(source.size):
            data = source.read()
            with opened(data, near=_NEAR) as picture:
                return Candidate(
                    source, len(data), picture.size, picture.format, picture.changes,
                    hashlib.sha256(data).hexdigest(), small=min(picture.size) < size,
                    look=fingerprint(picture.image),
                )  # fmt: skip
    except PictureError as error:
        return Candidate(source, problem=str(error))


def inspect(
    inputs: Sequence[Path], raw: Path, size: int, cancelled: Cancelled
) -> Iterator[Started | Candidate | ItemFailed]:
    """Look at everything that the inputs hold, in order. raw: the folder it would go to, whose
    pictures count as there already; size: the project's picture size in pixels."""
    found = find_sources(inputs, leave_out=[raw])
    present = find_sources([raw]).sources if raw.is_dir() else []
    yield Started("inspect", len(found.sources))
    yield from found.refused
    by_hash: dict[str, str] = {}
    for source in present:
        if cancelled():
            return
        try:
            by_hash[hashlib.sha256(source.read()).hexdigest()] = source.label
        except PictureError:
            continue
    for _source, candidate in ordered_map(
        lambda s: examine(s, size), found.sources, workers=core_count(), cancelled=cancelled
    ):
        if candidate.sha256:
            if candidate.sha256 in by_hash:
                candidate = replace(candidate, copy_of=by_hash[candidate.sha256])
            else:
                by_hash[candidate.sha256] = candidate.label
        yield candidate


def with_groups(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates with their groups of near-duplicates numbered from 1; exact copies do not
    count."""
    compared = [i for i, c in enumerate(candidates) if c.look is not None and c.wanted]
    looks = [look for i in compared if (look := candidates[i].look) is not None]
    numbers: dict[int, int] = {}
    for number, group in enumerate(groups(looks), 1):
        numbers.update({compared[member]: number for member in group})
    return [replace(c, similar=numbers.get(i, 0)) for i, c in enumerate(candidates)]


def import_pictures(raw: Path, chosen: Sequence[Source], cancelled: Cancelled) -> Events:
    """Copy these pictures into the raw folder under their names; a name that is taken by other
    bytes gets a number. Raises InputError when the folder can't be made."""
    try:
        raw.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(explain_os_error(error, raw), code=os_error_code(error)) from error
    counts = {"made": 0, "unchanged": 0, "failed": 0}
    yield Started("import", len(chosen))
    done = 0
    for source in chosen:
        if cancelled():
            break
        done += 1
        event = _import_one(raw, source)
        counts[event.action if isinstance(event, ItemDone) else "failed"] += 1
        yield event
    yield Finished("import", counts, cancelled=done < len(chosen))


def _import_one(raw: Path, source: Source) -> ItemDone | ItemFailed:
    label = display_name(source.label)
    try:
        data = source.read()
        target = _free_name(raw, PurePosixPath(source.label.replace("\\", "/")).name, data)
        if target.exists():
            return ItemDone(target, "unchanged", {"source": label})
        write_atomic(target, data)
        return ItemDone(target, "made", {"source": label})
    except PictureError as error:
        return ItemFailed(source.path, error.code, f"{label}: {error}")
    except OSError as error:
        return ItemFailed(source.path, os_error_code(error), explain_os_error(error, source.label))


def _free_name(raw: Path, name: str, data: bytes) -> Path:
    """Where the picture goes: its name, or with -2, -3 ... when other bytes have that name."""
    stem, dot, suffix = name.rpartition(".")
    number = 1
    while True:
        numbered = name if number == 1 else f"{stem}-{number}{dot}{suffix}"
        target = raw / numbered
        if not target.exists() or target.read_bytes() == data:
            return target
        number += 1
