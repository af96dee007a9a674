"""Names, tags, words, settings and histories that try to command the terminal or the program, on
every screen and in every question: shown as they are, obeyed nowhere."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from nasutui.app import NasutuiApp
from nasutui.core.config import Config
from nasutui.core.japanese.own_words import FILE_NAME
from nasutui.core.project import (
    GENERATED,
    LORAS,
    PROCESSED,
    RAW,
    TAGGED,
    create_project,
    update_project,
)
from nasutui.core.tagging.models import EMBEDDED
from tests.support.lora_files import write_lora
from tests.support.screen_text import screen_text
from tests.tui.conftest import picture_bytes

MARKUP = "[@click=app.owned]x[/] [/nope] [red]"  # where control characters are refused
EVIL = MARKUP + "\x1b]2;owned\x07 \x9b31m \u202eevil"
NAME = EVIL.replace("/", "|")  # as a file's name
TAG = EVIL.replace(",", "").strip()
HARM = set("\x00\x07\x1b\x9b\u202e\u2066")
KEYS = {
    "0": ("n", "o"),
    "1": ("i", "enter", "space"),
    "2": ("U", "f", "tab"),
    "3": ("a", "/", "b", "w", "s", "P", "C", "H", "t", "l", "space", "m", "x"),
    "4": ("s", "b", "c", "o", "M"),
    "5": ("slash", "C", "enter", "e", "space"),
}


class Watched(NasutuiApp):
    """The app with an action that only markup in a name could call."""

    owned = 0

    def action_owned(self) -> None:
        self.owned += 1


@pytest.fixture
def root(own_home: Path) -> Path:
    """A project in which every text that comes from outside is hostile."""
    root = create_project(own_home / "projects" / NAME, model=EMBEDDED, trigger="t").root
    update_project(root, {"project": {"trigger": MARKUP}, "caption": {"exclude": [MARKUP]}})
    for name in (f"{NAME}.png", f"2 {NAME}.jpg", f"3 {NAME}.txt"):
        (root / RAW / name).write_bytes(picture_bytes())
    for folder in (PROCESSED, TAGGED, GENERATED, LORAS):
        (root / folder).mkdir(exist_ok=True)
    for number, caption in enumerate([f"{TAG}, 1girl", TAG, ""]):
        for folder in (PROCESSED, TAGGED):
            data = picture_bytes((40 * number, 90, 30))
            (root / folder / f"{number} {NAME}.png").write_bytes(data)
        (root / TAGGED / f"{number} {NAME}.txt").write_text(caption, encoding="utf-8")
    (root / FILE_NAME).write_text(f"1girl\t{TAG}\n{TAG}\t{TAG}|{TAG}\n", encoding="utf-8")
    write_lora(root / LORAS / f"{NAME}.safetensors")
    return root


def check(app: App[None], where: str) -> None:
    """Nothing on the screen commands anything."""
    for strip in app.screen._compositor.render_strips():
        assert not HARM & set(strip.text), (where, strip.text)
        for segment in strip:
            meta = segment.style.meta if segment.style else {}
            assert "owned" not in str(meta.get("@click", "")), (where, segment.text)
    for node in app.screen.walk_children():
        for text in (
            node.tooltip,
            getattr(node, "border_title", ""),
            getattr(node, "border_subtitle", ""),
        ):
            assert not HARM & set(str(text or "")), (where, node)
    assert not HARM & set(f"{app.title}{app.sub_title}{app.screen.title or ''}"), where


async def rest(app: App[None], pilot: Pilot[None]) -> None:
    """Let threads and timers do their work, for a while."""
    end = time.monotonic() + 0.1
    while time.monotonic() < end:
        await pilot.pause(0.02)


async def test_every_screen_and_question(root: Path) -> None:
    app = Watched(Config(), str(root))
    seen: set[str] = set()
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        for place, keys in KEYS.items():
            await pilot.press(place)
            await rest(app, pilot)
            for key in ("", *keys, "question_mark"):
                if key:
                    await pilot.press(key)
                    await rest(app, pilot)
                check(app, f"{place} {key}")
                if "[@click=app.owned]" in screen_text(app):
                    seen.add(f"{place} {type(app.screen).__name__}")
                for _time in range(3 if key else 0):
                    await pilot.press("escape")
                if place != "0" and app.current_mode == "home":
                    await pilot.press(place)
        assert app.owned == 0
        app.workers.cancel_all()
    assert app._exception is None
    # It was really there to be seen: a test of screens that show none of it would prove nothing.
    assert len(seen) >= 12, sorted(seen)


async def test_notes_and_errors(root: Path) -> None:
    app = Watched(Config(), str(root))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        app.open_path(root / NAME)
        await rest(app, pilot)
        check(app, "a path that is not there")
        await pilot.click("Toast")
        assert app.owned == 0
