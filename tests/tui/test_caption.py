"""The Caption screen: settings, running, live thresholds, unsure tags."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from nasutui.app import NasutuiApp
from nasutui.core.editing.captions import parse_tags
from nasutui.core.events import never
from nasutui.core.history.journal import Journal
from nasutui.core.pictures.prepare import prepare
from nasutui.core.project import PROCESSED, TAGGED, open_project
from nasutui.core.run import prepare_settings
from nasutui.core.tagging.unsure import Doubts, unsure_pairs
from nasutui.screens.caption import CaptionScreen
from nasutui.screens.unsure import UnsureScreen
from nasutui.widgets.options import OptionRows
from nasutui.widgets.row_list import RowList
from tests.support.screen_text import screen_text

MakeApp = Callable[..., NasutuiApp]


@pytest.fixture
def prepared(project: Path) -> Path:
    """The project with its pictures prepared."""
    assert list(prepare(prepare_settings(open_project(project)), never))
    return project


async def settled(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause(0.1)  # the preview of an effect waits for the keys to rest
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def captions(project: Path) -> dict[str, tuple[str, ...]]:
    return {
        p.stem: parse_tags(p.read_text(encoding="utf-8"))
        for p in sorted((project / TAGGED).glob("*.txt"))
    }


def option(app: NasutuiApp, key: str) -> OptionRows:
    rows = app.screen.query_one(OptionRows)
    rows.cursor = next(i for i, o in enumerate(rows.items) if o.key == key)
    return rows


async def run_it(pilot: Pilot[None]) -> None:
    await settled(pilot)
    await pilot.press("r")
    await settled(pilot)


async def test_a_prepared_project_opens_here_and_r_captions_it(
    make_app: MakeApp, prepared: Path
) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        assert isinstance(app.screen, CaptionScreen)
        assert "r runs the tagger" in screen_text(app)
        await run_it(pilot)
        assert len(captions(prepared)) == 6
        text = screen_text(app)
        assert "6 pictures scored" in text
        assert "change nothing" in text
        assert "6 new" in text


async def test_a_threshold_shows_what_it_would_change_and_writes_nothing(
    make_app: MakeApp, prepared: Path
) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(120, 40)) as pilot:
        await run_it(pilot)
        before = captions(prepared)
        rows = option(app, "threshold")
        current = rows.current
        assert current is not None
        current.take("1")
        rows.post_message(OptionRows.Changed(rows, current))
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, CaptionScreen)
        assert screen._live is not None
        effect = screen._live.effect(screen._rules)
        assert effect.go > 0
        assert effect.come == 0
        assert f"-{effect.go}" in screen_text(app)
        assert len(app.screen.query_one("#changes", RowList).items) == effect.changed
        assert captions(prepared) == before


async def test_what_was_shown_is_what_is_written(make_app: MakeApp, prepared: Path) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(120, 40)) as pilot:
        await run_it(pilot)
        before = captions(prepared)
        screen = app.screen
        assert isinstance(screen, CaptionScreen)
        for value in ("0.95", "0.05", "0.6"):
            rows = option(app, "threshold")
            current = rows.current
            assert current is not None
            current.take(value)
            assert screen._live is not None
            effect = screen._live.effect(screen._rules)
            await pilot.press("r")
            await settled(pilot)
            after = captions(prepared)
            come = sum(len(set(after[k]) - set(before[k])) for k in after)
            go = sum(len(set(before[k]) - set(after[k])) for k in after)
            assert (come, go) == (effect.come, effect.go)
            assert sorted(len(t) for t in after.values()) == sorted(effect.per_picture)
            before = after


async def test_a_persons_tags_survive_what_the_screen_promises(
    make_app: MakeApp, prepared: Path
) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(120, 40)) as pilot:
        await run_it(pilot)
        first = prepared / TAGGED / "img001.txt"
        said = parse_tags(first.read_text(encoding="utf-8"))
        first.write_text("mine", encoding="utf-8")
        await pilot.press("f5")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, CaptionScreen)
        assert screen._live is not None
        assert screen._live.effect(screen._rules).come == 0  # removed by hand: never back
        await pilot.press("r")
        await settled(pilot)
        assert captions(prepared)["img001"] == ("mine",)
        assert "mine" not in said


async def test_the_choices_are_kept_in_the_project(make_app: MakeApp, prepared: Path) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        option(app, "threshold")
        await pilot.press("right", "right")
        option(app, "ratings")
        await pilot.press("right")
        await pilot.press("r")
        await settled(pilot)
    section = open_project(prepared).settings.caption
    assert section.threshold == pytest.approx(0.37)
    assert section.ratings is True


async def test_a_model_that_can_not_be_had_is_said(make_app: MakeApp, prepared: Path) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, CaptionScreen)
        screen._choices.set_taggers([str(prepared / PROCESSED)])
        await pilot.press("r")
        await settled(pilot)
        assert app.newest_job is not None
        assert "model.onnx" in app.newest_job.error
        assert captions(prepared) == {}


async def test_unsure_tags_are_asked_and_undone(make_app: MakeApp, prepared: Path) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(100, 30)) as pilot:
        await run_it(pilot)
        pairs = unsure_pairs(prepared / TAGGED, Doubts(0.35, 0.85))
        if not pairs:
            rows = option(app, "threshold")
            current = rows.current
            assert current is not None
            current.take("0.95")
            pairs = unsure_pairs(prepared / TAGGED, Doubts(0.95, 0.95))
        assert pairs
        await pilot.press("U")
        for _wait in range(50):
            await pilot.pause(0.05)
            if isinstance(app.screen, UnsureScreen):
                break
        assert isinstance(app.screen, UnsureScreen)
        pair = app.screen._pairs[0]
        before = captions(prepared)[pair.picture.stem]
        await pilot.press("n" if pair.present else "y")
        await pilot.pause()
        after = captions(prepared)[pair.picture.stem]
        assert (pair.tag in after) is not pair.present
        await pilot.press("u")
        await pilot.pause()
        assert captions(prepared)[pair.picture.stem] == before

        await pilot.press(
            "y" if pair.present else "n"
        )  # no file changes; it is a step all the same
        await pilot.pause()
        assert captions(prepared)[pair.picture.stem] == before
        assert pair not in unsure_pairs(prepared / TAGGED, Doubts(0.95, 0.95))
        shown = app.screen._place
        await pilot.press("u")
        await pilot.pause()
        assert app.screen._place == shown - 1


async def test_stopping_leaves_what_is_done(make_app: MakeApp, prepared: Path) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        app.action_place("caption")
        await pilot.press("r")
        await pilot.press("ctrl+x")
        await settled(pilot)
        assert app.newest_job is not None
        assert app.newest_job.ended
        await pilot.press("r")
        await settled(pilot)
        assert len(captions(prepared)) == 6


async def test_every_run_is_one_step_of_undo(make_app: MakeApp, prepared: Path) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(100, 30)) as pilot:
        await run_it(pilot)
    with Journal(prepared) as journal:
        assert [c.step for c in journal.history()] == ["caption"]
        journal.undo()
    assert captions(prepared) == {}


async def test_80x24(make_app: MakeApp, prepared: Path) -> None:
    app = make_app(prepared)
    async with app.run_test(size=(80, 24)) as pilot:
        await run_it(pilot)
        text = screen_text(app)
        assert "threshold" in text
        assert "6 pictures scored" in text
