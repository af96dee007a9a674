"""What a comparison of LoRAs draws: files (epochs) by weights by seeds, and what is drawn already.

The order is LoRA, weight, seed, so that a WebUI patches its weights as rarely as possible. The
record in `compare.json` is written after each picture: a comparison that was stopped goes on where
it was, and one with more epochs, weights or seeds draws only what is new.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from nasutui.core.errors import InputError, explain_os_error, os_error_code
from nasutui.core.files import read_or_none, write_atomic
from nasutui.core.generation.drawing import Server
from nasutui.core.generation.settings import Generation
from nasutui.core.i18n import _
from nasutui.core.tagging.models import DEFAULT_MODEL
from nasutui.core.text import display_name
from nasutui.core.training.names import safe_name
from nasutui.core.webui.job import Pace

RECORD = "compare.json"
DEFAULT_WEIGHTS = (0.6, 0.8, 1.0)
DEFAULT_SEEDS = 3
# Codes of pictures that show something else than was asked for: drawn again when it goes on.
BAD = frozenset({"webui-lora-not-applied", "webui-other-lora", "webui-extra-lora",
                 "webui-black-picture", "webui-other-seed", "webui-other-sampler"})  # fmt: skip
NO_EFFECT = "lora-no-effect"
_VERSION = 1
_SAVED = ("loras", "weights", "seeds", "baseline", "threshold", "prompt_tags", "style_tags")
_BASE = ("prompt", "negative", "trigger", "sampler", "steps", "cfg", "width", "height")
_LAST_RANDOM_SEED = 4294967293


@dataclass(frozen=True, slots=True)
class CompareSettings:
    """generation: what to draw (its LoRA, weight, seed and count don't count). loras: names of LoRA
    files, epochs in their order. seeds: () for `seed_count` new ones, which are kept. baseline: also
    without a LoRA. folder: where the pictures go. lora_folder: LoRA files whose hashes must be
    confirmed. dataset: captioned pictures whose common tags are the style. model, threshold: the
    tagger that scores ("" for none)."""

    generation: Generation
    loras: tuple[str, ...]
    folder: Path
    weights: tuple[float, ...] = DEFAULT_WEIGHTS
    seeds: tuple[int, ...] = ()
    seed_count: int = DEFAULT_SEEDS
    baseline: bool = True
    server: Server = field(default_factory=Server)
    lora_folder: Path | None = None
    dataset: Path | None = None
    model: str = DEFAULT_MODEL
    threshold: float = 0.35
    words: tuple[Path, ...] = ()
    log_folder: Path | None = None
    previews: bool = False
    pace: Pace | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture of the grid. lora "": the baseline, with weight 0."""

    lora: str
    weight: float
    seed: int

    @property
    def key(self) -> str:
        """Its name in the record."""
        name = f"{self.lora}:{self.weight:g}" if self.lora else "baseline"
        return f"{name}:{self.seed}"

    @property
    def stem(self) -> str:
        """Its file's name without suffix; not unique for LoRAs of very long names."""
        name = f"{self.lora[:60]}_w{self.weight:g}" if self.lora else "baseline"
        return safe_name(f"{name}_s{self.seed}".replace(".", "_"))


@dataclass(slots=True)
class Drawn:
    """What is known of a cell that was drawn. file: its name in the folder; pixels: a digest of
    what it shows; expected: the LoRA's hash that was asked for ("" not known); tags: what the
    tagger `model` sees in it (0.05 and up)."""

    file: str
    sha256: str
    pixels: str
    expected: str = ""
    used: str = ""
    warnings: list[str] = field(default_factory=list)
    model: str = ""
    tags: dict[str, float] = field(default_factory=dict)

    @property
    def bad(self) -> bool:
        """True for a picture that shows something else than was asked for."""
        return bool(BAD.intersection(self.warnings))


@dataclass(slots=True)
class Record:
    """compare.json. base: the settings that all pictures share; loras, weights, seeds, baseline: what
    was asked for last; prompt_tags, style_tags: what the tagger looked for, as tag keys; threshold:
    from where on a tag counts as seen."""

    folder: Path
    base: dict[str, Any]
    loras: tuple[str, ...]
    weights: tuple[float, ...]
    seeds: tuple[int, ...]
    baseline: bool = True
    threshold: float = 0.35
    prompt_tags: tuple[str, ...] = ()
    style_tags: tuple[str, ...] = ()
    cells: dict[str, Drawn] = field(default_factory=dict)

    @property
    def plan(self) -> list[Cell]:
        """Every cell in the order in which it is drawn."""
        baseline = [Cell("", 0.0, seed) for seed in self.seeds] if self.baseline else []
        return baseline + [
            Cell(lora, weight, seed)
            for lora in dict.fromkeys(self.loras)
            for weight in dict.fromkeys(self.weights)
            for seed in self.seeds
        ]

    def path_of(self, cell: Cell) -> Path | None:
        """Where a cell's picture is, None when it was not drawn."""
        drawn = self.cells.get(cell.key)
        return self.folder / drawn.file if drawn else None

    def save(self) -> None:
        """Write it. Raises InputError."""
        path = self.folder / RECORD
        value = {
            "version": _VERSION,
            **{name: getattr(self, name) for name in ("base", *_SAVED)},
            "cells": {key: asdict(drawn) for key, drawn in self.cells.items()},
        }
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(path, json.dumps(value, indent=1, ensure_ascii=False).encode())
        except OSError as error:
            raise InputError(explain_os_error(error, path), code=os_error_code(error)) from error


def base_of(generation: Generation) -> dict[str, Any]:
    """The settings that all pictures of a comparison share."""
    values = generation.as_dict()
    return {key: values[key] for key in _BASE}


def folder_name(generation: Generation) -> str:
    """A name for the folder of a comparison: the same for the same prompt and settings."""
    text = json.dumps(base_of(generation), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def check_settings(settings: CompareSettings) -> None:
    """Raises InputError for a comparison that makes no sense."""
    if not settings.loras or any(not name for name in settings.loras):
        raise InputError(_("there is no LoRA to compare: choose one or more"), code="compare")
    if not settings.weights:
        raise InputError(_("there is no weight to compare: name one or more"), code="compare")
    if any(weight == 0 or not abs(weight) <= 10 for weight in settings.weights):
        text = _("weights are numbers such as 0.8; 0 is the picture without a LoRA, drawn anyway")
        raise InputError(text, code="compare")
    if not settings.seeds and not 1 <= settings.seed_count <= 100:
        raise InputError(_("1 to 100 seeds, please"), code="compare")


def open_record(settings: CompareSettings) -> Record:
    """What is drawn already, or a new record. Raises InputError: damaged, or of another comparison."""
    path = settings.folder / RECORD
    try:
        data = read_or_none(path)
    except OSError as error:
        raise InputError(explain_os_error(error, path), code=os_error_code(error)) from error
    base = base_of(settings.generation)
    record = (
        _read(data, settings.folder)
        if data is not None
        else Record(settings.folder, base, (), (), ())
    )
    if record.base != base:
        raise InputError(
            _(
                "{name} holds a comparison with another prompt or other settings; choose another folder"
            ).format(name=display_name(settings.folder)),
            code="compare-other",
        )
    record.seeds = _new_seeds(settings, record.seeds)
    record.loras, record.weights = settings.loras, settings.weights
    record.baseline, record.threshold = settings.baseline, settings.threshold
    return record


def read_record(folder: Path) -> Record | None:
    """The record of a folder; None when there is none. Raises InputError when it is damaged."""
    try:
        data = read_or_none(folder / RECORD)
    except OSError as error:
        raise InputError(explain_os_error(error, folder), code=os_error_code(error)) from error
    return _read(data, folder) if data is not None else None


def _new_seeds(settings: CompareSettings, known: tuple[int, ...]) -> tuple[int, ...]:
    if settings.seeds:
        return tuple(dict.fromkeys(settings.seeds))
    seeds = dict.fromkeys(known[: settings.seed_count])
    while len(seeds) < settings.seed_count:
        seeds.setdefault(secrets.randbelow(_LAST_RANDOM_SEED))
    return tuple(seeds)


def _read(data: bytes, folder: Path) -> Record:
    try:
        value = json.loads(data)
        if value["version"] != _VERSION:
            raise ValueError
        cells = {str(key): _drawn(told) for key, told in value["cells"].items()}
        return Record(
            folder,
            dict(value["base"]),
            tuple(map(str, value["loras"])),
            tuple(map(float, value["weights"])),
            tuple(map(int, value["seeds"])),
            bool(value["baseline"]),
            float(value["threshold"]),
            tuple(map(str, value["prompt_tags"])),
            tuple(map(str, value["style_tags"])),
            cells,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            _("{name} is damaged or of another version; move it away to begin anew").format(
                name=display_name(folder / RECORD)
            ),
            code="compare-damaged",
        ) from error


def _drawn(told: Mapping[str, Any]) -> Drawn:
    drawn = Drawn(**told)
    if Path(drawn.file).name != drawn.file:  # a record from elsewhere must not lead out of here
        raise ValueError(drawn.file)
    drawn.warnings = [str(code) for code in drawn.warnings]
    drawn.tags = {str(tag): float(value) for tag, value in drawn.tags.items()}
    return drawn


def generation_of(cell: Cell, settings: CompareSettings) -> Generation:
    """What to ask for to draw a cell."""
    return replace(settings.generation, lora=cell.lora, weight=cell.weight, seed=cell.seed, count=1)
