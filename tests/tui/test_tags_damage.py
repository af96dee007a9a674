"""The tag editor on a folder whose history is damaged, or from a newer nasutui: the captions are there,
and the person is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.caption_folder import change
from tests.support.screen_text import screen_text
from tests.support.tags_app import caption_of, make_app, make_folder, settled, tags_shown, typed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = make_folder(tmp_path / "絵", {"img1": "1girl, ^_^", "img2": "solo"})
    change(folder, {"img1.txt": b"1girl, ^_^, hat"})
    return folder


async def test_a_damaged_history_is_set_aside_and_said(folder: Path) -> None:
    (folder / ".nasutui" / "state.db").write_bytes(b"x" * 5000)
    app = make_app(folder)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        screen = await settled(pilot)
        await settled(pilot)
        assert tags_shown(screen) == ["1girl", "^_^", "hat"]
        text = screen_text(app)
        assert "the history of this folder was" in text
        assert "set aside" in text
        await pilot.press("a")
        await typed(pilot, ":d")
        await pilot.press("enter", "escape")
        assert caption_of(folder, "img1") == "1girl, ^_^, hat, :d"
        await pilot.press("u")
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, ^_^, hat"


async def test_a_newer_history_is_said_and_stays(folder: Path) -> None:
    path = folder / ".nasutui" / "state.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=99")
    app = make_app(folder)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        screen = await settled(pilot)
        await settled(pilot)
        assert tags_shown(screen) == ["1girl", "^_^", "hat"]
        assert "newer nasutui" in screen_text(app)
    assert [p.name for p in path.parent.glob("damaged*")] == []


async def test_what_a_killed_editor_left_is_finished_and_said(folder: Path) -> None:
    with closing(sqlite3.connect(folder / ".nasutui" / "state.db", isolation_level=None)) as db:
        db.execute("UPDATE change SET state='applying'")
        db.execute("UPDATE edit SET pending=1")
    (folder / "img1.txt").write_bytes(b"1girl, ^_^")
    app = make_app(folder)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settled(pilot)
        await settled(pilot)
        assert "finished now" in screen_text(app)
        assert caption_of(folder, "img1") == "1girl, ^_^, hat"
