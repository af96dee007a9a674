"""A real `nasutui --batch` is killed (SIGKILL) at random moments of every step: no file is half
written, no caption lost, the history opens, the next run finishes the step, undo still works."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nasutui.core.errors import InputError
from nasutui.core.events import ItemFailed, never
from nasutui.core.history.journal import Journal
from nasutui.core.history.steps import HistorySettings, redo, undo
from tests.support.caption_folder import batch, collect, temporaries
from tests.support.step_table import (
    STEPS,
    Step,
    check_after_kill,
    files_of,
    place_for,
    states_between,
    text_files,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")


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


# The other steps write in the same way as `edit`; they are killed in the soak.
@pytest.mark.parametrize(
    "name",
    [
        name
        if name in ("prepare", "caption", "edit", "export")
        else pytest.param(name, marks=pytest.mark.soak)
        for name in STEPS
    ],
)
def test_killed_at_any_moment(name: str, tmp_path: Path) -> None:
    assert kill_often(STEPS[name], tmp_path, kills=12, seconds=4.0)


@pytest.mark.soak
@pytest.mark.parametrize("name", STEPS)
def test_killed_at_many_moments(name: str, tmp_path: Path) -> None:
    killed = kill_often(STEPS[name], tmp_path, kills=70, seconds=150.0, real=True)
    print(f"{name} was killed {killed} times before its end")
    assert killed >= 20
