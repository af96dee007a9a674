"""The Generate screen under test, against a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

from textual.pilot import Pilot

from nasutui.app import NasutuiApp
from nasutui.core.config import Config
from nasutui.core.generation.settings import Generation
from nasutui.core.project import LORAS, update_project
from nasutui.screens.generate import GenerateScreen
from tests.support.lora_files import write_lora
from tests.support.webui_case import FAST

SMALL = {"width": 64, "height": 64, "steps": 6, "seed": 5}


async def until(pilot: Pilot[None], condition: Callable[[], object], seconds: float = 20) -> None:
    """Let the app work until something is true; AssertionError when it does not come."""
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "it did not come"
        await pilot.pause()


def with_server(project: Path, url: str, loras: tuple[str, ...] = ("nasumiso_v1",)) -> Path:
    """The project, with the server's address and LoRA files of its own."""
    update_project(project, {"generate": {"url": url}})
    for name in loras:
        write_lora(project / LORAS / f"{name}.safetensors")
    return project


class Driver:
    """A person at the screen."""

    def __init__(self, app: NasutuiApp, pilot: Pilot[None], screen: GenerateScreen) -> None:
        self.app, self.pilot, self.screen = app, pilot, screen

    @property
    def desk(self):  # type: ignore[no-untyped-def]
        """What the screen works with."""
        return self.screen._desk

    def ask(self, prompt: str = "1girl", **more: object) -> None:
        """Fill the form."""
        values = {**SMALL, "trigger": "nasumiso_style", "lora": "nasumiso_v1", **more}
        self.screen._put(Generation(prompt, **values))  # type: ignore[arg-type]

    async def until(self, condition: Callable[[], object]) -> None:
        await until(self.pilot, condition)

    async def drawn(self, count: int) -> None:
        """Wait until the work is over and so many pictures are shown."""
        await self.until(lambda: self.app.newest_job and self.app.newest_job.ended)
        await self.until(lambda: len(self.screen._entries) == count)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)


@asynccontextmanager
async def generating(
    project: Path, size: tuple[int, int] = (80, 24), **config: object
) -> AsyncIterator[Driver]:
    """The app on the Generate screen, connected."""
    app = NasutuiApp(Config(**config), str(project))  # type: ignore[arg-type]
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        await pilot.press("5")
        screen = next(one for one in app.screen_stack if isinstance(one, GenerateScreen))
        await until(pilot, lambda: "looking for" not in screen._server_said)
        assert screen._desk is not None
        screen._desk.pace = FAST
        yield Driver(app, pilot, screen)
        app.screen.workers.cancel_all()
