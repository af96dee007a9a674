"""Real processes: a terminal that goes away, signals in the middle of a change, and two programs at
once on one folder. Nothing is lost, and the next run or editor goes on."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nasutui.core.errors import InputError
from nasutui.core.events import ItemFailed, never
from nasutui.core.history.journal import Journal
from nasutui.core.history.steps import HistorySettings, undo
from tests.support.caption_folder import batch, collect, temporaries
from tests.support.step_table import (
    STEPS,
    check_after_kill,
    files_of,
    place_for,
    states_between,
    text_files,
)
from tests.support.tags_app import make_folder

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from tests.e2e.test_kill_editor import check, make_template, texts
from tests.support.pty_app import PtyApp, wait_for

LONG = pytest.mark.soak
FIRST = b"1girl, solo, blue_hair, >_<"


class TestLost:
    @pytest.mark.parametrize(
        "how", ["hang_up", pytest.param("SIGHUP", marks=LONG), pytest.param("SIGTERM", marks=LONG)]
    )
    def test_an_editor_in_the_middle_of_many_files(self, tmp_path: Path, how: str) -> None:
        folder = make_template(tmp_path / "絵")
        dice = random.Random(how)
        with PtyApp(folder) as app:
            app.until("img1.png")
            app.add("hat")
            wait_for(lambda: (folder / "img1.txt").read_bytes().endswith(b"first, hat"))
            app.send(b"u")
            wait_for(lambda: not (folder / "img1.txt").read_bytes().endswith(b"hat"))
            since = app.said
            app.send(b"u")
            app.until(f"{len(texts(folder))} files", since)
            app.send(b"y")
            seen = dice.randrange(1, 50)
            wait_for(lambda: sum(text == FIRST for text in texts(folder).values()) >= seen)
            if how == "hang_up":
                app.hang_up()
            else:
                app.process.send_signal(getattr(signal, how))
            app.ended()
        check(folder, dict.fromkeys(texts(folder), FIRST))

    def test_an_idle_editor_ends_with_its_terminal(self, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "f", {"img1": "1girl"})
        with PtyApp(folder) as app:
            app.until("img1.png")
            app.hang_up()
            app.ended()

    @pytest.mark.parametrize(
        ("name", "number"),
        [
            ("caption", signal.SIGHUP),
            ("translate", signal.SIGTERM),
            *(
                pytest.param(name, number, marks=LONG)
                for name in STEPS
                if name != "run"
                for number in (signal.SIGHUP, signal.SIGTERM)
            ),
        ],
    )
    def test_a_step_that_is_told_to_stop(self, tmp_path: Path, name: str, number: int) -> None:
        step, place = STEPS[name], tmp_path / "place"
        place_for(step, place, pictures=8)
        old = files_of(place)
        lived = shutil.copytree(place, tmp_path / "lived")
        collect(step.again(lived))
        new = files_of(lived)
        process = subprocess.Popen(
            [*batch(name, *step.arguments), "--json"], cwd=place,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        _output, complaints = process.communicate()
        assert process.returncode in (0, 130)
        assert complaints == b""
        check_after_kill(files_of(place), old, new)
        if files_of(place) != new:
            assert not [e for e in collect(step.again(place)) if isinstance(e, ItemFailed)]
        assert files_of(place) == new


def run_together(place: Path, *commands: list[str]) -> list[tuple[int, bytes]]:
    """Exit codes and complaints of commands that run at the same time."""
    running = [
        subprocess.Popen(c, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for c in commands
    ]
    said = [process.communicate()[1] for process in running]
    return [(p.returncode, text) for p, text in zip(running, said, strict=True)]


def take_all_back(root: Path) -> None:
    try:
        while True:
            events = collect(undo(HistorySettings(root), never))
            assert not [e for e in events if isinstance(e, ItemFailed)]
    except InputError as error:
        assert error.code == "nothing-to-undo"


class TestTogether:
    @LONG
    def test_two_that_caption(self, tmp_path: Path) -> None:
        step, place = STEPS["caption"], tmp_path / "place"
        place_for(step, place)
        lived = shutil.copytree(place, tmp_path / "lived")
        collect(step.again(lived))
        command = batch("caption", *step.arguments)
        for code, said in run_together(place, command, command):
            # What the other one has written in between is named, not written over.
            assert code in (0, 1, 3), said
            assert b"Traceback" not in said
        assert not [e for e in collect(step.again(place)) if isinstance(e, ItemFailed)]
        assert files_of(place) == files_of(lived)
        take_all_back(place / "tagged")
        assert text_files(files_of(place)) == {}
        assert temporaries(place) == []

    def test_one_captions_while_another_edits(self, tmp_path: Path) -> None:
        step, place = STEPS["caption"], tmp_path / "place"
        place_for(step, place)
        collect(step.again(place))
        first = text_files(files_of(place))
        edit = batch("edit", "--input", "tagged", "--add", "x,^_^")
        other = batch("caption", *step.arguments, "--threshold", "0.9")
        for code, said in run_together(place, other, edit):
            assert code in (0, 3), said
            assert b"Traceback" not in said
        for code, said in (*run_together(place, edit), *run_together(place, other)):
            assert code == 0, said
        for name, text in text_files(files_of(place)).items():
            tags = text.decode().split(", ")
            assert tags.count("x") == tags.count("^_^") == 1, name
        take_all_back(place / "tagged")
        assert text_files(files_of(place)) in (first, {})

    @LONG
    def test_two_runs_of_one_project(self, tmp_path: Path) -> None:
        step, place = STEPS["run"], tmp_path / "place"
        place_for(step, place, pictures=6)
        old = files_of(place)
        lived = shutil.copytree(place, tmp_path / "lived")
        between = states_between(step, lived)
        command = batch("run", "project")
        for code, said in run_together(place, command, command):
            assert code in (0, 1, 3), said
            assert b"Traceback" not in said
        check_after_kill(files_of(place), old, files_of(lived), between)
        assert not [e for e in collect(step.again(place)) if isinstance(e, ItemFailed)]
        assert files_of(place) == files_of(lived)

    def test_two_editors(self, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "f", {"img1": "1girl", "img2": "1boy"})
        first = texts(folder)

        def holds(name: str, text: bytes) -> None:
            wait_for(lambda: (folder / name).read_bytes() == text)

        with PtyApp(folder) as one, PtyApp(folder) as two:
            for app in (one, two):
                app.until("img2.png")
            one.add("hat")
            two.send(b"j")
            two.add("smile")
            holds("img1.txt", b"1girl, hat")
            holds("img2.txt", b"1boy, smile")
            since = two.said
            two.send(b"k")
            two.until("hat", since)  # it has looked again
            two.until_quiet()
            two.add("blush")
            holds("img1.txt", b"1girl, hat, blush")
            one.until("blush")
            for app, text in ((one, b"1girl, hat"), (two, b"1girl")):
                app.send(b"u")
                if text == b"1girl":  # whichever of hat and smile came last goes first
                    app.send(b"u")
                holds("img1.txt", text)
            for app in (one, two):
                app.send(b"\x11")
                assert app.ended() == 0
        with Journal(folder) as journal:
            assert journal.recovered == []
            while journal.next_undo():
                outcome = journal.undo()
                assert outcome is not None and not outcome.refused
        assert texts(folder) == first
