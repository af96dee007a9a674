"""The export step: captioned pictures -> a dataset that kohya's sd-scripts trains on as it is.

    NAME/10_NAME/img001.png + img001.txt ...
    NAME/dataset.toml      for --dataset_config
    NAME/manifest.json     every file with its SHA-256; written last, removed first

`<repeats>_<name>` serves --train_data_dir, num_repeats in dataset.toml serves --dataset_config.
Pictures and captions come out as the trainer must find them: it applies no EXIF orientation, drops
transparency instead of flattening it, reads `.caption` unless told `.txt`, stops on an empty caption
and on other encodings than UTF-8, and keeps a BOM inside the first tag (library/train_util.py and
config_util.py at 48d368fa). The same dataset exports to the same bytes.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nasutui import __version__
from nasutui.core.captions import encode_caption
from nasutui.core.changing import read_caption
from nasutui.core.errors import (
    CaptionError,
    InputError,
    NasutuiError,
    PictureError,
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
from nasutui.core.files import read_or_none, remove_leftovers, sha256_file, write_atomic
from nasutui.core.i18n import _, ngettext
from nasutui.core.images import opened, png_bytes, read_file
from nasutui.core.listing import Listing, scan
from nasutui.core.parallel import core_count, ordered_map
from nasutui.core.project import is_safe_name
from nasutui.core.text import display_name

STEP = "export"
MANIFEST = "manifest.json"
DATASET_TOML = "dataset.toml"
MIN_SIDE = 64  # the smallest bucket step; a shorter side gives a bucket of nothing
_GOAL = 200  # pictures x repeats an epoch, the low end of what kohya-colab recommends (200 to 400)


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """input: captioned pictures. output: the dataset's folder (made if need be). name: ASCII
    letters, digits, - and _. repeats: 0 proposes a number. resolution: pixels, both sides."""

    input: Path
    output: Path
    name: str
    repeats: int = 0
    resolution: int = 512


@dataclass(frozen=True, slots=True)
class _Pair:
    """One picture as it will be trained."""

    stem: str
    picture: bytes
    caption: bytes


def proposed_repeats(pictures: int) -> int:
    """Repeats for this many pictures, 1 to 50."""
    return min(50, max(1, math.ceil(_GOAL / max(1, pictures))))


def export(settings: ExportSettings, cancelled: Cancelled) -> Events:
    """Make the dataset folder hold exactly this dataset. Raises InputError, UsageError."""
    if not is_safe_name(settings.name):
        raise UsageError(
            _("the name {name} can't be used: only ASCII letters, digits, - and _ work in every tool"
              " on the way").format(name=display_name(settings.name)),
        )  # fmt: skip
    listing = scan(settings.input)
    if not listing.pictures:
        text = _("there are no pictures in {name}").format(name=display_name(settings.input))
        raise InputError(text, code="no-pictures")
    try:
        settings.output.mkdir(parents=True, exist_ok=True)
        yield from _export_all(settings, listing, cancelled)
    except OSError as error:
        reason = explain_os_error(error, error.filename or settings.output)
        raise InputError(reason, code=os_error_code(error)) from error


def _stems(listing: Listing) -> tuple[dict[Path, str], bool]:
    """The name of each picture in the dataset, and whether any had to be renamed: other tools on
    the way (zips, Drive, the trainer's cache) want plain ASCII names."""
    stems: dict[Path, str] = {}
    taken = {p.stem for p in listing.pictures if is_safe_name(p.stem)}
    number = 0
    for picture in listing.pictures:
        if is_safe_name(picture.stem):
            stems[picture] = picture.stem
            continue
        number += 1
        while f"img{number:03d}" in taken:
            number += 1
        stems[picture] = f"img{number:03d}"
        taken.add(stems[picture])
    return stems, number > 0


@dataclass(slots=True)
class _Target:
    """The dataset folder while it is being written."""

    folder: Path
    old: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def put(self, name: str, data: bytes) -> bool:
        """Make the file hold this; True when it did not already."""
        import hashlib

        path = self.folder / name
        self.files[name] = hashlib.sha256(data).hexdigest()
        if read_or_none(path) == data:
            return False
        self.break_seal()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data)
        return True

    def break_seal(self) -> None:
        """Take the manifest away: without it the folder counts as not whole."""
        (self.folder / MANIFEST).unlink(missing_ok=True)


def _old_files(folder: Path) -> dict[str, str]:
    """What the last export put here: relative name -> SHA-256."""
    data = read_or_none(folder / MANIFEST)
    try:
        files = json.loads(data or b"{}").get("files", {})
        return {str(k): str(v) for k, v in files.items()}
    except (ValueError, AttributeError):
        return {}


def _export_all(settings: ExportSettings, listing: Listing, cancelled: Cancelled) -> Events:
    stems, renamed = _stems(listing)
    repeats = settings.repeats or proposed_repeats(len(listing.pictures))
    subfolder = f"{repeats}_{settings.name}"
    target = _Target(settings.output, _old_files(settings.output))
    remove_leftovers(settings.output / subfolder)
    remove_leftovers(settings.output)
    yield Started(STEP, len(listing.pictures))
    yield from _opening_notes(listing, renamed)
    target.counts["failed"] += len(listing.clashes)

    def work(picture: Path) -> _Pair | NasutuiError:
        try:
            return _pair(picture, stems[picture], listing)
        except (PictureError, CaptionError) as error:
            return error

    done = 0
    for picture, result in ordered_map(
        work, listing.pictures, workers=core_count(), cancelled=cancelled
    ):
        done += 1
        event = _settle(picture, result, subfolder, target)
        target.counts[event.action if isinstance(event, ItemDone) else "failed"] += 1
        yield event
    complete = done == len(listing.pictures)
    pairs = sum(name.endswith(".txt") for name in target.files)
    if complete and pairs:
        yield from _close(settings, target, subfolder, repeats)
    names = ("made", "unchanged", "failed")
    summary = {
        **{name: target.counts[name] for name in names},
        "pictures": pairs,
        "repeats": repeats,
        "output": str(settings.output),
    }
    yield Finished(STEP, summary, cancelled=not complete)


def _opening_notes(listing: Listing, renamed: bool) -> Iterator[Event]:
    for picture, first in listing.clashes:
        text = _("{name}: {first} has the same name before the dot, so both would share one caption;"
                 " rename one of them")  # fmt: skip
        text = text.format(name=display_name(picture.name), first=display_name(first.name))
        yield ItemFailed(picture, "stem-shared", text)
    if renamed:
        text = _("names that are not plain ASCII are numbered in the dataset (see manifest.json)")
        yield Note("renamed", text)


def _pair(picture: Path, stem: str, listing: Listing) -> _Pair:
    caption_file = listing.captions.get(picture.stem)
    if caption_file is None:
        raise CaptionError(_("it has no caption"), code="no-caption")
    tags = read_caption(caption_file).caption.tags
    if not tags:
        raise CaptionError(
            _("its caption is empty, which would stop the trainer"), code="empty-caption"
        )
    return _Pair(stem, _clean_png(picture), encode_caption(tags) + b"\n")


def _clean_png(picture: Path) -> bytes:
    """The picture as the trainer must find it; bytes that are so already stay as they are."""
    data = read_file(picture)
    with opened(data) as opened_picture:
        if min(opened_picture.size) < MIN_SIDE:
            raise PictureError(
                _("{width} x {height} pixels are too small to train on").format(
                    width=opened_picture.size[0], height=opened_picture.size[1]
                ),
                code="too-small",
            )
        if opened_picture.format == "PNG" and _is_plain_png(data):
            return data
        return png_bytes(opened_picture.image)


def _is_plain_png(data: bytes) -> bool:
    """True for a PNG of 8 bit RGB that holds pixels and nothing else."""
    position, kinds = 8, set()
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        kinds.add(data[position + 4 : position + 8])
        position += 12 + length
    return kinds == {b"IHDR", b"IDAT", b"IEND"} and data[24:26] == b"\x08\x02"


def _settle(
    picture: Path, result: _Pair | NasutuiError, subfolder: str, target: _Target
) -> ItemDone | ItemFailed:
    name = display_name(picture.name)
    if isinstance(result, NasutuiError):
        return ItemFailed(picture, result.code, f"{name}: {result}")
    relative = f"{subfolder}/{result.stem}"
    changed = target.put(f"{relative}.png", result.picture)
    changed |= target.put(f"{relative}.txt", result.caption)
    action = "made" if changed else "unchanged"
    return ItemDone(target.folder / f"{relative}.png", action, {"source": str(picture)})


def _close(
    settings: ExportSettings, target: _Target, subfolder: str, repeats: int
) -> Iterator[Event]:
    """Write dataset.toml, take out what an older export left, and seal with the manifest."""
    target.put(DATASET_TOML, dataset_toml(settings, subfolder, repeats).encode())
    for name, digest in target.old.items():
        path = settings.output / name
        inside = ".." not in Path(name).parts and not Path(name).is_absolute()
        if name not in target.files and inside and path.is_file() and sha256_file(path) == digest:
            target.break_seal()
            path.unlink()
            with contextlib.suppress(OSError):
                path.parent.rmdir()
    manifest = {
        "format": 1,
        "nasutui": __version__,
        "name": settings.name,
        "repeats": repeats,
        "resolution": settings.resolution,
        "files": dict(sorted(target.files.items())),
    }
    seal = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
    if read_or_none(settings.output / MANIFEST) != seal:
        write_atomic(settings.output / MANIFEST, seal)
    strangers = _strangers(settings.output, target.files)
    if strangers:
        names = ", ".join(display_name(n) for n in strangers[:5])
        text = ngettext(
            "{count} file in the dataset folder is not of this dataset; the trainer may take it up:"
            " {names}",
            "{count} files in the dataset folder are not of this dataset; the trainer may take them"
            " up: {names}",
            len(strangers),
        )
        yield Note("strangers", text.format(count=len(strangers), names=names))


def _strangers(folder: Path, files: dict[str, str]) -> list[str]:
    found = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return sorted(n for n in found if n not in files and n != MANIFEST)


def dataset_toml(settings: ExportSettings, subfolder: str, repeats: int) -> str:
    """A dataset configuration that sd-scripts accepts (keys and types as library/config_util.py
    checks them). `image_dir` is relative to this file's folder: start the trainer there."""
    import tomlkit

    document = tomlkit.document()
    document.add(
        tomlkit.comment("For sd-scripts: --dataset_config dataset.toml, started in this folder.")
    )
    general = tomlkit.table()
    general.update(
        {
            "resolution": [settings.resolution, settings.resolution],
            "batch_size": 1,
            "enable_bucket": True,
            "min_bucket_reso": min(256, settings.resolution),
            "max_bucket_reso": max(1024, 2 * settings.resolution),
            "bucket_reso_steps": 64,
            "bucket_no_upscale": False,
            "caption_extension": ".txt",
            "shuffle_caption": True,
            "keep_tokens": 1,
        }
    )
    document.add("general", general)
    subset = tomlkit.table()
    subset.update({"image_dir": subfolder, "num_repeats": repeats})
    subsets = tomlkit.aot()
    subsets.append(subset)
    dataset = tomlkit.table()
    dataset.add("subsets", subsets)
    datasets = tomlkit.aot()
    datasets.append(dataset)
    document.add("datasets", datasets)
    return str(tomlkit.dumps(document))
