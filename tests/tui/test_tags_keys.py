"""The keys of the Tags workplace: remappable, in the palette, in the help, on the page."""

from __future__ import annotations

from pathlib import Path

from textual.command import CommandPalette

from nasutui.screens.tags import TagsScreen
from nasutui.widgets.tag_input import FilterInput, TagInput
from nasutui.widgets.tag_list import TagList
from nasutui.widgets.thumb_grid import ThumbGrid
from tests.support.screen_text import screen_text
from tests.support.tags_app import caption_of, make_app, make_folder, settled
from tools.keys import PAGE, page


def test_the_page_says_what_the_program_does() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python tools/keys.py"


def test_every_binding_has_an_id_of_its_own() -> None:
    for widget in (TagsScreen, TagList, TagInput, ThumbGrid):
        ids = [binding.id for binding in widget.BINDINGS]
        assert all(ids)
        assert len(set(ids)) == len(ids)


async def test_a_key_can_be_changed(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "set", {"img1": "1girl, solo"})
    app = make_app(folder, keys={"tags.delete": "backspace"})
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("l", "d")
        assert caption_of(folder, "img1") == "1girl, solo"
        await pilot.press("backspace")
        assert caption_of(folder, "img1") == "solo"


async def test_help_and_palette(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "set", {"img1": "1girl, solo"})
    app = make_app(folder)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await settled(pilot)
        titles = {command.title for command in app.get_system_commands(screen)}
        assert {"Add", "Filter", "Undo", "History", "Next untagged", "Walk"} <= titles
        await pilot.press("question_mark")
        await pilot.pause()
        assert "Pictures on the left" in screen_text(app)
        await pilot.press("question_mark", "ctrl+p")
        await pilot.pause()
        assert isinstance(app.screen, CommandPalette)
        await pilot.press("escape")
        for widget in (TagList, TagInput, FilterInput):
            assert screen.query_one(f"{widget.__name__}").HELP  # type: ignore[attr-defined]


async def test_in_japanese_at_80_columns_nothing_breaks_the_lines(tmp_path: Path) -> None:
    from nasutui.core.i18n import set_language

    set_language("ja")
    folder = make_folder(tmp_path / "set", {"絵" * 30: "1girl, " + "長い" * 40})
    app = make_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        lines = app.screen._compositor.render_strips()
        assert {line.cell_length for line in lines} == {80}
        await pilot.press("a", "あ", "お")
        lines = app.screen._compositor.render_strips()
        assert {line.cell_length for line in lines} == {80}
