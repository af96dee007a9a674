"""The Export screen: settings, check, mending, buckets, export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from nasutui.app import NasutuiApp
from nasutui.core.events import never
from nasutui.core.history.journal import Journal
from nasutui.core.project import DATASET, RAW, TAGGED, open_project
from nasutui.core.run import RunSettings, run
from nasutui.screens.export import ExportScreen
from nasutui.widgets.ask import AskText
from nasutui.widgets.options import OptionRows
from nasutui.widgets.row_list import RowList
from tests.support.screen_text import screen_text

MakeApp = Callable[..., NasutuiApp]


@pytest.fixture
def captioned(project: Path) -> Path:
    """The project after its main job."""
    assert list(run(RunSettings(project), never))
    return project


async def settled(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause()


async def on_export(pilot: Pilot[None]) -> ExportScreen:
    await settled(pilot)
    await pilot.press("4")
    await settled(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, ExportScreen)
    return screen


def move_to(screen: ExportScreen, key: str) -> OptionRows:
    options = screen.query_one(OptionRows)
    options.cursor = next(i for i, o in enumerate(options.items) if o.key == key)
    return options


async def test_every_setting_has_its_line_and_explanation(
    make_app: MakeApp, captioned: Path
) -> None:
    app = make_app(captioned)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await on_export(pilot)
        options = screen.query_one(OptionRows).items
        assert {"preset", "repeats", "network_dim", "learning_rate", "clip_skip"} <= {
            o.key for o in options
        }
        assert all(o.explain and o.value() for o in options)
        assert "steps" in screen_text(app)


async def test_a_change_is_kept_in_the_project(make_app: MakeApp, captioned: Path) -> None:
    app = make_app(captioned)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await on_export(pilot)
        move_to(screen, "network_dim")
        await pilot.press("left")
        screen._save()
        await settled(pilot)
        assert open_project(captioned).settings.training.network_dim == 32
        move_to(screen, "preset")
        await pilot.press("right")
        screen._save()
        await settled(pilot)
        assert open_project(captioned).settings.training.preset == "sd15-style"
        assert open_project(captioned).settings.project.trigger == "nasumiso_style"


async def test_a_value_that_makes_no_sense_is_said_and_not_kept(
    make_app: MakeApp, captioned: Path
) -> None:
    app = make_app(captioned)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await on_export(pilot)
        options = move_to(screen, "network_dim")
        option = options.current
        assert option is not None
        assert option.take("nonsense") != ""
        option.take("0")
        screen._save()
        await settled(pilot)
        assert open_project(captioned).settings.training.network_dim == 64
        assert option.value() == "64"


async def test_export_writes_the_dataset(make_app: MakeApp, captioned: Path) -> None:
    (captioned / TAGGED / "img001.txt").write_text("nasumiso_style, mine", encoding="utf-8")
    app = make_app(captioned)
    async with app.run_test(size=(120, 40)) as pilot:
        await on_export(pilot)
        await pilot.press("e")
        await settled(pilot)
        (caption,) = (captioned / DATASET).glob("*_demo/img001.txt")
        assert caption.read_text(encoding="utf-8").strip() == "nasumiso_style, mine"
        assert (captioned / DATASET / "manifest.json").exists()


async def test_what_a_key_can_mend_is_mended_and_undone(make_app: MakeApp, captioned: Path) -> None:
    caption = captioned / TAGGED / "img002.txt"
    before = b"\xef\xbb\xbfgeneral, hat, nasumiso_style\r\n"
    caption.write_bytes(before)
    app = make_app(captioned)
    async with app.run_test(size=(120, 40)) as pilot:
        await on_export(pilot)
        assert "img002.png" in screen_text(app)
        await pilot.press("M")
        await pilot.pause()
        await pilot.press("y")
        await settled(pilot)
        assert caption.read_bytes().decode().strip() == "nasumiso_style, hat"
    with Journal(captioned) as journal:
        journal.undo()
    assert caption.read_bytes() == before


async def test_errors_stop_the_export_and_say_why(make_app: MakeApp, captioned: Path) -> None:
    (captioned / TAGGED / "img003.txt").write_bytes(b"")
    manifest = captioned / DATASET / "manifest.json"
    before = manifest.read_bytes()
    app = make_app(captioned)
    async with app.run_test(size=(120, 40)) as pilot:
        await on_export(pilot)
        assert "errors: 1" in screen_text(app)
        await pilot.press("e")
        await settled(pilot)
        assert app.newest_job is not None
        assert app.newest_job.error or app.newest_job.failures
        assert manifest.read_bytes() == before


async def test_buckets(make_app: MakeApp, captioned: Path) -> None:
    app = make_app(captioned)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await on_export(pilot)
        await pilot.press("b")
        await pilot.pause()
        assert len(screen.query_one("#found", RowList).items) == 6
        assert "512x512" in screen_text(app)


async def test_a_plain_folder_is_told_the_other_way(make_app: MakeApp, captioned: Path) -> None:
    app = make_app(captioned / RAW)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_export(pilot)
        assert "--batch export" in screen_text(app)


async def test_80x24(make_app: MakeApp, captioned: Path) -> None:
    app = make_app(captioned)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_export(pilot)
        text = screen_text(app)
        assert "network_dim" in text
        assert "steps" in text


async def test_the_dataset_is_sent_to_a_folder(
    make_app: MakeApp, captioned: Path, tmp_path: Path
) -> None:
    app = make_app(captioned)
    async with app.run_test(size=(120, 40)) as pilot:
        await on_export(pilot)
        await pilot.press("s")
        for _wait in range(100):
            await pilot.pause(0.05)
            if isinstance(app.screen, AskText):
                break
        line = app.screen.query_one("Input")
        line.value = str(tmp_path / "drive")  # type: ignore[attr-defined]
        await pilot.press("enter")
        await settled(pilot)
        await settled(pilot)
        assert app.newest_job is not None
        assert app.newest_job.error == ""
        assert list((tmp_path / "drive").rglob("demo-*.zip"))


async def test_over_ssh_the_notebook_is_a_link_and_copied(
    make_app: MakeApp, captioned: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_home / "config.toml").write_text('notebook = "someone/theirs@main"')
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    app = make_app(captioned)
    async with app.run_test(size=(120, 40)) as pilot:
        await on_export(pilot)
        await pilot.press("o")
        await pilot.pause()
        assert "colab.research.google.com/github/someone/theirs" in screen_text(app)
        assert "colab.research.google.com" in app.clipboard
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, ExportScreen)
