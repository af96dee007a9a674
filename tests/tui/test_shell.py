"""The shell: home screen, places, help, palette, languages, small terminals."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import nasutui
from nasutui.app import NasutuiApp
from nasutui.core.i18n import set_language
from nasutui.core.project import create_project
from nasutui.widgets.ask import AskText
from nasutui.widgets.row_list import RowList
from nasutui.workspace import open_workspace
from tests.support.screen_text import screen_text

MakeApp = Callable[..., NasutuiApp]


async def test_home_lists_projects_with_their_counts(make_app: MakeApp, project: Path) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        text = screen_text(app)
        line = next(line for line in text.splitlines() if "demo" in line)
        assert line.split()[:2] == ["demo", "6"]
        assert "prepare the pictures" in text


async def test_home_says_what_to_do_when_there_is_no_project(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)):
        assert "n makes one" in screen_text(app)


async def test_new_project_is_made_and_opened(make_app: MakeApp, own_home: Path) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("n")
        await pilot.press(*"mine", "enter")
        await pilot.pause()
        assert (own_home / "projects" / "mine" / "project.toml").exists()
        assert app.workspace is not None
        assert app.workspace.root.name == "mine"
        assert app.current_mode == "prepare"


async def test_a_name_that_would_leave_the_projects_folder_is_refused(
    make_app: MakeApp, own_home: Path
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("n", *"..", "slash", "x", "enter")
        await pilot.pause()
        assert not (own_home / "x").exists()
        assert app.workspace is None


async def test_rename_moves_the_folder_with_its_history(make_app: MakeApp, project: Path) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        await pilot.press(*"2", "enter")
        await pilot.pause()
        assert not project.exists()
        assert (project.parent / "demo2" / "project.toml").exists()


async def test_rename_onto_another_project_is_refused(make_app: MakeApp, project: Path) -> None:
    create_project(project.parent / "demo2")
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("r", "2", "enter")
        await pilot.pause()
        assert project.exists()


async def test_places_need_a_project(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("1")
        assert app.current_mode == "home"


async def test_keys_1_and_2_go_to_their_places_and_0_home(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.current_mode == "prepare"
        await pilot.press("2")
        assert app.current_mode == "caption"
        await pilot.press("0")
        assert app.current_mode == "home"


async def test_help_shows_the_keys_of_what_has_the_focus(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert app.screen.query("HelpPanel")
        assert "Import" in screen_text(app)
        await pilot.press("question_mark")
        await pilot.pause()
        assert not app.screen.query("HelpPanel")


async def test_every_key_of_a_screen_is_in_the_palette(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        commands = {c.title for c in app.get_system_commands(app.screen)}
        for active in app.screen.active_bindings.values():
            if active.binding.description and not active.binding.system:
                assert active.binding.description in commands


def _own_classes(base: type) -> Iterator[type]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith("nasutui"):
            yield kind
        yield from _own_classes(kind)


def test_every_binding_of_ours_has_an_id_and_ids_are_unique() -> None:
    for module in pkgutil.walk_packages(nasutui.__path__, "nasutui."):
        if module.name.startswith(("nasutui.screens", "nasutui.widgets")):
            importlib.import_module(module.name)
    owners: dict[str, str] = {}
    kinds = set(_own_classes(DOMNode))
    assert len(kinds) > 8
    for kind in kinds:
        for binding in kind.__dict__.get("BINDINGS", ()):
            assert isinstance(binding, Binding), kind
            assert binding.id, (kind, binding.key)
            assert binding.description, (kind, binding.key)
            assert owners.setdefault(binding.id, kind.__name__) == kind.__name__, binding.id


async def test_a_key_can_be_mapped_elsewhere(make_app: MakeApp, project: Path) -> None:
    app = make_app(project, keys={"app.caption": "f2"})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        assert app.current_mode == "prepare"
        await pilot.press("f2")
        assert app.current_mode == "caption"


@pytest.mark.parametrize("theme", ["nasutui-dark", "nasutui-light", "textual-light"])
async def test_themes(make_app: MakeApp, project: Path, theme: str) -> None:
    app = make_app(project, theme=theme)
    async with app.run_test(size=(80, 24)):
        assert app.theme == theme


async def test_an_unknown_theme_is_no_reason_to_fail(make_app: MakeApp) -> None:
    app = make_app(None, theme="no-such-theme")
    async with app.run_test(size=(80, 24)):
        assert app.theme == "nasutui-dark"


async def test_japanese(make_app: MakeApp, project: Path) -> None:
    set_language("ja")
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "準備" in text
        assert "Prepare" not in text


async def test_too_small_is_one_sentence(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "too small: 40 x 10" in text
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "too small" not in screen_text(app)


async def test_a_path_that_is_no_folder_is_said(make_app: MakeApp, own_home: Path) -> None:
    app = make_app(own_home / "[nothing]")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.pause()
        assert app.workspace is None
        assert app.current_mode == "home"


async def test_paths_are_completed(make_app: MakeApp, own_home: Path) -> None:
    (own_home / "pictures here").mkdir()
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o")
        dialog = app.screen
        assert isinstance(dialog, AskText)
        line = dialog.query_one("Input")
        line.value = str(own_home / "pict")  # type: ignore[attr-defined]
        line.cursor_position = len(line.value)  # type: ignore[attr-defined]
        await pilot.pause()
        await pilot.press("x", "backspace")
        await pilot.pause()
        await pilot.press("right", "enter")
        await pilot.pause()
        assert app.workspace == open_workspace(Path(str(own_home / "pictures here") + "/"))


async def test_the_list_moves_with_arrows_and_vi_keys(make_app: MakeApp, project: Path) -> None:
    app = make_app(project)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        rows = app.screen.query_one("#raw", RowList)
        await pilot.press("down", "j")
        assert rows.cursor == 2
        await pilot.press("k")
        assert rows.cursor == 1
        await pilot.press("G")
        assert rows.cursor == 5
        await pilot.press("g")
        assert rows.cursor == 0


async def test_a_window_that_was_too_small_keeps_what_had_the_focus(
    make_app: MakeApp, project: Path
) -> None:
    app = make_app(project)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        pictures = app.screen.query_one("#raw", RowList)
        await pilot.press("down")
        assert (app.focused, pictures.cursor) == (pictures, 1)
        await pilot.resize_terminal(40, 12)
        await pilot.pause()
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await pilot.press("down")
        assert (app.focused, pictures.cursor) == (pictures, 2)
