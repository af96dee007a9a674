"""The comparison of LoRAs, driven by keys against a real server."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from nasutui.core.comparison.plan import read_record
from nasutui.core.project import GENERATED, TAGGED, create_project
from nasutui.screens.generate_compare import CompareScreen
from nasutui.screens.generate_large import BesideScreen
from nasutui.screens.generate_pick import PickScreen
from nasutui.widgets.look_closer import LookCloser
from tests.support.generate_app import Driver, generating, with_server
from tests.support.screen_text import screen_text
from tests.support.webui_case import GENERATE
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import WebUIServer

EPOCHS = ("nasumiso_v1-000004", "nasumiso_v1")
FILES = [LoraFile(name) for name in EPOCHS]


async def opened(person: Driver, prompt: str = "1girl, blue_theme") -> CompareScreen:
    person.ask(prompt, steps=2)
    await person.press("C")
    await person.until(lambda: isinstance(person.app.screen, CompareScreen))
    screen = person.app.screen
    assert isinstance(screen, CompareScreen)
    screen._plan.weights, screen._plan.seeds = (0.6, 1.0), (1,)
    return screen


async def finished(person: Driver, screen: CompareScreen) -> None:
    await person.until(lambda: person.app.newest_job and person.app.newest_job.ended)
    await person.app.workers.wait_for_complete(list(screen.workers))
    await person.pilot.pause()


async def test_epochs_by_weights_become_a_table_with_advice(project: Path) -> None:
    Image.new("RGB", (32, 32), (0, 0, 200)).save(project / TAGGED / "a.png")
    (project / TAGGED / "a.txt").write_text("nasumiso_style, blue_theme, dark", "utf-8")
    with WebUIServer(loras=FILES) as server:
        async with generating(with_server(project, server.url, EPOCHS), (120, 40)) as person:
            screen = await opened(person)
            await person.press("r")
            await finished(person, screen)
            text = screen_text(person.app)
            assert "no LoRA" in text
            assert "1-000004 0.6" in text
            assert "together" in text
            assert len(server.sent(GENERATE)) == 5
            (page,) = (project / GENERATED / "compare").glob("*/compare.html")
            assert page.with_suffix(".png").is_file()
            await person.press("tab", "right", "space")
            assert isinstance(person.app.screen, LookCloser)
            await person.press("escape", "b")
            await person.pilot.pause()
            assert isinstance(person.app.screen, BesideScreen)
            await person.press("escape", "escape")
            await person.until(lambda: len(person.screen._entries) == 5)
            assert person.app.screen is person.screen


async def test_a_stopped_comparison_goes_on(project: Path) -> None:
    with WebUIServer(loras=FILES) as server:
        async with generating(with_server(project, server.url, EPOCHS)) as person:
            screen = await opened(person)
            server.engine.pause_at = 1
            await person.press("r")
            await person.until(lambda: server.engine.state["sampling_step"] == 1)
            await person.press("ctrl+x")
            await finished(person, screen)
            server.engine.resume()
            await person.press("r")
            await finished(person, screen)
            record = read_record(screen._folder())
            assert record is not None
            assert len(record.cells) == 5
            done = len(server.sent(GENERATE))
            await person.press("r")
            await finished(person, screen)
            assert len(server.sent(GENERATE)) == done


async def test_loras_are_marked_in_a_list(project: Path) -> None:
    with WebUIServer(loras=[*FILES, LoraFile("other")]) as server:
        async with generating(with_server(project, server.url, EPOCHS)) as person:
            await person.until(lambda: "other" in person.screen._form.loras)
            screen = await opened(person)
            assert screen._plan.loras == EPOCHS
            await person.press("enter")
            await person.until(lambda: isinstance(person.app.screen, PickScreen))
            await person.press("space", "down", "space", "enter")
            await person.pilot.pause()
            assert screen._plan.loras == ("nasumiso_v1", "other")
            assert "10" not in str(screen._count())


async def test_trouble_is_said_in_the_screen(project: Path) -> None:
    async with generating(with_server(project, "http://127.0.0.1:9", EPOCHS)) as person:
        screen = await opened(person)
        await person.press("r")
        await finished(person, screen)
        assert "Nothing answers" in " ".join(screen_text(person.app).split())
        screen._plan.loras = ()
        await person.press("r")
        await finished(person, screen)
        assert "no LoRA to compare" in " ".join(screen_text(person.app).split())


async def test_another_project_leaves_the_comparison(project: Path, own_home: Path) -> None:
    other = create_project(own_home / "projects" / "other").root
    async with generating(with_server(project, "http://127.0.0.1:9", EPOCHS)) as person:
        await opened(person)
        await person.press("0")
        person.app.open_path(other)
        await person.press("5")
        await person.until(lambda: person.app.screen is person.screen)
        await person.until(lambda: person.desk.workspace.root == other)
        assert person.screen._form.loras == ()
