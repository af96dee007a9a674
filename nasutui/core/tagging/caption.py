"""The caption step: pictures -> WD14 scores -> captions, merged with what a person did.

Workers hash, decode and infer, one picture each; a thread of its own stores scores (see
score_writer.py); this one copies pictures and writes captions. Scores are stored as they come, so
whatever ends the run, nothing but what was under way is inferred twice.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from nasutui.core.database import database_error, database_path, state_root
from nasutui.core.editing.captions import encode_caption
from nasutui.core.editing.changing import Batch, read_caption
from nasutui.core.editing.listing import (
    CAPTION_SUFFIX,
    OTHER_SUFFIX,
    Listing,
    caption_path,
    scan,
)
from nasutui.core.editing.provenance import Memory, append, fresh, merge_noticed, notice, overwrite
from nasutui.core.errors import (
    CaptionError,
    InputError,
    ModelError,
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
from nasutui.core.hashes import FileHashes
from nasutui.core.history.journal import Edit, Journal
from nasutui.core.i18n import _
from nasutui.core.parallel import core_count, ordered_map
from nasutui.core.pictures.images import file_size, read_file
from nasutui.core.pictures.memory import room_for
from nasutui.core.pictures.mirror import PictureMirror
from nasutui.core.state import recovery_notes
from nasutui.core.tagging.accelerators import PROCESSOR
from nasutui.core.tagging.combine import UNION
from nasutui.core.tagging.engine import FP32, make_ready, variant_of
from nasutui.core.tagging.hub import check_arrived_whole
from nasutui.core.tagging.models import DEFAULT_MODEL, ModelFiles, locate
from nasutui.core.tagging.panel import Panel
from nasutui.core.tagging.scores import Scores, ScoreStore
from nasutui.core.tagging.selection import SelectionRules, select
from nasutui.core.tagging.tagger import OnnxTagger, Tagger
from nasutui.core.text import display_name

STEP = "caption"
# Finished pictures that may wait for a slower one before them; only their scores are kept.
_AHEAD = 64
_BEST = 12  # tags with the highest scores that are reported of a picture
EXISTING = ("merge", "skip", "overwrite", "append")


@dataclass(frozen=True, slots=True)
class CaptionSettings:
    """input: folder of pictures; output: where captions (and copies of the pictures) go, may be
    the same. existing: one of EXISTING. use_coreml: as the accelerator "coreml". workers: 0 means one
    a core. accelerator: one of accelerators.NAMES. precision: one of engine.PRECISIONS. also: further
    taggers that caption together with `model`; combine: how, one of combine.COMBINE."""

    input: Path
    output: Path
    model: str = DEFAULT_MODEL
    rules: SelectionRules = field(default_factory=SelectionRules)
    existing: str = "merge"
    use_coreml: bool = False
    workers: int = 0
    accelerator: str = PROCESSOR
    precision: str = FP32
    also: tuple[str, ...] = ()
    combine: str = UNION


@dataclass(frozen=True, slots=True)
class _Read:
    """A worker's result for one picture. status: of the file before it was read, when its hash is
    not remembered yet."""

    sha256: str
    scores: Scores
    inferred: bool
    status: os.stat_result | None = None


@dataclass(slots=True)
class _Run:
    """Everything one run works with."""

    settings: CaptionSettings
    panel: Panel
    hashes: FileHashes
    mirror: PictureMirror
    journal: Journal
    others: frozenset[str]  # captions in .caption files, where the captions go
    counts: Counter[str] = field(default_factory=Counter)


def caption(settings: CaptionSettings, cancelled: Cancelled, *given: Tagger) -> Events:
    """Caption every picture of the input folder. Raises InputError, ModelError, StateError.

    given: taggers to use instead of those that the settings name (tests and other front ends of the
    same engine).
    """
    listing = scan(settings.input)
    if not listing.pictures:
        text = _("there are no pictures in {name}").format(name=display_name(settings.input))
        raise InputError(text, code="no-pictures")
    output = settings.output
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(explain_os_error(error, output), code=os_error_code(error)) from error
    root = state_root(output)
    store = ScoreStore(root)
    try:
        hashes = FileHashes(root, store.connection)
        taggers = given or (yield from _get_taggers(settings, hashes, cancelled))
        if not taggers:
            yield Finished(STEP, {}, cancelled=True)
            return
        with Journal(root) as journal:
            yield from recovery_notes(journal)
            hashes.load()
            mirror = PictureMirror(output, root, store.connection, hashes)
            with closing(Panel(root, store, taggers, settings.combine)) as panel:
                run = _Run(settings, panel, hashes, mirror, journal, _others(output))
                yield from _caption_all(run, listing, cancelled)
            hashes.save()
    except sqlite3.Error as error:
        raise database_error(error, database_path(root)) from error
    finally:
        store.close()


def _get_taggers(
    settings: CaptionSettings, hashes: FileHashes, cancelled: Cancelled
) -> Generator[Event, None, tuple[OnnxTagger, ...]]:
    """The taggers that the settings name, each once; none when cancelled."""
    taggers: dict[str, OnnxTagger] = {}
    for name in (settings.model, *settings.also):
        files = yield from locate(name, cancelled)
        if files is None:
            return ()
        tagger = _tagger(files, hashes, settings.precision)
        taggers.setdefault(tagger.key, tagger)
    if all(tagger.files.embedded for tagger in taggers.values()):
        yield Note(
            "embedded",
            _(
                "the built-in tagger sees colours only (backgrounds, greyscale, dark ...); for real"
                " captions connect to the network once and use --model {model}, or give a folder"
                " with model.onnx and selected_tags.csv"
            ).format(model=DEFAULT_MODEL.partition("/")[2]),
        )
    return tuple(taggers.values())


def _tagger(files: ModelFiles, hashes: FileHashes, precision: str) -> OnnxTagger:
    try:
        model, tags = hashes.sha256(files.model), hashes.sha256(files.tags)
        check_arrived_whole({files.model: model, files.tags: tags})
    except OSError as error:
        raise ModelError(explain_os_error(error, files.model), code="model-unreadable") from error
    return OnnxTagger(files, f"{model}+{tags}", variant=variant_of(precision))


def _caption_all(run: _Run, listing: Listing, cancelled: Cancelled) -> Events:
    settings = run.settings
    remove_leftovers(settings.output)
    pictures = _without_skipped(run, listing)
    for tagger in run.panel.lacking(_known(run, pictures)):
        if isinstance(tagger, OnnxTagger):
            yield from make_ready(
                tagger, pictures, cancelled, precision=settings.precision,
                accelerator="coreml" if settings.use_coreml else settings.accelerator,
            )  # fmt: skip
            tagger.open()  # an unusable model is said before anything begins
    yield Started(STEP, len(listing.pictures))
    yield from _clashes(run, listing)
    taken = set(pictures)
    for picture in listing.pictures:
        if picture not in taken:
            run.counts["skipped"] += 1
            yield ItemDone(_target(run, picture), "skipped")
    label = _("caption {count} pictures with {model}").format(
        count=len(pictures), model=display_name(run.panel.name)
    )
    done = 0
    with run.journal.change(STEP, label) as change:
        batch = Batch(change, captions=False, first_at_once=True)
        for picture, result in ordered_map(
            lambda p: _read(run, p), pictures,
            workers=settings.workers or core_count(), ahead=_AHEAD, cancelled=cancelled,
            at_once=lambda p: _at_once(run, p),
        ):  # fmt: skip
            done += 1
            for event in _settle(run, batch, picture, result):
                run.counts[event.action if isinstance(event, ItemDone) else "failed"] += 1
                yield event
        for event in batch.flush():
            run.counts[event.action if isinstance(event, ItemDone) else "failed"] += 1
            yield event
    names = ("made", "changed", "unchanged", "skipped", "inferred", "failed")
    summary = {name: run.counts[name] for name in names}
    yield Finished(
        STEP,
        {**summary, "model": display_name(run.panel.name), "output": str(settings.output)},
        cancelled=done < len(pictures),
    )


def _others(folder: Path) -> frozenset[str]:
    with os.scandir(folder) as entries:
        return frozenset(e.name for e in entries if e.name.endswith(OTHER_SUFFIX))


def _target(run: _Run, picture: Path) -> Path:
    usual = run.settings.output / f"{picture.stem}{CAPTION_SUFFIX}"
    other = f"{picture.stem}{OTHER_SUFFIX}"
    # Where there is no .caption file, the file system need not be asked for each picture.
    return caption_path(usual) if other in run.others else usual


def _without_skipped(run: _Run, listing: Listing) -> list[Path]:
    """The pictures to caption: all, or with `--existing skip` those without a caption."""
    if run.settings.existing != "skip":
        return listing.pictures
    pictures = []
    for picture in listing.pictures:
        target = _target(run, picture)
        if not target.exists() or target.stat().st_size == 0:
            pictures.append(picture)
    return pictures


def _clashes(run: _Run, listing: Listing) -> Iterator[ItemFailed]:
    for picture, first in listing.clashes:
        run.counts["failed"] += 1
        yield ItemFailed(
            picture,
            "stem-shared",
            _("{name}: {first} has the same name before the dot, so both would share one caption;"
              " rename one of them").format(
                name=display_name(picture.name), first=display_name(first.name)),
        )  # fmt: skip


def _at_once(run: _Run, picture: Path) -> _Read | None:
    """What is known of a picture without opening it, or None."""
    try:
        sha256 = run.hashes.known(picture)
    except OSError:
        return None
    scores = run.panel.stored(sha256)
    return None if sha256 is None or scores is None else _Read(sha256, scores, False)


def _known(run: _Run, pictures: list[Path]) -> list[str | None]:
    """The hash of each picture whose file is unchanged since it was last read."""
    known: list[str | None] = []
    for picture in pictures:
        try:
            known.append(run.hashes.known(picture))
        except OSError:
            known.append(None)
    return known


def _read(run: _Run, picture: Path) -> _Read | PictureError | ModelError:
    """In a worker: the picture's scores, from the store or inferred (then stored at once)."""
    # Before the claim, always: whoever waits for room must not hold what another waits for.
    with room_for(file_size(picture)):
        return _read_alone(run, picture)


def _read_alone(run: _Run, picture: Path) -> _Read | PictureError | ModelError:
    try:
        sha256, data, status = run.hashes.known(picture), None, None
        if sha256 is None:
            status = picture.stat()
            data = read_file(picture)
            sha256 = hashlib.sha256(data).hexdigest()
        scores, inferred = run.panel.ask(sha256, data if data is not None else picture)
        return _Read(sha256, scores, inferred, status)
    except (PictureError, ModelError) as error:
        return error
    except OSError as error:
        return PictureError(explain_os_error(error, picture.name), code=os_error_code(error))


def _settle(
    run: _Run, batch: Batch, picture: Path, result: _Read | PictureError | ModelError
) -> Iterator[ItemDone | ItemFailed]:
    """Copy the picture, merge its caption and hand the change to the batch."""
    if isinstance(result, PictureError | ModelError):
        yield _failed(picture, result)
        return
    run.counts["inferred"] += result.inferred
    target = _target(run, picture)
    if result.status is not None:
        run.hashes.remember(picture, result.sha256, result.status)
    try:
        run.mirror.bring(picture, result.sha256)
        edit, report = _edit(run, target, result.scores)
    except (PictureError, CaptionError) as error:
        yield _failed(picture if isinstance(error, PictureError) else target, error)
        return
    yield from batch.add(edit, _with_best(run, report, picture, result))


def _with_best(run: _Run, report: ItemDone, picture: Path, result: _Read) -> ItemDone:
    """The report with what the taggers saw, when they looked just now."""
    if not result.inferred:
        return report
    best = result.scores.best(run.panel.table, _BEST)
    detail = {"picture": picture.name, "best": [[tag, p] for tag, p in best]}
    return replace(report, detail={**report.detail, **detail})


def _failed(path: Path, error: PictureError | ModelError | CaptionError) -> ItemFailed:
    name, reason = display_name(path.name), str(error)
    return ItemFailed(path, error.code, reason if name in reason else f"{name}: {reason}")


def _edit(run: _Run, target: Path, scores: Scores) -> tuple[Edit | None, ItemDone]:
    said = select(scores, run.panel.table, run.settings.rules)
    now = read_caption(target)
    tags, remembered = now.caption.tags, run.journal.memory(target)
    memory = Memory.from_json(remembered)
    known = fresh(memory) if now.data is None else notice(memory, tags)
    if run.settings.existing == "overwrite":
        new, after = overwrite(said)
    elif run.settings.existing == "append":
        new, after = append(known, tags, said)
    else:
        new, after = merge_noticed(known, tags, said)
    # The same tags, however another program wrote them, are no reason to write.
    same = now.data is not None and list(tags) == new
    data = now.data if same else encode_caption(new)
    memory_after = remembered if after == memory else after.to_json()
    if same and memory_after == remembered:
        return None, ItemDone(target, "unchanged", {"tags": len(new)})
    # What a person did before, with another program, is noticed for good: undo goes back to here.
    memory_before = remembered if known == memory else known.to_json()
    edit = Edit(target, now.data, data, memory_before, memory_after)
    if same:
        return edit, ItemDone(target, "unchanged", {"tags": len(new)})
    detail = {
        "tags": len(new),
        "added": [t for t in new if t not in tags],
        "removed": [t for t in tags if t not in new],
    }
    return edit, ItemDone(target, "made" if now.data is None else "changed", detail)
