"""The export step: captioned pictures -> a dataset that kohya's sd-scripts trains on as it is.

    NAME/10_NAME/img001.png + img001.txt ...
    NAME/dataset.toml  NAME/training.toml  NAME/sample_prompts.txt     see files.py
    NAME/manifest.json     every file with its SHA-256; written last, removed first

`<repeats>_<name>` serves --train_data_dir, num_repeats in dataset.toml serves --dataset_config.
Pictures and captions come out as the trainer must find them: it applies no EXIF orientation, drops
transparency instead of flattening it, reads `.caption` unless told `.txt`, stops on an empty caption
and on other encodings than UTF-8, and keeps a BOM inside the first tag (library/train_util.py and
config_util.py at 48d368fa). What the check calls an error stops the export. The same dataset
exports to the same bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nasutui import __version__
from nasutui.core.editing.captions import encode_caption
from nasutui.core.editing.listing import Listing
from nasutui.core.errors import (
    InputError,
    PictureError,
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
from nasutui.core.files import remove_leftovers
from nasutui.core.i18n import _, ngettext
from nasutui.core.parallel import core_count, ordered_map
from nasutui.core.state import finish_what_is_half_done
from nasutui.core.text import display_name
from nasutui.core.training.check import CheckSettings, Report, examine, scan_pictures
from nasutui.core.training.check_pictures import is_cache
from nasutui.core.training.files import (
    DATASET_TOML,
    SAMPLE_PROMPTS,
    TRAINING_TOML,
    dataset_toml,
    sample_prompts,
    training_toml,
)
from nasutui.core.training.findings import WARNING, errors
from nasutui.core.training.manifest import DatasetFolder
from nasutui.core.training.plan import proposed_repeats
from nasutui.core.training.settings import TrainingSettings
from nasutui.core.training.trainable import clean_png, dataset_stems, leading_tag, strangers_in

STEP = "export"
FORMAT = 2  # of the manifest


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """input: captioned pictures. output: the dataset's folder (made if need be). name: ASCII
    letters, digits, - and _. repeats: 0 proposes a number. trigger: "" takes the tag that every
    caption begins with, if there is one."""

    input: Path
    output: Path
    name: str
    repeats: int = 0
    trigger: str = ""
    training: TrainingSettings = field(default_factory=TrainingSettings)


@dataclass(slots=True)
class _Export:
    """One export under way."""

    settings: ExportSettings
    listing: Listing
    report: Report
    stems: dict[Path, str]
    repeats: int
    target: DatasetFolder
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def subfolder(self) -> str:
        return f"{self.repeats}_{self.settings.name}"


def export(settings: ExportSettings, cancelled: Cancelled) -> Events:
    """Make the dataset folder hold exactly this dataset. Raises InputError, StateError."""
    yield from finish_what_is_half_done(settings.input)
    listing = scan_pictures(settings.input)
    yield Started(STEP, len(listing.pictures))
    report = yield from _check(settings, listing, cancelled)
    blocking = errors(report.findings) if report else []
    for finding in blocking:
        where = finding.picture or settings.input
        yield ItemFailed(where, finding.code, finding.message)
    if report is None or blocking:
        yield Finished(STEP, _summary(settings, Counter(failed=len(blocking)), 0, 0), not report)
        return
    try:
        settings.output.mkdir(parents=True, exist_ok=True)
        yield from _export_all(settings, listing, report, cancelled)
    except OSError as error:
        reason = explain_os_error(error, error.filename or settings.output)
        raise InputError(reason, code=os_error_code(error)) from error


def _check(
    settings: ExportSettings, listing: Listing, cancelled: Cancelled
) -> Generator[Event, None, Report | None]:
    """The check that stops an export; says how many warnings there are."""
    checked = CheckSettings(
        settings.input, settings.name, settings.trigger, settings.repeats, settings.training
    )
    looking = examine(checked, listing, cancelled)
    while True:
        try:
            next(looking)  # one picture looked at; the items of this step are those written
        except StopIteration as end:
            report: Report | None = end.value
            break
    count = report.count(WARNING) if report else 0
    if count:
        text = ngettext(
            "{count} warning about this dataset; `nasutui --batch check` shows it",
            "{count} warnings about this dataset; `nasutui --batch check` shows them",
            count,
        )
        yield Note("warnings", text.format(count=count))
    return report


def _export_all(
    settings: ExportSettings, listing: Listing, report: Report, cancelled: Cancelled
) -> Events:
    repeats = settings.repeats or proposed_repeats(
        len(listing.pictures), settings.training.architecture
    )
    subfolder = f"{repeats}_{settings.name}"
    stems = dataset_stems(listing)
    planned = [f"{subfolder}/{s}{ending}" for s in stems.values() for ending in (".png", ".txt")]
    for folder in (settings.output, settings.output / subfolder):
        remove_leftovers(folder)
    target = DatasetFolder(settings.output, [*planned, DATASET_TOML, TRAINING_TOML, SAMPLE_PROMPTS])
    run = _Export(settings, listing, report, stems, repeats, target)
    if any(stem != picture.stem for picture, stem in stems.items()):
        text = _("names that are not plain ASCII are numbered in the dataset (see manifest.json)")
        yield Note("renamed", text)
    done = 0
    for picture, result in ordered_map(
        clean_png, listing.pictures, workers=core_count(), cancelled=cancelled
    ):
        done += 1
        event = _settle(run, picture, result)
        run.counts[event.action if isinstance(event, ItemDone) else "failed"] += 1
        yield event
    complete = done == len(listing.pictures)
    if complete and not run.counts["failed"]:
        yield from _close(run)
    yield Finished(STEP, _summary(settings, run.counts, done, repeats), cancelled=not complete)


def _summary(
    settings: ExportSettings, counts: Counter[str], pictures: int, repeats: int
) -> dict[str, Any]:
    return {
        **{name: counts[name] for name in ("made", "unchanged", "failed")},
        "pictures": pictures - counts["failed"] if pictures else 0,
        "repeats": repeats,
        "output": str(settings.output),
    }


def _settle(run: _Export, picture: Path, result: bytes | PictureError) -> ItemDone | ItemFailed:
    if isinstance(result, PictureError):  # it changed since the check looked at it
        return ItemFailed(picture, result.code, f"{display_name(picture.name)}: {result}")
    relative = f"{run.subfolder}/{run.stems[picture]}"
    caption = encode_caption(run.report.tags[picture]) + b"\n"
    changed = run.target.put(f"{relative}.png", result)
    changed |= run.target.put(f"{relative}.txt", caption)
    action = "made" if changed else "unchanged"
    return ItemDone(run.target.folder / f"{relative}.png", action, {"source": str(picture)})


def _close(run: _Export) -> Iterator[Event]:
    """Write the text files, take out what an older export left, and seal with the manifest."""
    settings, target = run.settings, run.target
    trigger = settings.trigger or leading_tag(run.report.tags.values())
    dataset_id = _dataset_id(run)
    texts = {
        DATASET_TOML: dataset_toml(settings.training, run.subfolder, run.repeats, trigger),
        TRAINING_TOML: training_toml(settings.training, settings.name, trigger, dataset_id),
        SAMPLE_PROMPTS: sample_prompts(settings.training, trigger, run.report.tags.values()),
    }
    for name, text in texts.items():
        target.put(name, text.encode())
    target.clear_out()
    strangers = strangers_in(settings.output, target.files)
    for name in [n for n in strangers if is_cache(n) and n.startswith(f"{run.subfolder}/")]:
        target.remove(name)
        strangers.remove(name)
    target.seal(_manifest(run, trigger, dataset_id))
    if strangers:
        names = ", ".join(display_name(n) for n in strangers[:5])
        text = ngettext(
            "{count} file in the dataset folder is not of this dataset and would be trained on; move it"
            " away: {names}",
            "{count} files in the dataset folder are not of this dataset and would be trained on; move"
            " them away: {names}",
            len(strangers),
        ).format(count=len(strangers), names=names)
        run.counts["failed"] += 1
        yield ItemFailed(settings.output / strangers[0], "strangers", text)


def _manifest(run: _Export, trigger: str, dataset_id: str) -> dict[str, Any]:
    from PIL import __version__ as pillow_version

    settings = asdict(run.settings.training)
    renamed = {
        f"{run.subfolder}/{stem}.png": picture.name
        for picture, stem in run.stems.items()
        if stem != picture.stem
    }
    return {
        "format": FORMAT,
        "versions": {"nasutui": __version__, "pillow": pillow_version},
        "name": run.settings.name,
        "dataset": dataset_id,
        "trigger": trigger,
        "pictures": len(run.stems),
        "repeats": run.repeats,
        "training": {k: list(v) if isinstance(v, tuple) else v for k, v in settings.items()},
        "renamed": renamed,
    }


def _dataset_id(run: _Export) -> str:
    """Twelve hex digits that stand for these pictures and captions, whatever the settings; the LoRA
    carries them in its training comment."""
    prefix = f"{run.subfolder}/"
    files = {n.removeprefix(prefix): d for n, d in run.target.files.items() if n.startswith(prefix)}
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:12]
