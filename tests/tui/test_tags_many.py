"""The Tags workplace: many pictures at once, walking a tag, statistics, problems, the character."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from nasutui.core.project import TAGGED, create_project
from nasutui.screens.bulk import BulkScreen
from nasutui.screens.bulk_operations import KINDS_OF_CHANGE
from nasutui.screens.character import CharacterScreen
from nasutui.screens.planned import PlannedScreen
from nasutui.screens.problems import ProblemsScreen
from nasutui.screens.statistics import StatisticsScreen
from nasutui.screens.walk_tag import WalkScreen
from nasutui.widgets.row_list import RowList
from nasutui.widgets.tag_input import TagInput
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

CAPTIONS = {
    "img1": "nasu, 1girl, blue_hair, solo, ^_^",
    "img2": "nasu, solo, blue_hair, 1girl, smile",
    "img3": "1girl, nasu, red_hair, smile, smile",
    "img4": "1boy, general",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = create_project(tmp_path / "project", trigger="nasu").root
    make_folder(root / TAGGED, dict(CAPTIONS))
    return root / TAGGED


def captions(folder: Path) -> dict[str, str]:
    return {name: caption_of(folder, name) for name in CAPTIONS}


async def open_bulk(pilot: Pilot[None], kind: str, *texts: str) -> BulkScreen:
    """Open the screen, choose a kind of change, type what it asks for."""
    await pilot.press("b")
    screen = pilot.app.screen
    assert isinstance(screen, BulkScreen)
    names = [k.name for k in KINDS_OF_CHANGE]
    screen.query_one("#kinds", RowList).action_to(names.index(kind))
    await pilot.pause()
    for number, text in enumerate(texts):
        screen.query_one(f"#text{number}", TagInput).value = text
    await pilot.pause()
    screen.plan_now()
    await settled(pilot)
    return screen


async def make_it_so(pilot: Pilot[None]) -> None:
    pilot.app.screen.query_one("#planned").focus()
    await pilot.press("enter")
    await settled(pilot)


async def start(pilot: Pilot[None]) -> None:
    if pilot.app.current_mode != "tags":
        pilot.app.action_place("tags")  # type: ignore[attr-defined]
    await settled(pilot)


CHANGES: list[tuple[str, list[str], dict[str, str]]] = [
    ("add", ["hat, 1girl"], {"img1": "nasu, 1girl, blue_hair, solo, ^_^, hat"}),
    ("add-first", ["hat"], {"img1": "nasu, hat, 1girl, blue_hair, solo, ^_^"}),
    ("remove", ["*_hair, solo"], {"img1": "nasu, 1girl, ^_^", "img3": "1girl, nasu, smile, smile"}),
    ("replace", ["blue_hair", "hair, long"], {"img2": "nasu, solo, hair, long, 1girl, smile"}),
    ("replace", ["solo", ""], {"img1": "nasu, 1girl, blue_hair, ^_^"}),
    ("replace", ["blue_hair", "1girl"], {"img1": "nasu, 1girl, solo, ^_^"}),
    ("replace-pattern", [r"^(\w+)_hair$", r"\1 hair"], {"img3": "1girl, nasu, red hair, smile, smile"}),
    ("deduplicate", [], {"img3": "1girl, nasu, red_hair, smile"}),
    ("trigger", [""], {"img3": "nasu, 1girl, red_hair, smile, smile", "img4": "nasu, 1boy, general"}),
    ("sort-alphabet", [], {"img2": "nasu, 1girl, blue_hair, smile, solo"}),
    ("sort-kind", [], {"img1": "nasu, 1girl, solo, blue_hair, ^_^"}),
    ("sort-order", ["1girl, smile, *_hair"], {"img2": "nasu, 1girl, smile, blue_hair, solo"}),
    ("mend", [], {"img3": "nasu, 1girl, red_hair, smile", "img4": "nasu, 1boy"}),
]  # fmt: skip


async def test_every_change_is_shown_and_then_made_and_undone(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        for kind, texts, expected in CHANGES:
            screen = await open_bulk(pilot, kind, *texts)
            promised = {item.path.stem: ", ".join(item.after) for item in screen.planned}
            assert captions(folder) == CAPTIONS  # nothing is written yet
            await make_it_so(pilot)
            after = captions(folder)
            assert {n: t for n, t in after.items() if t != CAPTIONS[n]} == promised, kind
            assert {n: after[n] for n in expected} == expected, kind
            await pilot.press("u")
            if len(promised) > 1:
                await pilot.press("y")
            await settled(pilot)
            assert captions(folder) == CAPTIONS


async def test_a_wrong_pattern_is_said_and_nothing_can_be_made(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        for texts in (["(", "x"], ["x", r"\7"], ["a", "b\\"]):
            screen = await open_bulk(pilot, "replace-pattern", *texts)
            assert "no regular expression" in screen_text(app)
            assert screen.planned == []
            await make_it_so(pilot)
            assert app.screen is screen
            screen.query_one("#kinds").focus()
            await pilot.press("escape")
        assert captions(folder) == CAPTIONS


async def test_marked_before_shown_before_all(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await pilot.press("x", "x")
        screen = await open_bulk(pilot, "add", "hat")
        assert "marked: 2 pictures" in screen_text(app)
        assert [p.path.stem for p in screen.planned] == ["img1", "img2"]
        screen.query_one("#kinds").focus()
        await pilot.press("s")
        screen.plan_now()
        await settled(pilot)
        assert len(screen.planned) == 4
        screen.query_one("#kinds").focus()
        await pilot.press("escape", "X", "X", "slash")  # no marks, but a filter
        await typed(pilot, "smile")
        await settled(pilot)
        await pilot.press("enter")
        screen = await open_bulk(pilot, "add", "hat")
        assert "shown by the filter: 2 pictures" in screen_text(app)
        await make_it_so(pilot)
        assert [n for n, text in captions(folder).items() if "hat" in text] == ["img2", "img3"]


async def test_a_caption_that_changed_since_the_preview_is_left_alone(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await open_bulk(pilot, "add", "hat")
        (folder / "img2.txt").write_text("other", encoding="utf-8")
        await make_it_so(pilot)
        assert caption_of(folder, "img2") == "other"
        assert caption_of(folder, "img1").endswith("hat")
        assert "img2" in screen_text(app)  # the list of what was refused


async def test_walk_a_tag_with_y_and_n(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await pilot.press("w")
        await typed(pilot, "青髪")
        await pilot.press("enter")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, WalkScreen)
        assert screen.tag == "blue_hair"
        text = screen_text(app)
        assert "img1.png" in text
        assert "img3.png" not in text
        await pilot.press("y", "n")
        assert caption_of(folder, "img2") == "nasu, solo, 1girl, smile"
        assert caption_of(folder, "img1") == CAPTIONS["img1"]
        await pilot.press("u")
        assert captions(folder) == CAPTIONS
        await pilot.press("o")  # those without it
        await settled(pilot)
        assert "img3.png" in screen_text(app)
        await pilot.press("y")
        assert caption_of(folder, "img3") == CAPTIONS["img3"] + ", blue_hair"
        await pilot.press("enter")
        main = await settled(pilot)
        assert shown(main)[main.pictures.cursor] == "img4.png"


async def test_statistics_and_from_there_to_the_pictures(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(120, 40)) as pilot:
        await start(pilot)
        await pilot.press("s")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, StatisticsScreen)
        rows = screen.query_one("#counts", RowList)
        counts = {row[0].tag: row[0].count for row in rows.items}
        assert counts["nasu"] == 3
        assert counts["smile"] == 2  # once a picture
        text = screen_text(app)
        assert "75%" in text
        assert "青髪" in text
        orders = []
        for _order in range(4):
            orders.append([row[0].tag for row in rows.items])
            await pilot.press("o")
        by_count, by_name, by_japanese, rare = orders
        assert [counts[tag] for tag in by_count] == sorted(counts.values(), reverse=True)
        assert by_name == sorted(by_name)
        assert by_japanese[-1] == "nasu"  # nobody knows its Japanese
        assert rare == by_count[::-1]
        rows.action_to(by_count.index("blue_hair"))
        await pilot.pause(0.1)
        await settled(pilot)
        beside = app.screen.query_one("#beside", RowList)
        together = {other.tag: other.both for other in beside.items}
        assert together == {"nasu": 2, "1girl": 2, "solo": 2, "^_^": 1, "smile": 1}
        await pilot.press("slash")
        await typed(pilot, "青髪")
        await pilot.press("enter")
        assert [row[0].tag for row in rows.items] == ["blue_hair"]
        await pilot.press("minus")
        main = await settled(pilot)
        assert shown(main) == ["img3.png", "img4.png"]
        await pilot.press("escape", "s", "w")
        await settled(pilot)
        assert isinstance(app.screen, WalkScreen)


async def test_problems_are_mended_one_by_one_or_all(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(100, 30)) as pilot:
        await start(pilot)
        await pilot.press("P")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, ProblemsScreen)
        kinds = screen.query_one("#kinds", RowList)
        codes = [group.code for group in kinds.items]
        assert {"rating", "trigger-missing", "trigger-not-first", "duplicate"} <= set(codes)
        kinds.action_to(codes.index("duplicate"))
        await pilot.press("l", "m")
        assert caption_of(folder, "img3") == "1girl, nasu, red_hair, smile"
        kinds.action_to(codes.index("trigger-missing"))
        await pilot.press("M", "y")
        await settled(pilot)
        assert caption_of(folder, "img4") == "nasu, 1boy, general"
        codes = [group.code for group in kinds.items]
        assert "trigger-missing" not in codes
        await pilot.press("escape", "u")
        await settled(pilot)
        assert caption_of(folder, "img4") == CAPTIONS["img4"]


async def test_m_mends_what_the_line_below_says(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(100, 30)) as pilot:
        await start(pilot)
        await pilot.press("N")
        screen = await settled(pilot)
        name = shown(screen)[screen.pictures.cursor].removesuffix(".png")
        assert name == "img3"
        assert "m mends it" in screen_text(app)
        await pilot.press("m", "m")
        assert caption_of(folder, name) == "nasu, 1girl, red_hair, smile"


async def test_the_character_helper_folds(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(120, 40)) as pilot:
        await start(pilot)
        await pilot.press("C")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, CharacterScreen)
        assert "nasu: 3 pictures" in screen_text(app)
        rows = screen.query_one("#tags-of", RowList)
        tags = [tag.tag for tag in rows.items]
        rows.action_to(tags.index("blue_hair"))
        screen.look_for_breakers()
        await settled(pilot)
        assert "img3.png" in screen_text(app)  # it breaks the rule
        await pilot.press("f", "enter")
        await pilot.pause()
        assert isinstance(app.screen, PlannedScreen)
        text = screen_text(app)
        assert "fold into nasu: blue_hair" in text
        assert "2 pictures change" in text
        assert "-blue_hair (2)" in text
        await pilot.press("n")  # back in the helper, nothing done, the mark still there
        await settled(pilot)
        assert app.screen is screen
        assert captions(folder) == CAPTIONS
        await pilot.press("enter")
        await pilot.pause()
        promised = {item.path.stem: ", ".join(item.after) for item in app.screen.planned}
        await pilot.press("y")
        main = await settled(pilot)
        assert {n: t for n, t in captions(folder).items() if t != CAPTIONS[n]} == promised
        assert caption_of(folder, "img1") == "nasu, 1girl, solo, ^_^"
        assert caption_of(folder, "img3") == CAPTIONS["img3"]
        assert "blue_hair" not in tags_shown(main)


async def test_the_character_helper_makes_uniform_what_it_showed(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await pilot.press("C")
        await settled(pilot)
        rows = app.screen.query_one("#tags-of", RowList)
        rows.action_to([tag.tag for tag in rows.items].index("blue_hair"))
        await pilot.press("u")
        await pilot.pause()
        assert isinstance(app.screen, PlannedScreen)
        assert "-red_hair +blue_hair" in screen_text(app)
        assert captions(folder) == CAPTIONS
        await pilot.press("y")
        await settled(pilot)
        after = "1girl, nasu, blue_hair, smile, smile"
        assert captions(folder) == {**CAPTIONS, "img3": after}
        await pilot.press("u")
        assert captions(folder) == CAPTIONS
        await pilot.press("C")
        await settled(pilot)
        await pilot.press("end", "u", "escape")
        await settled(pilot)
        assert captions(folder) == CAPTIONS


async def test_what_is_pasted_on_marked_pictures_is_shown_first(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await pilot.press("c", "X", "p")
        await pilot.pause()
        assert "3 pictures change" in screen_text(app)
        await pilot.press("n")
        await settled(pilot)
        assert captions(folder) == CAPTIONS
        await pilot.press("p", "y")
        await settled(pilot)
        assert caption_of(folder, "img4") == "1boy, general, " + CAPTIONS["img1"]
