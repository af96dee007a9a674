"""The steps as commands: what each needs, and what must be true of its files at any moment."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from nasutui.core.editing.edit import AddTagSettings, EditSettings, add_tag, edit
from nasutui.core.events import Events, Finished, never
from nasutui.core.files import TEMPORARY_PREFIX
from nasutui.core.history.steps import HistorySettings, redo, undo
from nasutui.core.japanese.translate import TranslateSettings, translate
from nasutui.core.pictures.prepare import PrepareSettings, prepare
from nasutui.core.project import DATASET, RAW, create_project
from nasutui.core.run import RunSettings, run
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.models import EMBEDDED
from nasutui.core.training.export import ExportSettings, export
from tests.support.caption_folder import collect, fill, numbered
from tests.support.said_tagger import tiny_png

PICTURES, CAPTIONS = 16, 120
CHANGE = {"add": ("x", "^_^"), "remove": ("solo",)}
Files = dict[str, bytes]


@dataclass(frozen=True)
class Step:
    """A step to kill. arguments: of the command, run in the place; again: the same in this process,
    as the next run; prepared: steps that must have been done before."""

    name: str
    arguments: tuple[str, ...]
    again: Callable[[Path], Events]
    prepared: tuple[str, ...] = ()
    journalled: bool = True


STEPS = {
    step.name: step
    for step in (
        Step(
            "prepare", ("--input", "raw", "--output", "pictures", "--size", "96"),
            lambda p: prepare(PrepareSettings((p / "raw",), p / "pictures", 96), never),
            journalled=False,
        ),
        Step(
            "caption", ("--input", "pictures", "--output", "tagged", "--model", EMBEDDED),
            lambda p: caption(CaptionSettings(p / "pictures", p / "tagged", EMBEDDED), never),
            prepared=("prepare",),
        ),
        Step(
            "export", ("--input", "tagged", "--output", "dataset", "--name", "set"),
            lambda p: export(ExportSettings(p / "tagged", p / "dataset" / "set", "set"), never),
            prepared=("prepare", "caption"), journalled=False,
        ),
        Step(
            "add-tag", ("--input", "texts", "--tag", "nasumiso_style"),
            lambda p: add_tag(AddTagSettings(p / "texts", "nasumiso_style"), never),
        ),
        Step(
            "edit", ("--input", "texts", "--add", "x,^_^", "--remove", "solo"),
            lambda p: edit(EditSettings(p / "texts", **CHANGE), never),  # type: ignore[arg-type]
        ),
        Step(
            "translate", ("--input", "texts"),
            lambda p: translate(TranslateSettings(p / "texts"), never),
        ),
        Step(
            "undo", ("--input", "texts"),
            lambda p: undo(HistorySettings(p / "texts"), never), prepared=("edit",),
        ),
        Step(
            "redo", ("--input", "texts"),
            lambda p: redo(HistorySettings(p / "texts"), never), prepared=("edit", "undo"),
        ),
        Step("run", ("project",), lambda p: run(RunSettings(p / "project"), never)),
    )
}  # fmt: skip


def place_for(
    step: Step, place: Path, *, pictures: int = PICTURES, captions: int = CAPTIONS
) -> None:
    """What the step needs: raw pictures, or a folder of many captions with tiny pictures."""
    if step.name in ("prepare", "caption", "export", "run"):
        dice = random.Random(step.name)
        raw = place / "raw"
        if step.name == "run":
            raw = create_project(
                place / "project", trigger="nasumiso_style", model=EMBEDDED
            ).folder(RAW)
        raw.mkdir(parents=True, exist_ok=True)
        for i in range(pictures):
            colour = tuple(dice.randrange(256) for _ in range(3))
            picture = Image.new("RGB", (dice.randrange(100, 400), dice.randrange(100, 400)), colour)
            picture.paste(colour[::-1], (5, 5, 20 + i, 60))
            picture.save(raw / f"{i}.png")
    else:
        fill(place / "texts", dict(numbered(captions)))
        if step.name == "translate":
            names = (f"img{i:04d}.png" for i in range(1, captions + 1))
            fill(place / "texts", dict.fromkeys(names, tiny_png()))
    for name in step.prepared:
        collect(STEPS[name].again(place))


def files_of(place: Path) -> Files:
    """Everything in the place by its path, but what nasutui keeps for itself."""
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and ".nasutui" not in path.parts
        and not path.name.startswith(TEMPORARY_PREFIX)
    }  # fmt: skip


def states_between(step: Step, place: Path) -> list[Files]:
    """What the files are after each part of a step that has parts."""
    if step.name != "run":
        return []
    return [files_of(place) for event in step.again(place) if isinstance(event, Finished)]


def check_after_kill(found: Files, old: Files, new: Files, between: Sequence[Files] = ()) -> None:
    """Each file as it was or as it is to be; nothing else; a sealed dataset is whole."""
    for name, data in found.items():
        states = {files[name] for files in (old, new, *between) if name in files}
        assert data in states, f"{name} holds {data[:80]!r}"
        if name.endswith(".png"):
            with Image.open(io.BytesIO(data)) as picture:
                picture.load()
    assert found.keys() >= old.keys() & new.keys()
    for name in found:
        if name.endswith("manifest.json"):
            check_seal(found, name)


def check_seal(found: Files, name: str) -> None:
    folder = name.removesuffix("manifest.json")
    for file, digest in json.loads(found[name])["files"].items():
        assert hashlib.sha256(found[folder + file]).hexdigest() == digest


def text_files(files: Mapping[str, bytes]) -> Files:
    """Captions and side files; what goes to training is made again by export, not by undo."""
    return {n: data for n, data in files.items() if n.endswith(".txt") and f"/{DATASET}/" not in n}
