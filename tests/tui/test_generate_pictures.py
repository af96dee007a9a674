"""What is done with generated pictures: rating, notes, side by side, the log, settings back."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from textual.events import Paste

from nasutui.core.generation.log import GenerationLog
from nasutui.core.project import GENERATED, TAGGED
from nasutui.screens.generate_large import BesideScreen, LargeScreen
from nasutui.screens.generate_log import LogScreen
from nasutui.screens.generate_pick import PickScreen
from nasutui.widgets.ask import AskText
from nasutui.widgets.picture_grid import PictureGrid
from tests.support.generate_app import Driver, generating, with_server
from tests.support.screen_text import screen_text
from tests.support.webui_pictures import pixels, png
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import WebUIServer

TEXT = (
    "nasumiso_style, 青い髪, [bold]x[/nope] <lora:nasumiso_v1:0.65>\nNegative prompt: low\n"
    "Steps: 31, Sampler: Euler a, CFG scale: 5, Seed: 77, Size: 640x768"
)


def place_pictures(project: Path, count: int = 3) -> None:
    """Pictures as an earlier session left them, without a log."""
    folder = project / GENERATED
    folder.mkdir(exist_ok=True)
    for number in range(count):
        text = TEXT.replace("Seed: 77", f"Seed: {77 + number}")
        (folder / f"{number}.png").write_bytes(png(pixels(str(number), 32, 32), text))


async def shown(person: Driver, count: int) -> None:
    await person.until(lambda: len(person.screen._entries) == count)
    person.screen.query_one(PictureGrid).focus()
    await person.pilot.pause()


async def test_rating_and_noting_one_large_picture_after_the_other(project: Path) -> None:
    place_pictures(project)
    async with generating(with_server(project, "http://127.0.0.1:9")) as person:
        await shown(person, 3)
        await person.press("space")
        assert isinstance(person.app.screen, LargeScreen)
        await person.press("4", "right", "5", "right", "3", "0", "n")
        await person.pilot.pause()
        await person.press(*"good", "enter")
        await person.until(lambda: "note: good" in screen_text(person.app))
        assert person.app.current_mode == "generate"
        await person.press("escape", "home")
        await person.pilot.pause()
        assert "****" in screen_text(person.app)
    with GenerationLog(project / GENERATED) as log:
        entries = log.search()
    assert sorted(e.rating or 0 for e in entries) == [0, 4, 5]
    assert [e.notes for e in entries if e.notes] == ["good"]


async def test_two_side_by_side(project: Path) -> None:
    place_pictures(project)
    async with generating(with_server(project, "http://127.0.0.1:9"), (120, 40)) as person:
        await shown(person, 3)
        await person.press("b")
        assert not isinstance(person.app.screen, BesideScreen)
        await person.press("x", "right", "x", "b")
        await person.pilot.pause()
        assert isinstance(person.app.screen, BesideScreen)
        text = screen_text(person.app)
        assert all(f"{number}.png" in text for number in (1, 2))
        assert "[bold]x[/nope]" in text
        await person.press("s", "escape")


async def test_beside_the_nearest_picture_of_the_dataset(project: Path) -> None:
    place_pictures(project, 1)
    folder = project / TAGGED
    with Image.open(project / GENERATED / "0.png") as picture:
        picture.convert("RGB").resize((64, 64)).save(folder / "[red]same.png")
    Image.new("RGB", (64, 64), (9, 9, 9)).save(folder / "other.png")
    async with generating(with_server(project, "http://127.0.0.1:9"), (120, 40)) as person:
        await shown(person, 1)
        await person.press("N")
        await person.until(lambda: isinstance(person.app.screen, BesideScreen))
        await person.pilot.pause()
        assert "[red]same.png" in screen_text(person.app)


async def test_settings_come_back_into_the_form(project: Path) -> None:
    place_pictures(project, 1)
    async with generating(with_server(project, "http://127.0.0.1:9")) as person:
        await shown(person, 1)
        await person.press("e")
        asked = person.screen._form.generation
        assert asked.prompt == "青い髪, [bold]x[/nope]"
        assert (asked.trigger, asked.lora, asked.weight) == ("nasumiso_style", "nasumiso_v1", 0.65)
        assert (asked.steps, asked.cfg, asked.sampler) == (31, 5.0, "Euler a")
        assert (asked.width, asked.height, asked.seed, asked.count) == (640, 768, 77, 1)


async def test_the_log_is_searched_and_an_entry_loaded(project: Path) -> None:
    place_pictures(project)
    async with generating(with_server(project, "http://127.0.0.1:9")) as person:
        await shown(person, 3)
        await person.press("slash")
        await person.until(lambda: "3 pictures" in screen_text(person.app))
        await person.press("slash", *"seed:78")
        await person.until(lambda: "1 picture " in screen_text(person.app))
        await person.press("enter", "enter")
        assert not isinstance(person.app.screen, LogScreen)
        await person.pilot.pause()
        assert person.screen._form.generation.seed == 78


async def test_rating_in_the_log(project: Path) -> None:
    place_pictures(project, 1)
    async with generating(with_server(project, "http://127.0.0.1:9")) as person:
        await shown(person, 1)
        await person.press("slash")
        await person.until(lambda: "1 picture" in screen_text(person.app))
        await person.press("space")
        await person.until(lambda: isinstance(person.app.screen, LargeScreen))
        await person.press("2", "escape")
        await person.pilot.pause()
        assert "**" in screen_text(person.app)
        await person.press("escape")
    with GenerationLog(project / GENERATED) as log:
        assert log.search()[0].rating == 2


async def test_a_dropped_png_is_read(project: Path, own_home: Path) -> None:
    path = own_home / "a picture [bold].png"
    path.write_bytes(png(pixels("x", 16, 16), TEXT))
    plain = own_home / "plain.png"
    plain.write_bytes(png(pixels("x", 16, 16), None))
    async with generating(with_server(project, "http://127.0.0.1:9")) as person:
        person.app.post_message(Paste(str(path).replace(" ", "\\ ")))
        await person.until(lambda: person.screen._form.generation.seed == 77)
        for wrong in (plain, own_home / "missing.png", own_home):
            person.app.clear_notifications()
            await person.press("o")
            dialog = person.app.screen
            assert isinstance(dialog, AskText)
            dialog.query_one("Input").value = str(wrong)  # type: ignore[attr-defined]
            await person.press("enter")
            await person.until(lambda: len(person.app._notifications) > 0)
        assert person.screen._form.generation.seed == 77


async def test_a_caption_as_prompt(project: Path) -> None:
    Image.new("RGB", (32, 32), (9, 9, 9)).save(project / TAGGED / "a.png")
    (project / TAGGED / "a.txt").write_text("nasumiso_style, 1girl, [red]hat[/red]", "utf-8")
    async with generating(with_server(project, "http://127.0.0.1:9")) as person:
        await person.press("c")
        await person.until(lambda: isinstance(person.app.screen, PickScreen))
        await person.pilot.pause()
        assert "[red]hat[/red]" in screen_text(person.app)
        await person.press("enter")
        await person.pilot.pause()
        assert person.screen._form.generation.prompt == "1girl, [red]hat[/red]"


async def test_templates_are_kept_filled_in_and_forgotten(project: Path) -> None:
    async with generating(with_server(project, "http://127.0.0.1:9")) as person:
        person.ask("1girl, {hair=blue hair}, {place}")
        await person.press("T")
        await person.pilot.pause()
        await person.press(*"mine", "enter")
        await person.pilot.pause()
        person.ask("other")
        await person.press("t")
        await person.until(lambda: isinstance(person.app.screen, PickScreen))
        await person.press("enter")
        await person.until(lambda: isinstance(person.app.screen, AskText))
        await person.press("enter")
        await person.pilot.pause()
        await person.press(*"sea", "enter")
        await person.pilot.pause()
        assert person.screen._form.generation.prompt == "1girl, blue hair, sea"
        await person.press("t")
        await person.until(lambda: isinstance(person.app.screen, PickScreen))
        await person.press("D")
        await person.pilot.pause()
        assert person.desk.templates() == {}


async def test_a_lora_is_chosen_from_project_and_server(project: Path) -> None:
    with WebUIServer(loras=[LoraFile("from_server")]) as server:
        async with generating(with_server(project, server.url)) as person:
            await person.until(lambda: "from_server" in person.screen._form.loras)
            assert person.screen._form.loras[0] == "nasumiso_v1"
            await person.press("down", "down", "down", "enter")
            await person.pilot.pause()
            assert "not in the WebUI's list" in screen_text(person.app)
            await person.press("slash", *"from", "enter", "enter")
            await person.pilot.pause()
            assert person.screen._form.generation.lora == "from_server"
