"""The Tags workplace: the filter, what is wrong with it, unreadable captions, changes by others."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.screens.conflict import ConflictScreen
from tests.support.screen_text import screen_text
from tests.support.tags_app import (
    caption_of,
    make_app,
    make_folder,
    settled,
    shown,
    tags_shown,
    typed,
)

SHIFT_JIS = "1girl, 青い髪".encode("cp932")
UNREADABLE = b"\x81\x00\xff\xfe\x00broken"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(
        tmp_path / "set",
        {
            "img1": "1girl, solo, blue_hair",
            "img2": "1girl, open_mouth",
            "img3": "1boy, solo",
            "img4": None,
            "sjis": SHIFT_JIS,
            "bad": UNREADABLE,
        },
    )


async def filtered(pilot: object, text: str) -> object:
    await pilot.press("slash")  # type: ignore[attr-defined]
    await typed(pilot, text)  # type: ignore[arg-type]
    return await settled(pilot)  # type: ignore[arg-type]


QUERIES = (
    ("1girl -solo", ["img2", "sjis"]),
    ('"open mouth"', ["img2"]),
    ("*_hair", ["img1"]),
    ("untagged", ["img4"]),
    ("tags>2", ["img1"]),
    ("name:img* NOT (1girl OR untagged)", ["img3"]),
    ("problem:unreadable", ["bad"]),
    ("tokens>3 solo 1girl", ["img1"]),
)


async def test_the_filter_narrows_the_list(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for query, found in QUERIES:
            screen = await filtered(pilot, query)
            assert [n.removesuffix(".png") for n in shown(screen)] == found, query
            await pilot.press("enter")
            assert screen.pictures.has_focus
            assert f"{len(found)} / 6" in screen_text(app)
            await pilot.press("slash", "escape")
            assert len(shown(screen)) == 6


async def test_a_wrong_filter_is_red_with_its_reason_and_changes_nothing(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        screen = await filtered(pilot, "solo (")
        assert screen.filter_line.has_class("-wrong")
        assert "never closed" in screen_text(app)
        assert [n.removesuffix(".png") for n in shown(screen)] == ["img1", "img3"]
        await typed(pilot, "1boy)")
        await settled(pilot)
        assert not screen.filter_line.has_class("-wrong")
        assert "never closed" not in screen_text(app)
        assert shown(screen) == ["img3.png"]
        await pilot.press("escape")
        await settled(pilot)
        assert len(shown(screen)) == 6


async def test_from_a_tag_to_its_pictures_in_one_key(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        screen.pictures.action_to(shown(screen).index("img1.png"))
        await pilot.press("l", "down", "minus")  # pictures without solo
        await settled(pilot)
        assert "img1.png" not in shown(screen)
        assert "img2.png" in shown(screen)


async def test_an_unreadable_caption_is_shown_as_such_and_never_written(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        screen = await settled(pilot)
        screen.pictures.action_to(shown(screen).index("bad.png"))
        await settled(pilot)
        assert "not readable text" in screen_text(app)
        assert "This caption can't be read" in screen_text(app)  # where the tags would stand
        await pilot.press("a")
        await typed(pilot, "hat")
        await pilot.press("enter")
        await settled(pilot)
        assert (folder / "bad.txt").read_bytes() == UNREADABLE
        await pilot.press("escape", "m")
        await settled(pilot)
        assert (folder / "bad.txt").read_bytes() == UNREADABLE


async def test_shift_jis_is_read_and_becomes_utf8_only_when_edited(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settled(pilot)
        screen.pictures.action_to(shown(screen).index("sjis.png"))
        await settled(pilot)
        assert tags_shown(screen) == ["1girl", "青い髪"]
        assert (folder / "sjis.txt").read_bytes() == SHIFT_JIS
        await pilot.press("m")  # mend: write it as UTF-8
        await settled(pilot)
        assert caption_of(folder, "sjis") == "1girl, 青い髪"
        await pilot.press("u")
        await settled(pilot)
        assert (folder / "sjis.txt").read_bytes() == SHIFT_JIS


async def test_a_change_by_another_program_is_noticed(folder: Path) -> None:
    app = make_app(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settled(pilot)
        screen.pictures.action_to(shown(screen).index("img1.png"))
        await settled(pilot)
        (folder / "img1.txt").write_text("1girl, by another", encoding="utf-8")
        make_folder(folder, {"new": "1girl"})
        screen.look_again()
        await settled(pilot)
        assert tags_shown(screen) == ["1girl", "by another"]
        assert "new.png" in shown(screen)
        (folder / "new.png").unlink()
        (folder / "new.txt").unlink()
        screen.look_again()
        await settled(pilot)
        assert "new.png" not in shown(screen)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("t", "1girl, by another"),
        ("m", "1girl, solo, blue_hair, hat"),
        ("b", "1girl, by another, hat"),
    ],
)
async def test_a_conflict_shows_both_and_asks(folder: Path, key: str, expected: str) -> None:
    app = make_app(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settled(pilot)
        screen.pictures.action_to(shown(screen).index("img1.png"))
        await settled(pilot)
        await pilot.press("a")
        await typed(pilot, "hat")
        (folder / "img1.txt").write_text("1girl, by another", encoding="utf-8")
        screen._loaded = False  # the look of every second has not come yet
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, ConflictScreen)
        text = screen_text(app)
        assert "by another" in text
        assert "hat" in text
        assert caption_of(folder, "img1") == "1girl, by another"
        await pilot.press(key)
        await settled(pilot)
        assert caption_of(folder, "img1") == expected
        assert ", ".join(tags_shown(screen)) == expected


async def test_two_nasutui_on_one_folder(folder: Path) -> None:
    first, second = make_app(folder), make_app(folder)
    async with first.run_test(size=(80, 24)) as one, second.run_test(size=(80, 24)) as two:
        screen1, screen2 = await settled(one), await settled(two)
        for pilot, screen, text in ((one, screen1, "hat"), (two, screen2, "smile")):
            screen.look_again()
            await settled(pilot)
            screen.pictures.action_to(shown(screen).index("img3.png"))
            await settled(pilot)
            await pilot.press("a")
            await typed(pilot, text)
            await pilot.press("enter", "escape")
        assert caption_of(folder, "img3") == "1boy, solo, hat, smile"
        screen1.look_again()
        await settled(one)
        await one.press("u")  # the newest change of the folder, whoever made it
        await settled(one)
        assert caption_of(folder, "img3") == "1boy, solo, hat"


async def test_a_line_says_what_there_is_to_know_of_a_picture(tmp_path: Path) -> None:
    long = ", ".join(f"tag number {n}" for n in range(40))
    folder = make_folder(
        tmp_path / "set",
        {"a": "1girl, hat", "b": long, "c": None, "d": b"\xff\xfe\x00", "e": "1girl, 2girls, solo"},
    )
    app = make_app(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settled(pilot)
        await pilot.press("x")
        await settled(pilot)
        words = [line[:26].split() for line in screen_text(app).splitlines()]
        lines = {w[0]: w[1:] for w in reversed(words) if w and w[0].endswith(".png")}
        assert lines["✓a.png"] == ["2"]
        assert lines["b.png"] == ["40"]
        assert lines["c.png"] == ["-", "!1"]
        assert lines["d.png"][-1] == "?"
        assert lines["e.png"][0] == "3"
        assert lines["e.png"][1].startswith("!")
        # The borders of CLIP's pieces stand between the tags where they are.
        borders = [row.tag for row in screen.tag_list.items if row.kind == "line"]
        assert any("75" in text for text in borders)
        assert any("150" in text for text in borders)
        text = screen_text(app)
        assert "tokens" in text
