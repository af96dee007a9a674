"""The Tags workplace under test: a folder of pictures and captions, and what the screen shows."""

from __future__ import annotations

import contextlib
from pathlib import Path

from textual.events import Key
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from nasutui.app import NasutuiApp
from nasutui.core.config import Config
from nasutui.screens.tags import TagsScreen
from tests.support.small_pictures import small_png

HOSTILE_TAGS = (
    "[bold]x[/nope]", "^_^", ":d", ">_<", 'don\'t_say_"lazy"', "poster_(object)", "\\m/", "1girl",
    "2024", "[@click=app.quit]y[/]",
)  # fmt: skip


def make_folder(folder: Path, captions: dict[str, bytes | str | None]) -> Path:
    """Pictures with these captions (None: no caption file)."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, caption) in enumerate(captions.items()):
        (folder / f"{name}.png").write_bytes(small_png((number * 37 % 256, 90, 160)))
        if caption is not None:
            data = caption.encode() if isinstance(caption, str) else caption
            (folder / f"{name}.txt").write_bytes(data)
    return folder


def caption_of(folder: Path, name: str) -> str:
    """What a caption file holds."""
    return (folder / f"{name}.txt").read_text(encoding="utf-8")


def make_app(folder: Path, **config: object) -> NasutuiApp:
    """The app on a folder; a plain folder opens in the Tags workplace."""
    return NasutuiApp(Config(**config), str(folder))  # type: ignore[arg-type]


async def settled(pilot: Pilot[None]) -> TagsScreen:
    """All work done and shown; the Tags workplace. A question that waits for its answer is no
    work: only threads are waited for."""
    for _round in range(3):
        for worker in list(pilot.app.workers):
            if worker._thread_worker:
                with contextlib.suppress(WorkerCancelled):
                    await worker.wait()
        await pilot.pause()
    screens = [s for s in pilot.app.screen_stack if isinstance(s, TagsScreen)]
    return screens[0]


async def typed(pilot: Pilot[None], text: str) -> None:
    """Type a text, as an input method or a quick hand sends it: all keys, then one pause."""
    driver = pilot.app._driver
    assert driver is not None
    for character in text:
        event = Key(_KEYS.get(character, character), character)
        event.set_sender(pilot.app)
        driver.send_message(event)
    await pilot.pause()


_KEYS = {" ": "space"}


def shown(screen: TagsScreen) -> list[str]:
    """The names of the pictures in the list."""
    assert screen.desk is not None
    return [screen.name_of(slot) for slot in screen.pictures.items]


def tags_shown(screen: TagsScreen) -> list[str]:
    """The tags of the picture under the cursor, as the list on the right shows them."""
    return [row.tag for row in screen.tag_list.items if row.kind == "tag"]
