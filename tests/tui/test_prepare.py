"""The Prepare screen: import, crop, prepare; hostile names; undo after a restart."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from textual.pilot import Pilot

from nasutui.app import NasutuiApp
from nasutui.core.pictures.crop import BOX, PAD, SMART
from nasutui.core.pictures.crops import read_crops
from nasutui.core.pictures.sources import find_sources
from nasutui.core.project import PROCESSED, RAW
from nasutui.raw_pictures import RawPicture
from nasutui.screens.failures import FailuresScreen
from nasutui.screens.import_pictures import ImportScreen
from nasutui.screens.prepare import PrepareScreen
from nasutui.widgets.crop_view import CropView, SmallCopies
from nasutui.widgets.look_closer import LookCloser
from nasutui.widgets.row_list import RowList
from tests.support.screen_text import screen_text
from tests.tui.conftest import HOSTILE, picture_bytes

MakeApp = Callable[..., NasutuiApp]


async def settled(pilot: Pilot[None]) -> None:
    """All work done and shown."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause()


def pictures(app: NasutuiApp) -> list[RawPicture]:
    return list(app.screen.query_one("#raw", RowList).items)


async def test_hostile_names_are_listed_as_they_are(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        text = screen_text(app)
        assert "[bold]x[/nope].png" in text
        assert "[@click=app.quit]y" in text
        assert "ガール.png" in text  # composed, though the file's name is not
        assert "\x1b" not in text
        assert len(pictures(app)) == len(HOSTILE)


async def test_prepare_makes_every_picture(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("p")
        await settled(pilot)
        made = sorted(p.name for p in (project / PROCESSED).glob("*.png"))
        assert made == [f"img{n:03d}.png" for n in range(1, 7)]
        assert "6 made" in screen_text(app)
        assert all(p.made for p in pictures(app))


async def test_the_cursor_is_where_it_was_when_the_work_is_done(
    make_app: MakeApp, project: Path
) -> None:
    app = make_app(project)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("j", "j", "j")
        rows = app.screen.query_one("#raw", RowList)
        label = rows.current.label
        await pilot.press("p")
        await settled(pilot)
        assert all(p.made for p in pictures(app))
        assert (rows.cursor, rows.current.label) == (3, label)


async def test_the_right_file_is_worked_on(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        rows = app.screen.query_one("#raw", RowList)
        wanted = "[bold]x[/nope].png"
        rows.cursor = next(i for i, p in enumerate(rows.items) if p.label == wanted)
        await pilot.press("enter", "j", "j")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, PrepareScreen)
        screen._save_now()
        digest = hashlib.sha256((project / RAW / wanted).read_bytes()).hexdigest()
        (entry,) = read_crops(project).values()
        assert list(read_crops(project)) == [digest]
        assert entry.crops[0].mode == BOX
        assert entry.crops[0].box is not None
        assert entry.crops[0].box[1] > (160 - 96) // 2


async def test_crop_keys(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("enter")
        view = app.screen.query_one(CropView)
        assert view.has_focus
        for key, dy in (("j", 1), ("down", 1), ("k", -1), ("up", -1), ("J", 8), ("K", -8)):
            before = view._box()
            await pilot.press(key)
            await pilot.pause()
            after = view._box()
            assert before is not None
            assert after is not None
            assert after[1] - before[1] == dy
        side = after[2] - after[0]
        await pilot.press("minus")
        await pilot.pause()
        smaller = view._box()
        assert smaller is not None
        assert smaller[2] - smaller[0] < side
        await pilot.press("r")
        await pilot.pause()
        assert view._box() == (0, 32, 96, 128)


async def test_modes_go_round(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("enter")
        view = app.screen.query_one(CropView)
        seen = []
        for _time in range(4):
            await pilot.press("m")
            await pilot.pause()
            seen.append(view.crop.mode)
        assert seen == [SMART, PAD, "none", "center"]


async def test_undo_and_redo_of_crops_after_a_restart(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("enter", "m", "m")
        await pilot.pause()
        await pilot.press("2")  # leaving the screen keeps the crop
        await pilot.pause()
    again = make_app(project)
    async with again.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        assert [e.crops[0].mode for e in read_crops(project).values()] == [PAD]
        await pilot.press("u")
        await settled(pilot)
        assert read_crops(project) == {}
        await pilot.press("ctrl+r")
        await settled(pilot)
        assert [e.crops[0].mode for e in read_crops(project).values()] == [PAD]
        assert pictures(again)[0].crops[0].mode == PAD


async def test_several_crops_of_one_picture(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("enter", "N", "J", "N", "K")
        await pilot.pause()
        await pilot.press("p")
        await settled(pilot)
        assert len(list((project / PROCESSED).glob("*.png"))) == 8
        assert "[3/3]" in screen_text(app) or "[1/3]" in screen_text(app)


async def test_marked_pictures_get_the_same_mode(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("X", "enter", "m", "m", "a")
        await settled(pilot)
        modes = [e.crops[0].mode for e in read_crops(project).values()]
        assert modes == [PAD] * 6
        await pilot.press("u")
        await settled(pilot)
        assert len(read_crops(project)) == 1


async def test_look_closer_and_back(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("space")
        await pilot.pause()
        assert isinstance(app.screen, LookCloser)
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(app.screen, PrepareScreen)


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    """A zip with a good picture, its exact copy, a near-duplicate, a broken file and a trap."""
    shape = Image.open(io.BytesIO(picture_bytes((10, 60, 200), (600, 600))))
    shape.paste((250, 240, 90), (200, 300, 480, 560))
    sharp, smaller = io.BytesIO(), io.BytesIO()
    shape.save(sharp, format="PNG")
    shape.resize((540, 540)).save(smaller, format="PNG")
    path = tmp_path / "絵.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", sharp.getvalue())
        archive.writestr("copy.png", sharp.getvalue())
        archive.writestr("near.png", smaller.getvalue())
        archive.writestr("broken.png", sharp.getvalue()[:300])
        archive.writestr("../out.png", sharp.getvalue())
        archive.writestr("__MACOSX/._a.png", b"x")
    return path


async def open_import(pilot: Pilot[None], path: Path) -> None:
    await settled(pilot)
    await pilot.press("i")
    line = pilot.app.screen.query_one("Input")
    line.value = str(path)  # type: ignore[attr-defined]
    await pilot.press("enter")
    await pilot.pause()
    assert isinstance(pilot.app.screen, ImportScreen)
    for _wait in range(50):
        if pilot.app.screen._ready:
            break
        await pilot.pause(0.05)
    await pilot.pause()


async def test_import_shows_first_what_would_come(
    make_app: MakeApp, project: Path, zipped: Path
) -> None:
    app = make_app(project)
    async with app.run_test(size=(120, 30)) as pilot:
        await open_import(pilot, zipped)
        text = screen_text(app)
        assert "1 picture will be imported" in text
        assert "1 copies" in text
        assert "2 nearly the same" in text
        assert "2 refused" in text
        assert not (project / RAW / "a.png").exists()
        await pilot.press("escape")
        await settled(pilot)
        assert not (project / RAW / "a.png").exists()


async def test_import_brings_what_is_ticked(make_app: MakeApp, project: Path, zipped: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(120, 30)) as pilot:
        await open_import(pilot, zipped)
        rows = app.screen.query_one(RowList)
        rows.cursor = next(
            i for i, c in enumerate(rows.items) if getattr(c, "label", "").endswith("near.png")
        )
        await pilot.press("x", "enter")
        await pilot.pause()
        await settled(pilot)
        names = {p.name for p in (project / RAW).iterdir()}
        assert {"a.png", "near.png"} <= names
        assert not {"copy.png", "broken.png", "out.png"} & names
        assert not (project / "out.png").exists()
        assert len(pictures(app)) == len(HOSTILE) + 2


async def test_a_dropped_file_is_looked_at(make_app: MakeApp, project: Path, zipped: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        from textual.events import Paste

        app.screen.post_message(Paste(str(zipped).replace(" ", "\\ ")))
        for _wait in range(50):
            if isinstance(app.screen, ImportScreen):
                break
            await pilot.pause(0.02)
        assert isinstance(app.screen, ImportScreen)


async def test_an_import_never_replaces_a_raw_picture(
    make_app: MakeApp, project: Path, zipped: Path
) -> None:
    (project / RAW / "a.png").write_bytes(picture_bytes((1, 2, 3)))
    app = make_app(project)
    async with app.run_test(size=(120, 30)) as pilot:
        await open_import(pilot, zipped)
        await pilot.press("enter")
        await pilot.pause()
        await settled(pilot)
        assert (project / RAW / "a.png").read_bytes() == picture_bytes((1, 2, 3))
        assert (project / RAW / "a-2.png").exists()


async def test_what_failed_is_listed_and_can_be_tried_again(
    make_app: MakeApp, project: Path
) -> None:
    broken = project / RAW / "zz[red].png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    app = make_app(project)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("p")
        await settled(pilot)
        await pilot.press("f")
        await pilot.pause()
        assert isinstance(app.screen, FailuresScreen)
        assert "zz[red].png" in screen_text(app)
        broken.write_bytes(picture_bytes((5, 5, 5)))
        await pilot.press("r")
        await settled(pilot)
        assert len(list((project / PROCESSED).glob("*.png"))) == 7


async def test_a_damaged_crops_file_is_said_and_left(make_app: MakeApp, project: Path) -> None:
    (project / "crops.json").write_text("{ broken")
    app = make_app(project)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("enter", "m")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, PrepareScreen)
        screen._save_now()
        await settled(pilot)
        assert (project / "crops.json").read_text() == "{ broken"


async def test_an_empty_project_says_what_to_do(make_app: MakeApp, own_home: Path) -> None:
    from nasutui.core.project import create_project

    root = create_project(own_home / "projects" / "empty").root
    app = make_app(root)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "i imports" in screen_text(app)


def test_a_picture_that_was_listed_again_knows_its_size(project: Path) -> None:
    (found,) = find_sources([project / RAW / "-rf.png"]).sources
    copies = SmallCopies()
    copies.get(RawPicture(found))
    listed_again = RawPicture(found)
    copies.get(listed_again)
    assert listed_again.size == (96, 160)
