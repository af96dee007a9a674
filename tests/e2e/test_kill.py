"""A real `nasutui --batch` is killed (SIGKILL) at random moments of every step: no file is half
written, no caption lost, the history opens, the next run finishes the step, undo still works."""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from nasutui.core.editing.edit import AddTagSettings, EditSettings, add_tag, edit
from nasutui.core.errors import InputError
from nasutui.core.events import Events, Finished, ItemFailed, never
from nasutui.core.files import TEMPORARY_PREFIX
from nasutui.core.history.journal import Journal
from nasutui.core.history.steps import HistorySettings, redo, undo
from nasutui.core.japanese.translate import TranslateSettings, translate
from nasutui.core.pictures.prepare import PrepareSettings, prepare
from nasutui.core.project import DATASET, RAW, create_project
from nasutui.core.run import RunSettings, run
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.models import EMBEDDED
from nasutui.core.training.export import ExportSettings, export
from tests.support.caption_folder import batch, collect, fill, numbered, temporaries
from tests.support.said_tagger import tiny_png

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")

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


def place_for(step: Step, place: Path) -> None:
    """What the step needs: raw pictures, or a folder of many captions with tiny pictures."""
    if step.name in ("prepare", "caption", "export", "run"):
        dice = random.Random(step.name)
        raw = place / "raw"
        if step.name == "run":
            raw = create_project(
                place / "project", trigger="nasumiso_style", model=EMBEDDED
            ).folder(RAW)
        raw.mkdir(parents=True, exist_ok=True)
        for i in range(PICTURES):
            colour = tuple(dice.randrange(256) for _ in range(3))
            picture = Image.new("RGB", (dice.randrange(100, 400), dice.randrange(100, 400)), colour)
            picture.paste(colour[::-1], (5, 5, 20 + i, 60))
            picture.save(raw / f"{i}.png")
    else:
        fill(place / "texts", dict(numbered(CAPTIONS)))
        if step.name == "translate":
            names = (f"img{i:04d}.png" for i in range(1, CAPTIONS + 1))
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


class Killing:
    """One step, ready to be killed again and again."""

    def __init__(self, step: Step, tmp_path: Path, *, real: bool = False) -> None:
        """real: the next run is a process too, which must end with exit code 0."""
        self.step, self.tmp_path, self.real = step, tmp_path, real
        self.template = tmp_path / "template"
        place_for(step, self.template)
        self.between = states_between(step, shutil.copytree(self.template, tmp_path / "watched"))
        self.old = files_of(self.template)
        self.seconds, self.starting, self.lines = self._live()
        self.new = files_of(tmp_path / "lived")
        assert self.new != self.old

    def _start(self, place: Path) -> subprocess.Popen[bytes]:
        shutil.copytree(self.template, place)
        command = batch(self.step.name, *self.step.arguments, "--json")
        return subprocess.Popen(
            command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def _live(self) -> tuple[float, float, int]:
        """When nobody kills it: seconds that it takes, seconds until it says that it has begun, and
        lines that it says."""
        begun = time.monotonic()
        with self._start(self.tmp_path / "lived") as process:
            assert process.stdout is not None
            process.stdout.readline()
            first = time.monotonic() - begun
            lines = 1 + len(process.stdout.readlines())
        assert process.returncode == 0
        return time.monotonic() - begun, first, lines

    def kill(self, number: int, dice: random.Random) -> bool:
        """Kill it once at a random moment and check everything; False when it had ended before."""
        place = self.tmp_path / f"killed{number}"
        process = self._start(place)
        assert process.stdout is not None
        # At any time; at any time of the work itself; or soon after any of its reports.
        moment, said = {
            "any": (dice.uniform(0, self.seconds), 0),
            "work": (dice.uniform(0, self.seconds - self.starting), 1),
            "report": (dice.uniform(0, 0.02), dice.randint(1, self.lines)),
        }[dice.choice(["any", "work", "work", "report", "report"])]
        for _ in range(said):
            process.stdout.readline()
        time.sleep(moment)
        process.kill()
        process.communicate()
        try:
            self._check(place)
        except AssertionError as error:
            error.add_note(f"{said} lines, then {moment:.4f} s, in {place}")
            raise
        shutil.rmtree(place)
        return process.returncode < 0

    def _check(self, place: Path) -> None:
        found = files_of(place)
        check_after_kill(found, self.old, self.new, self.between)
        self._run_again(place)
        assert files_of(place) == self.new
        assert temporaries(place) == []
        if self.step.journalled:
            self._turn_back(place)

    def _run_again(self, place: Path) -> None:
        """The next run finishes what the killed one began. An undo may be finished by the mere
        opening, then there is nothing left to undo."""
        if self.step.name in ("undo", "redo"):
            root = place / "texts"
            with Journal(root) as journal:
                todo = journal.next_undo() if self.step.name == "undo" else journal.next_redo()
            if todo is None:
                return
        if self.real:
            command = batch(self.step.name, *self.step.arguments)
            done = subprocess.run(command, cwd=place, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr
            return
        events = collect(self.step.again(place))
        assert not [e for e in events if isinstance(e, ItemFailed)]

    def _turn_back(self, place: Path) -> None:
        root = place / {"caption": "tagged", "run": "project"}.get(self.step.name, "texts")
        turn = redo if self.step.name == "undo" else undo
        try:
            while True:
                events = collect(turn(HistorySettings(root), never))
                assert not [e for e in events if isinstance(e, ItemFailed)]
        except InputError as error:
            assert error.code in ("nothing-to-undo", "nothing-to-redo")
        assert text_files(files_of(place)) == text_files(self.old)


def text_files(files: Mapping[str, bytes]) -> Files:
    """Captions and side files; what goes to training is made again by export, not by undo."""
    return {n: data for n, data in files.items() if n.endswith(".txt") and f"/{DATASET}/" not in n}


def kill_often(
    step: Step, tmp_path: Path, kills: int, seconds: float, *, real: bool = False
) -> int:
    """How often the step was killed before its end, in so many tries or seconds."""
    killing = Killing(step, tmp_path, real=real)
    dice = random.Random(f"kill {step.name}")
    until = time.monotonic() + seconds
    hits = 0
    for number in range(kills):
        hits += killing.kill(number, dice)
        if time.monotonic() > until and hits:
            break
    return hits


@pytest.mark.parametrize("name", STEPS)
def test_killed_at_any_moment(name: str, tmp_path: Path) -> None:
    assert kill_often(STEPS[name], tmp_path, kills=12, seconds=4.0)


@pytest.mark.soak
@pytest.mark.parametrize("name", STEPS)
def test_killed_at_many_moments(name: str, tmp_path: Path) -> None:
    killed = kill_often(STEPS[name], tmp_path, kills=70, seconds=150.0, real=True)
    print(f"{name} was killed {killed} times before its end")
    assert killed >= 20
