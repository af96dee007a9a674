"""What can be wrong with pictures before training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.editing.listing import Listing
from nasutui.core.errors import PictureError
from nasutui.core.i18n import _
from nasutui.core.pictures.images import opened
from nasutui.core.pictures.similar import Fingerprint, fingerprint, near_duplicates
from nasutui.core.text import display_name
from nasutui.core.training.buckets import BucketError, BucketRules, Placement, Size, place
from nasutui.core.training.findings import ERROR, MEND_CACHE, WARNING, Finding

MIN_SIDE = 64  # the smallest bucket step; a shorter side gives a bucket of nothing
FAR_TOO_SMALL = 1.5  # enlarged by more than this, a picture trains blur
CACHES = (".npz", "metadata_cache.json")


@dataclass(frozen=True, slots=True)
class Look:
    """A picture as it was seen. size: upright, in pixels."""

    size: Size
    changes: tuple[str, ...]
    print: Fingerprint


def look(picture: Path) -> Look | PictureError:
    """Open a picture and note what matters (in a worker)."""
    try:
        with opened(picture) as found:
            return Look(found.size, found.changes, fingerprint(found.image))
    except PictureError as error:
        return error


def check_picture(picture: Path, seen: Look | PictureError) -> Iterator[Finding]:
    """Findings about one picture by itself."""
    name = display_name(picture.name)
    if isinstance(seen, PictureError):
        reason = str(seen)
        text = reason if name in reason else f"{name}: {reason}"
        yield Finding("picture-unreadable", ERROR, text, picture)
        return
    if min(seen.size) < MIN_SIDE:
        text = _("{name}: {width} x {height} pixels are too small to train on").format(
            name=name, width=seen.size[0], height=seen.size[1]
        )
        yield Finding("too-small", ERROR, text, picture)
    if "flattened" in seen.changes:
        text = _("{name}: it is transparent; the dataset gets it on white")
        yield Finding("transparent", WARNING, text.format(name=name), picture)
    if "rotated" in seen.changes:
        text = _("{name}: it is turned by its EXIF data only; the dataset gets it upright")
        yield Finding("rotated", WARNING, text.format(name=name), picture)


def check_placement(
    picture: Path, seen: Look, rules: BucketRules
) -> tuple[Placement | None, Finding | None]:
    """Where the trainer puts the picture, and what is wrong with that. Raises BucketError when the
    rules themselves are wrong."""
    name = display_name(picture.name)
    try:
        placement = place(*seen.size, rules)
    except BucketError as error:
        if error.code != "shape":
            raise
        text = _("{name}: {width} x {height} pixels fit into no bucket").format(
            name=name, width=seen.size[0], height=seen.size[1]
        )
        return None, Finding("too-small", ERROR, text, picture)
    if placement.scale <= FAR_TOO_SMALL or min(seen.size) < MIN_SIDE:
        return placement, None
    text = _("{name}: {width} x {height} pixels are enlarged {scale} times, which trains blur")
    text = text.format(
        name=name, width=seen.size[0], height=seen.size[1], scale=f"{placement.scale:.1f}"
    )
    return placement, Finding("enlarged", WARNING, text, picture)


def check_alike(looks: dict[Path, Look]) -> Iterator[Finding]:
    """Pictures that look like one before them: each acts as one more repeat."""
    pictures = list(looks)
    for later, earlier in near_duplicates([look.print for look in looks.values()]):
        text = _("{name}: it looks like {other}; each near-duplicate counts as one more repeat")
        text = text.format(
            name=display_name(pictures[later].name), other=display_name(pictures[earlier].name)
        )
        yield Finding("near-duplicate", WARNING, text, pictures[later])


def check_names(listing: Listing) -> Iterator[Finding]:
    """Pictures that would share one caption."""
    for picture, first in listing.clashes:
        text = _("{name}: {first} has the same name before the dot, so both would share one caption;"
                 " rename one of them")  # fmt: skip
        text = text.format(name=display_name(picture.name), first=display_name(first.name))
        yield Finding("stem-shared", ERROR, text, picture)


def is_cache(name: str) -> bool:
    """True for what the trainer leaves beside pictures; it would train on it again without looking
    at the pictures."""
    return name.lower().endswith(CACHES)


def check_caches(folder: Path) -> Iterator[Finding]:
    """Stale caches of the trainer in a folder and its sub-folders."""
    for path in sorted(p for p in folder.rglob("*") if is_cache(p.name) and p.is_file()):
        text = _(
            "{name}: a cache of the trainer, which it trusts even when the pictures have changed"
        )
        name = display_name(path.relative_to(folder))
        yield Finding("stale-cache", WARNING, text.format(name=name), path, MEND_CACHE)
