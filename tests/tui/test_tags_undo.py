"""Undo and redo in the Tags workplace: across restarts, of many files, to any point."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.screens.history import HistoryScreen, TurnScreen
from nasutui.widgets.row_list import RowList
from tests.support.screen_text import screen_text
from tests.support.tags_app import caption_of, make_app, make_folder, settled, shown, typed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    captions = {f"img{n}": "1girl, blue_skin, solo" for n in range(1, 6)}
    return make_folder(tmp_path / "青い set", dict(captions))


async def add(pilot: object, text: str) -> None:
    await pilot.press("a")  # type: ignore[attr-defined]
    await typed(pilot, text)  # type: ignore[arg-type]
    await pilot.press("enter", "escape")  # type: ignore[attr-defined]


async def test_undo_and_redo_survive_a_restart(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await add(pilot, "帽子")
        await add(pilot, "smile")
        assert caption_of(folder, "img1") == "1girl, blue_skin, solo, hat, smile"

    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await pilot.press("down", "down", "u")
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, blue_skin, solo, hat"
        assert shown(screen)[screen.pictures.cursor] == "img1.png"  # it goes where it happened
        await pilot.press("u")
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, blue_skin, solo"
        await pilot.press("u")
        await settled(pilot)

    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+r")
        await settled(pilot)
        await pilot.press("ctrl+r")
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, blue_skin, solo, hat, smile"


async def bulk_replace(pilot: object, old: str, new: str) -> None:
    """Replace a tag in all pictures: the fourth kind of change."""
    await pilot.press("b")  # type: ignore[attr-defined]
    await pilot.press("down", "down", "down", "enter")  # type: ignore[attr-defined]
    await typed(pilot, old)  # type: ignore[arg-type]
    await pilot.press("enter")  # type: ignore[attr-defined]
    await typed(pilot, new)  # type: ignore[arg-type]
    await pilot.press("enter")  # type: ignore[attr-defined]
    pilot.app.screen.plan_now()  # type: ignore[attr-defined]
    await settled(pilot)  # type: ignore[arg-type]
    await pilot.press("enter")  # type: ignore[attr-defined]
    await settled(pilot)  # type: ignore[arg-type]


async def test_a_bulk_change_is_one_step_and_undo_shows_it_first(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await bulk_replace(pilot, "blue_skin", "colored_skin")
        for n in range(1, 6):
            assert caption_of(folder, f"img{n}") == "1girl, colored_skin, solo"
        await pilot.press("u")
        await pilot.pause()
        assert isinstance(app.screen, TurnScreen)
        text = screen_text(app)
        assert "5 files" in text
        assert "-colored_skin (5)" in text
        assert "+blue_skin (5)" in text
        await pilot.press("n")
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, colored_skin, solo"
        await pilot.press("u", "y")
        await settled(pilot)
        for n in range(1, 6):
            assert caption_of(folder, f"img{n}") == "1girl, blue_skin, solo"


async def test_the_history_goes_to_any_point(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await add(pilot, "hat")
        await bulk_replace(pilot, "solo", "duo")
        await add(pilot, "smile")
        await pilot.press("H")
        await pilot.pause()
        assert isinstance(app.screen, HistoryScreen)
        rows = app.screen.query_one("#changes", RowList)
        assert [c.files for c in rows.items] == [1, 5, 1, 0]
        await pilot.press("down", "down", "enter")  # as it was after the first change
        await pilot.pause()
        assert isinstance(app.screen, TurnScreen)
        await pilot.press("y")
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, blue_skin, solo, hat"
        assert caption_of(folder, "img5") == "1girl, blue_skin, solo"

        await pilot.press("H", "home", "enter", "y")  # and forward again to the end
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, blue_skin, duo, hat, smile"
        assert caption_of(folder, "img5") == "1girl, blue_skin, duo"

        await pilot.press("H", "end", "enter", "y")  # the beginning
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, blue_skin, solo"


async def test_what_another_program_changed_is_not_undone_over(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settled(pilot)
        await add(pilot, "hat")
        (folder / "img1.txt").write_text("mine, now", encoding="utf-8")
        await pilot.press("u")
        await settled(pilot)
        assert caption_of(folder, "img1") == "mine, now"
        assert "left as it is" in screen_text(app)


async def test_undo_in_a_folder_without_history(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("u")
        await pilot.pause()
        assert "nothing to undo" in screen_text(app)
        await pilot.press("H")
        await pilot.pause()
        assert isinstance(app.screen, HistoryScreen)
        await pilot.press("enter", "escape")
        await settled(pilot)
