"""The Caption screen with several models, and while the taggers are at work."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from nasutui.app import NasutuiApp
from nasutui.core.editing.captions import parse_tags
from nasutui.core.events import never
from nasutui.core.i18n import set_language
from nasutui.core.pictures.prepare import prepare
from nasutui.core.project import PROCESSED, TAGGED, open_project
from nasutui.core.run import prepare_settings
from nasutui.core.tagging import caption as caption_step
from nasutui.screens.caption import CaptionScreen
from nasutui.screens.models import ModelsScreen
from nasutui.screens.unsure import UnsureScreen
from nasutui.widgets.options import OptionRows
from nasutui.widgets.row_list import RowList
from tests.support.screen_text import screen_text
from tests.support.wd14 import write_model

MakeApp = Callable[..., NasutuiApp]


@pytest.fixture
def prepared(project: Path) -> Path:
    """The project with its pictures prepared and a second tagger in it."""
    assert list(prepare(prepare_settings(open_project(project)), never))
    write_model(project / "tagger")
    return project


async def settled(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause(0.1)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def captions(project: Path) -> list[set[str]]:
    return [
        set(parse_tags(p.read_text(encoding="utf-8")))
        for p in sorted((project / TAGGED).glob("*.txt"))
    ]


def caption_screen(app: NasutuiApp) -> CaptionScreen:
    screen = app.screen
    assert isinstance(screen, CaptionScreen)
    return screen


async def open_list(pilot: Pilot[None]) -> ModelsScreen:
    """Enter on the model; the list, looked at."""
    rows = pilot.app.screen.query_one(OptionRows)
    rows.cursor = 0
    await pilot.press("enter")
    for _turn in range(100):
        await pilot.pause(0.02)
        screen = pilot.app.screen
        if isinstance(screen, ModelsScreen) and screen.query_one(RowList).items:
            return screen
    raise AssertionError("the list never came")


def stand_on(screen: ModelsScreen, name: str) -> None:
    rows = screen.query_one(RowList)
    rows.cursor = next(i for i, m in enumerate(rows.items) if m.name == name)


async def choose(pilot: Pilot[None], *names: str) -> None:
    """These models, by the list."""
    caption_screen(pilot.app)._choices.set_taggers(names)  # type: ignore[arg-type]
    screen = await open_list(pilot)
    stand_on(screen, names[-1])
    await pilot.press("enter")
    await settled(pilot)


async def test_the_list_says_what_is_here(make_app: MakeApp, prepared: Path) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("r")
        await settled(pilot)
        screen = await open_list(pilot)
        lines = screen_text(app).splitlines()
        (embedded,) = [line for line in lines if "embedded" in line and "42" in line]
        assert "6" in embedded.split("42")[1]  # pictures it has scored
        (moat,) = [line for line in lines if "wd-v1-4-moat-tagger-v2" in line]
        assert "fetch 326 MB" in moat and "9083" in moat
        stand_on(screen, "wd-eva02-large-tagger-v3")
        await pilot.pause()
        assert "0.5296" in screen_text(app)
        await pilot.press("escape")
        await settled(pilot)
        assert caption_screen(app)._choices.taggers == ("embedded",)


async def test_a_folder_is_typed_and_marked_with_another(make_app: MakeApp, prepared: Path) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await open_list(pilot)
        await pilot.press("space", "f")
        await pilot.pause()
        app.screen.query_one(Input).value = str(prepared / "tagger")
        await pilot.press("enter")
        for _turn in range(100):
            await pilot.pause(0.02)
            screen = app.screen
            found = isinstance(screen, ModelsScreen) and screen.query_one(RowList).current
            if found and found.name.endswith("tagger"):
                break
        assert found
        assert (found.here, found.tags) == (True, 22)
        await pilot.press("space", "enter")
        await settled(pilot)
        assert caption_screen(app)._choices.taggers == ("embedded", str(prepared / "tagger"))
        assert "embedded + tagger" in screen_text(app)
        assert "any of them" in screen_text(app)
        await pilot.press("r")
        await settled(pilot)
    section = open_project(prepared).settings.caption
    assert section.models == ("embedded", str(prepared / "tagger"))
    assert any("1girl" in tags for tags in captions(prepared))


async def test_thresholds_are_live_on_the_combination(make_app: MakeApp, prepared: Path) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await choose(pilot, "embedded", "tagger")
        await pilot.press("r")
        await settled(pilot)
        screen = caption_screen(app)
        rows = screen.query_one(OptionRows)
        rows.cursor = next(i for i, o in enumerate(rows.items) if o.key == "combine")
        for _how in ("intersection", "mean"):
            await pilot.press("right")
            await settled(pilot)
            assert screen._live is not None
            assert screen._live.models == ("embedded", str(prepared / "tagger"))
            effect = screen._live.effect(screen._rules)
            before = captions(prepared)
            await pilot.press("r")
            await settled(pilot)
            after = captions(prepared)
            assert effect.come == sum(len(a - b) for a, b in zip(after, before, strict=True))
            assert effect.go == sum(len(b - a) for a, b in zip(after, before, strict=True))
            job = app.newest_job
            assert job is not None and job.finished is not None
            assert job.finished.summary["inferred"] == 0


async def test_a_model_that_did_not_look_yet_is_said(make_app: MakeApp, prepared: Path) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("r")
        await settled(pilot)
        await pilot.press("right")  # the next model of the list
        await settled(pilot)
        text = screen_text(app)
        assert "embedded: 6 pictures scored" in text
        assert "wd-v1-4-moat-tagger-v2 did not look yet" in text


async def test_disagreements_are_asked_with_what_each_says(
    make_app: MakeApp, prepared: Path
) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("D")  # one model alone: no such key
        await pilot.pause()
        assert isinstance(app.screen, CaptionScreen)
        other = write_model(prepared / "other")
        path = other / "selected_tags.csv"  # the same model, whose list has one tag twice as sure
        text = path.read_text("utf-8").replace("blue_hair", "1gorl").replace("1girl", "blue_hair")
        path.write_text(text.replace("1gorl", "1girl"), encoding="utf-8")
        await choose(pilot, "tagger", "other")
        await pilot.press("r")
        await settled(pilot)
        await pilot.press("D")
        for _turn in range(100):
            await pilot.pause(0.02)
            if isinstance(app.screen, UnsureScreen):
                break
        assert isinstance(app.screen, UnsureScreen)
        pair = app.screen._pairs[0]
        assert pair.tag in ("1girl", "blue_hair")
        shown = screen_text(app)
        assert "tagger 0." in shown and "other 0." in shown
        number = int(pair.picture.stem.removeprefix("img")) - 1
        await pilot.press("n")
        await pilot.pause()
        assert pair.tag not in captions(prepared)[number]
        await pilot.press("u")
        await pilot.pause()
        assert pair.tag in captions(prepared)[number]


# -- while it runs ---------------------------------------------------------------------------


class Gate:
    """Holds back every picture but those that are let through; counts those that were begun."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self._open, self._allowed = 0, threading.Event(), set[str]()
        self._guard = threading.Lock()
        whole = caption_step._read

        def read(run: caption_step._Run, picture: Path) -> object:
            with self._guard:
                self.begun += 1
            if picture.name not in self._allowed:
                assert self._open.wait(30)
            return whole(run, picture)

        monkeypatch.setattr(caption_step, "_read", read)

    def let(self, *names: str) -> None:
        self._allowed.update(names)

    def let_all(self) -> None:
        self._open.set()


async def until(pilot: Pilot[None], fits: Callable[[], bool]) -> None:
    for _turn in range(500):
        await pilot.pause(0.02)
        if fits():
            return
    raise AssertionError(screen_text(pilot.app))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", r"1 new.*reading img002\.png"), ("ja", r"新規1.*img002\.png.*見て")],
)
async def test_what_is_seen_while_it_runs(
    make_app: MakeApp, prepared: Path, monkeypatch: pytest.MonkeyPatch, lang: str, words: str
) -> None:
    set_language(lang)
    gate, app = Gate(monkeypatch), make_app(prepared)
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        gate.let("img001.png")  # it is shown at once, however long the others take
        await pilot.press("r")
        await until(pilot, lambda: re.search(words, screen_text(app), re.DOTALL) is not None)
        running = caption_screen(app)._under_way
        assert running is not None
        tag, probability = running[2].best[0]
        best = f"{probability:.2f} {tag}"
        assert best in screen_text(app)
        # Another place and back; the screen goes on where it was.
        app.action_place("tags")
        await pilot.pause()
        app.action_place("caption")
        await until(pilot, lambda: best in screen_text(app))
        gate.let_all()
        await settled(pilot)
        assert not caption_screen(app).query_one("#running", Static).display
        assert len(captions(prepared)) == 6


async def test_a_second_start_is_refused_and_changes_nothing(
    make_app: MakeApp, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, app = Gate(monkeypatch), make_app(prepared)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("r")
        await until(pilot, lambda: gate.begun > 0)
        settings = (prepared / "project.toml").read_bytes()
        rows = app.screen.query_one(OptionRows)
        rows.cursor = 1
        await pilot.press("right", "r")
        await until(pilot, lambda: "is still running" in screen_text(app))
        assert len(app.jobs) == 1
        assert (prepared / "project.toml").read_bytes() == settings
        gate.let_all()
        await settled(pilot)
        assert len(captions(prepared)) == 6


async def test_stopping_begins_no_further_picture(
    make_app: MakeApp, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, app = Gate(monkeypatch), make_app(prepared)
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        await pilot.press("r")
        await until(pilot, lambda: gate.begun > 0)
        await pilot.press("ctrl+x")
        begun = gate.begun
        gate.let_all()
        await settled(pilot)
        assert gate.begun <= begun + 1  # one may have been on its way to the tagger
        assert len(captions(prepared)) == gate.begun < 6
        assert app.newest_job is not None
        assert app.newest_job.finished is not None
        assert app.newest_job.finished.cancelled


async def test_another_project_does_not_show_this_run(
    make_app: MakeApp, prepared: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, app = Gate(monkeypatch), make_app(prepared)
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        await pilot.press("r")
        await until(pilot, lambda: gate.begun > 0)
        app.open_path(prepared / PROCESSED)
        app.action_place("caption")
        await pilot.pause()
        assert not caption_screen(app).query_one("#running", Static).display
        gate.let_all()
        await settled(pilot)
        assert len(captions(prepared)) == 6
        assert not list((prepared / PROCESSED).glob("*.txt"))
