"""The Tags workplace: typing, deleting, editing in place, moving, copying; what reaches the disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from nasutui.widgets.ask import AskText
from nasutui.widgets.tag_input import CompletionList
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(
        tmp_path / "set",
        {
            "img1": "1girl, solo, blue_hair",
            "img2": "1girl, smile",
            "img10": "1boy",
            "img11": None,
            "[bold]x[": ", ".join(HOSTILE_TAGS),
            "ガール": "1girl",
        },
    )


async def test_pictures_and_tags_are_shown(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await settled(pilot)
        names = [n.removesuffix(".png") for n in shown(screen)]
        assert names.index("img2") < names.index("img10")
        assert "ガール" in names
        screen.go_to(screen.pictures.items[names.index("img1")])
        await settled(pilot)
        assert tags_shown(screen) == ["1girl", "solo", "blue_hair"]
        text = screen_text(app)
        assert "青髪" in text  # its Japanese
        assert "[bold]x[.png" in text


async def go(pilot: object, screen: object, name: str) -> None:
    names = shown(screen)  # type: ignore[arg-type]
    screen.pictures.action_to(names.index(f"{name}.png"))  # type: ignore[attr-defined]
    await settled(pilot)  # type: ignore[arg-type]


async def test_typed_in_any_script_english_goes_to_disk(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await go(pilot, screen, "img1")
        for text in ("青い目", "あおいめ", "aoi me", "blue_ey", "Blue Ey"):
            await pilot.press("a")
            await typed(pilot, text)
            await pilot.press("enter")
            assert caption_of(folder, "img1") == "1girl, solo, blue_hair, blue_eyes", text
            assert tags_shown(screen)[-1] == "blue_eyes"
            assert screen.line.has_focus
            assert screen.line.value == ""
            await pilot.press("escape", "u")
            assert caption_of(folder, "img1") == "1girl, solo, blue_hair"


async def test_a_word_of_ones_own_is_taken_as_it_stands(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await go(pilot, screen, "img10")
        await pilot.press("a")
        await typed(pilot, "nasumiso_zq")
        await pilot.press("enter")
        assert caption_of(folder, "img10") == "1boy, nasumiso_zq"
        # Now it is known here and is offered.
        await typed(pilot, "nasum")
        found = app.screen.query_one(CompletionList).found
        assert found[0].tag == "nasumiso_zq"
        assert found[0].here == 1


async def test_tab_chooses_and_the_last_line_is_the_text_itself(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await go(pilot, screen, "img10")
        await pilot.press("a")
        await typed(pilot, "blue")
        second = app.screen.query_one(CompletionList).found[1].tag
        await pilot.press("tab", "enter")
        assert caption_of(folder, "img10") == f"1boy, {second}"
        await typed(pilot, "blue")
        await pilot.press("shift+tab", "enter")
        assert caption_of(folder, "img10") == f"1boy, {second}, blue"


async def test_several_with_commas(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await go(pilot, screen, "img10")
        await pilot.press("a")
        await typed(pilot, "hat,zz top,青い目")
        await pilot.press("enter")
        assert caption_of(folder, "img10") == "1boy, hat, zz top, blue_eyes"


async def test_the_arrows_move_between_pictures_while_typing(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await go(pilot, screen, "img1")
        await pilot.press("a")
        await typed(pilot, "smi")
        await pilot.press("down")
        assert screen.line.has_focus
        assert shown(screen)[screen.pictures.cursor] == "img2.png"
        await pilot.press("down", "enter")
        assert caption_of(folder, "img10") == "1boy, smile"


async def test_delete_edit_move_front(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await go(pilot, screen, "img1")
        await pilot.press("l", "j", "d")
        assert caption_of(folder, "img1") == "1girl, blue_hair"
        await pilot.press("f")  # the cursor is on blue_hair now
        assert caption_of(folder, "img1") == "blue_hair, 1girl"
        await pilot.press("J")
        assert caption_of(folder, "img1") == "1girl, blue_hair"
        await pilot.press("K", "e")
        assert screen.line.value == "blue_hair"
        await pilot.press("home", "ctrl+k")
        await typed(pilot, "赤髪")
        await pilot.press("enter")
        assert caption_of(folder, "img1") == "red_hair, 1girl"
        assert screen.tag_list.has_focus


async def test_copy_and_paste(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await go(pilot, screen, "img1")
        await pilot.press("c")
        await go(pilot, screen, "img2")
        await pilot.press("p")
        assert caption_of(folder, "img2") == "1girl, smile, solo, blue_hair"
        await go(pilot, screen, "img10")
        await pilot.press("x", "x", "p", "y")  # img10 and img11 are marked
        await settled(pilot)
        assert caption_of(folder, "img10") == "1boy, 1girl, solo, blue_hair"
        assert caption_of(folder, "img11") == "1girl, solo, blue_hair"


async def test_odd_tags_survive_an_edit(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await go(pilot, screen, "[bold]x[")
        assert tags_shown(screen) == list(HOSTILE_TAGS)
        await pilot.press("a")
        await typed(pilot, "hat")
        await pilot.press("enter")
        assert caption_of(folder, "[bold]x[") == ", ".join([*HOSTILE_TAGS, "hat"])
        text = screen_text(app)
        assert "don't_say" in text


async def test_nothing_is_written_by_looking(folder: Path) -> None:
    def state() -> dict[str, str]:
        return {
            p.name: hashlib.sha256(p.read_bytes()).hexdigest()
            for p in folder.iterdir()
            if p.is_file()
        }

    before = state()
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await pilot.press("down", "down", "l", "j", "h", "end", "home", "z", "z")
        await go(pilot, screen, "img1")
    assert state() == before
    assert not (folder / ".nasutui").exists()


async def test_next_untagged_and_fold(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await pilot.press("n")
        await settled(pilot)
        assert shown(screen)[screen.pictures.cursor] == "img11.png"
        assert screen.query_one("#preview").display
        await pilot.press("z")
        await settled(pilot)
        assert not screen.query_one("#preview").display


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_japanese_and_english_fit_the_terminal(folder: Path, size: tuple[int, int]) -> None:
    app = make_app(folder)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        text = screen_text(app)
        assert "1girl" in text
        assert "Tags" in text
        assert "img1.png" in text
        assert "Add" in text  # the keys are named below


async def test_a_word_of_ones_own_is_kept_and_shown(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        await pilot.press("l")
        await pilot.pause()
        await pilot.press("t")
        await pilot.pause()
        assert isinstance(app.screen, AskText)
        line = app.screen.query_one("Input")
        line.value = "うちの子"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await settled(pilot)
        assert "うちの子" in screen_text(app)
    assert (folder / "tags_ja.tsv").read_text(encoding="utf-8").endswith("\tうちの子\n")
