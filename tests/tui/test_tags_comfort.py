"""The Tags workplace for somebody tired: it says what to do, hides nothing, goes where one was."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from nasutui.core.i18n import set_language
from nasutui.screens.conflict import ConflictScreen
from nasutui.screens.failures import FailuresScreen
from nasutui.screens.history import TurnScreen
from nasutui.screens.planned import PlannedScreen
from nasutui.screens.tags import TagsScreen
from nasutui.widgets.preview import Preview
from nasutui.widgets.tag_list import LINE, TagRow, tag_cells
from tests.support.screen_text import screen_text
from tests.support.tags_app import (
    HOSTILE_TAGS,
    caption_of,
    make_app,
    make_folder,
    settled,
    shown,
    tags_shown,
    typed,
)

CAPTIONS = {
    "img1": "1girl, blue_skin, solo",
    "img2": "1girl, blue_skin, smile",
    "img3": "1boy, \\m/, blue_skin_(x)",
    "img4": None,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "set", dict(CAPTIONS))


def captions(folder: Path) -> dict[str, str]:
    return {n: caption_of(folder, n) for n, text in CAPTIONS.items() if text is not None}


def put_cursor_on(screen: TagsScreen, tag: str) -> None:
    screen.tag_list.action_to([row.tag for row in screen.tag_list.items].index(tag))


async def test_a_tag_is_deleted_or_replaced_in_all_that_are_shown(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await pilot.press("l", "j", "D")
        await pilot.pause()
        assert isinstance(app.screen, PlannedScreen)
        text = screen_text(app)
        assert "2 pictures change" in text
        assert "-blue_skin (2)" in text
        assert captions(folder) == {n: t for n, t in CAPTIONS.items() if t}
        await pilot.press("n", "D", "y")
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, solo"
        assert caption_of(folder, "img2") == "1girl, smile"
        assert caption_of(folder, "img3") == CAPTIONS["img3"]  # another tag that only begins so
        assert screen.tag_list.has_focus

        await pilot.press("h", "x", "home", "l")  # img1 is marked: it alone is meant
        put_cursor_on(screen, "1girl")
        await pilot.press("E")
        await pilot.pause()
        await pilot.press("home", "ctrl+k")
        await typed(pilot, "男の子")
        await pilot.press("enter")
        await pilot.pause()
        assert "1 picture changes" in screen_text(app)
        assert "marked" in screen_text(app)
        await pilot.press("y")
        await settled(pilot)
        assert caption_of(folder, "img1") == "1boy, solo"
        assert caption_of(folder, "img2") == "1girl, smile"


async def test_an_odd_tag_is_deleted_everywhere_as_it_stands(tmp_path: Path) -> None:
    every = ", ".join(HOSTILE_TAGS)
    folder = make_folder(tmp_path / "set", {"img1": every, "img2": every})
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await pilot.press("l")
        left = list(HOSTILE_TAGS)
        for tag in (HOSTILE_TAGS[0], HOSTILE_TAGS[6]):
            put_cursor_on(screen, tag)
            await pilot.press("D", "y")
            await settled(pilot)
            left.remove(tag)
            assert caption_of(folder, "img2") == ", ".join(left)
        assert tags_shown(screen) == left


async def test_escape_takes_the_filter_away_and_what_is_empty_says_what_to_do(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await pilot.press("down", "l", "end", "equals_sign")  # pictures with smile
        await settled(pilot)
        assert shown(screen) == ["img2.png"]
        assert "esc: all" in screen_text(app)
        await pilot.press("l", "escape")
        assert screen.pictures.has_focus
        await settled(pilot)
        assert shown(screen) == ["img2.png"]  # the first one only went back to the list
        await pilot.press("escape")
        await settled(pilot)
        assert len(shown(screen)) == 4
        assert screen.name_of(screen.slot) == "img2.png"
        await pilot.press("n")  # a picture without tags, and then no picture: what to do is said
        await settled(pilot)
        assert "a types the first one" in screen_text(app)
        await pilot.press("slash")
        await typed(pilot, "nowhere_at_all")
        await settled(pilot)
        text = screen_text(app)
        assert "No picture fits" in text
        assert "a types the first one" not in text


async def test_the_filter_is_typed_in_japanese_and_the_cursor_comes_back(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await pilot.press("down", "slash")
        await typed(pilot, "青い")
        await settled(pilot)
        assert shown(screen) == []
        assert "blue_skin" in screen_text(app)
        assert "orange" not in screen_text(app)  # what no picture has is not offered
        await pilot.press("enter")
        await settled(pilot)
        assert screen.filter_line.value == '"blue_skin"'
        assert shown(screen) == ["img1.png", "img2.png"]
        assert screen.name_of(screen.slot) == "img2.png"  # not the first, where one was
        assert "as it stands" not in screen_text(app)
        await pilot.press("escape", "slash")
        await typed(pilot, "smi")
        await pilot.press("tab", "tab", "shift+tab", "enter")
        await settled(pilot)
        assert shown(screen) == ["img2.png"]
        await pilot.press("escape", "down")
        await settled(pilot)
        await pilot.press("slash")
        await typed(pilot, "1girl")
        await pilot.press("enter")
        await settled(pilot)
        assert screen.name_of(screen.slot) == "img1.png"  # img3 is not among them
        screen.filter_again()
        await settled(pilot)
        assert screen.name_of(screen.slot) == "img1.png"


@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_the_picture_has_room_and_no_japanese_is_torn(
    folder: Path, size: tuple[int, int]
) -> None:
    set_language("ja")
    app = make_app(folder)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        width = app.screen.query_one(Preview).size.width
        assert width >= size[0] // 5
        await pilot.press("a")
        await typed(pilot, "おれんじ")
        await pilot.pause()
        text = screen_text(app)
        assert "オレンジのシャツ" in text
        assert "オレンジのジャケット" in text
        assert app.screen.query_one(Preview).size.width == width
        await pilot.press("escape", "slash")
        await typed(pilot, "(")
        await pilot.pause()
        assert "閉じられていません" in screen_text(app)


@pytest.mark.parametrize("width", [30, 41, 46, 64])
@pytest.mark.parametrize("text", ["the tagger also saw", "タガーにはこれも見えています", "a" * 70])
def test_a_line_across_the_list_is_as_wide_as_the_list(width: int, text: str) -> None:
    assert sum(cell_len(part) for part, _style in tag_cells(TagRow(LINE, text), width)) == width


async def test_what_undo_will_leave_is_named_before_and_after(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settled(pilot)
        await pilot.press("l", "j", "D", "y")
        await settled(pilot)
        screen._loaded = False  # the look of every second has not come yet
        (folder / "img2.txt").write_text("by another", encoding="utf-8")
        await pilot.press("u")
        await settled(pilot)
        assert isinstance(app.screen, TurnScreen)
        text = screen_text(app)
        assert "1 file was changed by another program and stays as it is" in text
        assert "+blue_skin (1)" in text
        await pilot.press("n")
        (folder / "img1.txt").write_text("by another", encoding="utf-8")
        await pilot.press("u", "y")
        await settled(pilot)
        assert isinstance(app.screen, FailuresScreen)
        text = screen_text(app)
        assert "img2.txt" in text
        assert "try again" not in text
        await pilot.press("r")  # nothing here can be tried again
        assert isinstance(app.screen, FailuresScreen)
        await pilot.press("escape")
        assert app.screen is screen
        assert caption_of(folder, "img1") == caption_of(folder, "img2") == "by another"


async def test_a_conflict_that_wrote_nothing_does_not_say_that_it_did(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await pilot.press("l", "end")  # solo
        (folder / "img1.txt").write_text("1girl, by another", encoding="utf-8")
        screen._loaded = False
        await pilot.press("d")
        await pilot.pause()
        assert isinstance(app.screen, ConflictScreen)
        assert "+by another" in screen_text(app)
        assert "-solo" in screen_text(app)
        await pilot.press("b")  # solo is gone there too: there is nothing to write
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, by another"
        assert "the file stays as the other program left it" in screen_text(app)
        assert not screen.desk.has_journal or screen.desk.next_turn(back=True) is None


async def test_a_mend_says_what_it_did_and_what_waits(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "set", {"img1": "1girl, shirt, white_shirt, general"})
    app = make_app(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("m")
        await settled(pilot)
        text = screen_text(app)
        assert "mended: -shirt" in text
        assert "m again: general is a rating" in text
        await pilot.press("u")
        await settled(pilot)
        assert "undone: img1.png: -shirt" in screen_text(app)


async def test_the_end_of_a_walk_is_said(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("l", "j", "w")
        await settled(pilot)
        await pilot.press("y")
        assert "the last one" not in screen_text(app)
        await pilot.press("n")
        assert "the last one" in screen_text(app)
        assert caption_of(folder, "img2") == "1girl, smile"


async def test_a_caption_in_another_file_is_shown_edited_and_undone_there(folder: Path) -> None:
    old, both = folder / "img4.caption", folder / "img3.caption"
    old.write_bytes("青い目, ^_^\r\n".encode("cp932"))
    both.write_bytes(b"left")
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await pilot.press("end")
        await settled(pilot)
        assert tags_shown(screen) == ["青い目", "^_^"]
        assert ".caption" in screen_text(app)
        await add(pilot, "hat")
        assert old.read_bytes() == "青い目, ^_^, hat".encode()
        assert not old.with_suffix(".txt").exists()
        await pilot.press("escape", "u")
        assert old.read_bytes() == "青い目, ^_^\r\n".encode("cp932")
        await pilot.press("up")
        await settled(pilot)
        assert "a second caption, img3.caption" in screen_text(app)
        assert tags_shown(screen) == ["1boy", "\\m/", "blue_skin_(x)"]
        await add(pilot, "hat")
        assert both.read_bytes() == b"left"
        assert caption_of(folder, "img3").endswith(", hat")


async def test_beside_a_caption_that_came_since_no_second_one_is_made(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await pilot.press("end")
        screen._loaded = False  # the look of every second has not come yet
        (folder / "img4.caption").write_bytes(b"theirs")
        await add(pilot, "hat")
        assert isinstance(app.screen, ConflictScreen)
        await pilot.press("b")
        await settled(pilot)
        assert (folder / "img4.caption").read_bytes() == b"theirs, hat"
        assert not (folder / "img4.txt").exists()
        assert tags_shown(screen) == ["theirs", "hat"]


async def add(pilot: Pilot[None], text: str) -> None:
    await pilot.press("a")
    await typed(pilot, text)
    await pilot.press("enter")
    await pilot.pause()


async def test_an_input_method_composes_where_the_text_goes_on(folder: Path) -> None:
    text = "aあおい"
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        for key, line in (("a", screen.line), ("slash", screen.filter_line)):
            await pilot.press(key)
            await typed(pilot, text)
            await pilot.pause()
            start = line.content_region.offset
            assert app.cursor_position == (start.x + cell_len(text), start.y)
            await pilot.press("left")
            await pilot.pause()
            assert app.cursor_position == (start.x + cell_len(text[:-1]), start.y)
            await pilot.press("escape")
