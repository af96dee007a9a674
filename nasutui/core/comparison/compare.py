"""The step that compares LoRAs: draws the grid, scores it, and lays it out as a picture and a page.

Each cell is one request, checked as any other picture; a cell that is drawn already is left alone.
What can't be scored (no tagger to be had) is still laid out, with a Note on why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nasutui.core.comparison import scores as scoring
from nasutui.core.comparison.page import Page, save_page
from nasutui.core.comparison.plan import (
    NO_EFFECT,
    Cell,
    CompareSettings,
    Drawn,
    Record,
    check_settings,
    generation_of,
    open_record,
)
from nasutui.core.comparison.sheet import save_sheet
from nasutui.core.errors import (
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
    Progress,
    Row,
    Started,
    never,
)
from nasutui.core.files import sha256_file
from nasutui.core.generation.drawing import logged, opened_log, prompt_notes
from nasutui.core.generation.settings import (
    Generation,
    full_prompt,
    in_tags,
    known_hashes,
    requests,
)
from nasutui.core.i18n import _
from nasutui.core.pictures.images import opened
from nasutui.core.text import display_name
from nasutui.core.webui.generate import generate

STEP = "compare"


@dataclass(frozen=True, slots=True)
class Result:
    """A comparison as it stands."""

    record: Record
    points: tuple[scoring.Point, ...]
    advice: scoring.Advice

    @property
    def best(self) -> tuple[str, float] | None:
        """LoRA and weight to take."""
        point = self.advice.point
        return (point.lora, point.weight) if point else None

    def label(self, cell: Cell) -> str:
        """What to write below a cell's picture: its score, or what is wrong with it."""
        drawn = self.record.cells.get(cell.key)
        if drawn is not None and drawn.warnings:
            return ", ".join(drawn.warnings)
        score = scoring.cell_score(cell, self.record)
        return scoring.percent(score.total) if score else ""


def result_of(record: Record) -> Result:
    """What the pictures that are there say."""
    points = tuple(scoring.points_of(record))
    return Result(record, points, scoring.advise(points))


def compare(settings: CompareSettings, cancelled: Cancelled = never) -> Events:
    """Draw what is missing, score and lay out. Yields Started, for each cell ItemDone ("unchanged"
    or "made") or ItemFailed with Notes and DrawingProgress, Progress while it scores, a Row "score"
    for each LoRA and weight, and Finished (made, unchanged, failed, best, advice, sheet, page).
    Raises InputError, WebUIError, StateError."""
    check_settings(settings)
    found = in_tags(replace(settings.generation, lora=""), settings.words)
    yield from prompt_notes(found)
    settings = replace(settings, generation=found.generation)
    if not full_prompt(replace(settings.generation, lora="")):
        raise InputError(_("there is no prompt: write what to draw"), code="no-prompt")
    record = open_record(settings)
    cells = record.plan
    hashes = _hashes(cells, settings)
    ready = [cell for cell in cells if _is_ready(cell, record, hashes)]
    counts = {"made": 0, "unchanged": len(ready), "failed": 0}
    yield Started(STEP, len(cells))
    for cell in ready:
        yield ItemDone(record.folder / record.cells[cell.key].file, "unchanged", _detail(cell))
    missing = [cell for cell in cells if cell not in set(ready)]
    stopped = False
    if missing:
        record.save()
        for event in _draw(missing, settings, record, hashes, cancelled):
            if isinstance(event, Finished):
                stopped = event.cancelled
                continue
            counts["made"] += isinstance(event, ItemDone)
            counts["failed"] += isinstance(event, ItemFailed)
            yield event
    yield from _effects(cells, record)
    yield from _score(cells, settings, record, cancelled)
    summary = yield from _lay_out(result_of(record), settings)
    yield Finished(STEP, {**counts, **summary}, cancelled=stopped or cancelled())


def _hashes(cells: Sequence[Cell], settings: CompareSettings) -> dict[str, str]:
    """LoRA -> hash of its file here. Raises InputError, also for a name that can't be found."""
    found: dict[str, str] = {}
    for cell in {cell.lora: cell for cell in cells if cell.lora}.values():
        prompt = full_prompt(generation_of(cell, settings))
        found |= known_hashes(prompt, settings.lora_folder)
    return found


def _is_ready(cell: Cell, record: Record, hashes: dict[str, str]) -> bool:
    """True when the cell's picture is there, unchanged, with the LoRA of now."""
    drawn = record.cells.get(cell.key)
    if drawn is None or drawn.bad or drawn.expected != hashes.get(cell.lora, drawn.expected):
        return False
    try:
        return sha256_file(record.folder / drawn.file) == drawn.sha256
    except OSError:
        return False


def _detail(cell: Cell) -> dict[str, Any]:
    return {"lora": cell.lora, "weight": cell.weight, "seed": cell.seed}


def _draw(
    cells: Sequence[Cell],
    settings: CompareSettings,
    record: Record,
    hashes: dict[str, str],
    cancelled: Cancelled,
) -> Events:
    asked: list[Generation] = [generation_of(cell, settings) for cell in cells]
    orders = [requests(one, settings.lora_folder)[0] for one in asked]
    with settings.server.connect() as webui:
        events = generate(
            webui, orders, record.folder, names=[cell.stem for cell in cells],
            cancelled=cancelled, previews=settings.previews, pace=settings.pace,
        )  # fmt: skip
        with opened_log(settings.log_folder or record.folder) as log:
            place = 0
            for event in logged(events, log, asked, source=STEP):
                if isinstance(event, Started):
                    continue
                if isinstance(event, ItemDone):
                    cell = cells[place]
                    record.cells[cell.key] = _drawn(event, hashes.get(cell.lora, ""), cell)
                    record.save()
                    event = replace(event, detail={**event.detail, **_detail(cell)})
                place += isinstance(event, ItemDone | ItemFailed)
                yield event


def _drawn(event: ItemDone, expected: str, cell: Cell) -> Drawn:
    used = (event.detail.get("loras") or {}).get(cell.lora, "")
    try:
        sha256 = sha256_file(event.path)
        with opened(event.path) as picture:
            pixels = hashlib.sha256(picture.image.tobytes()).hexdigest()
    except OSError as error:
        raise InputError(explain_os_error(error, event.path), code=os_error_code(error)) from error
    except PictureError:
        pixels = ""
    warnings = list(event.detail.get("warnings") or [])
    return Drawn(event.path.name, sha256, pixels, expected, used, warnings)


def _effects(cells: Sequence[Cell], record: Record) -> Iterator[Event]:
    """Notice LoRAs whose pictures are the baseline's, point for point."""
    plain = {
        c.seed: record.cells[c.key].pixels for c in cells if not c.lora and c.key in record.cells
    }
    told = set()
    for cell in cells:
        drawn = record.cells.get(cell.key)
        if drawn is None or not cell.lora or not drawn.pixels:
            continue
        same = plain.get(cell.seed) == drawn.pixels
        if same and NO_EFFECT not in drawn.warnings:
            drawn.warnings.append(NO_EFFECT)
            record.save()
        if same and cell.lora not in told:
            told.add(cell.lora)
            text = _("{lora} changes nothing: its pictures are those without it. It may be made for"
                     " another kind of model.")  # fmt: skip
            yield Note(NO_EFFECT, text.format(lora=display_name(cell.lora)))


def _score(
    cells: Sequence[Cell], settings: CompareSettings, record: Record, cancelled: Cancelled
) -> Events:
    """Have the tagger look at every picture that it hasn't seen."""
    if not settings.model:
        return
    drawn = [record.cells[cell.key] for cell in cells if cell.key in record.cells]
    try:
        tagger = yield from scoring.open_tagger(settings.model, cancelled)
        if tagger is None:
            return
        prompt = full_prompt(replace(settings.generation, lora=""))
        wanted = scoring.wanted_tags(prompt, scoring.style_of(settings.dataset), tagger.table)
        record.prompt_tags, record.style_tags = wanted.prompt, wanted.style
        todo = [one for one in drawn if one.model != tagger.key and not one.bad]
        for place, one in enumerate(todo):
            if cancelled():
                break
            yield Progress(_("scoring"), place, len(todo), "pictures")
            try:
                one.tags = scoring.seen_tags(tagger, record.folder / one.file)
                one.model = tagger.key
            except PictureError as error:
                yield Note(error.code, f"{display_name(one.file)}: {error}")
        record.save()
    except ModelError as error:
        text = _("The pictures are not scored: {reason}").format(reason=error)
        yield Note(error.code, text)


def _lay_out(result: Result, settings: CompareSettings) -> Generator[Event, None, dict[str, Any]]:
    """Rows, contact sheet and page; returns what Finished says of them."""
    for point in result.points:
        score = point.score
        yield Row("score", {
            "lora": point.lora, "weight": point.weight, "prompt": score.prompt,
            "style": score.style, "total": score.total, "pictures": point.pictures,
        })  # fmt: skip
    record = result.record
    labels = {cell.key: result.label(cell) for cell in record.plan}
    summary: dict[str, Any] = {"advice": result.advice.text, "best": None}
    if result.best:
        summary["best"] = {"lora": result.best[0], "weight": result.best[1]}
    title = full_prompt(replace(settings.generation, lora=""))
    try:
        page = Page(record, labels, result.points, result.advice, title)
        summary["sheet"] = str(save_sheet(record, labels, result.best, title))
        summary["page"] = str(save_page(page))
    except OSError as error:
        raise InputError(
            explain_os_error(error, record.folder), code=os_error_code(error)
        ) from error
    yield Note("advice", result.advice.text, Path(summary["page"]))
    return summary
