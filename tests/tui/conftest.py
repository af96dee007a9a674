"""The app under test."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from nasutui.app import NasutuiApp
from nasutui.core.config import Config
from nasutui.core.project import RAW, create_project
from nasutui.core.tagging.models import EMBEDDED

HOSTILE = (
    "[bold]x[/nope].png",  # a folder "[bold]x[" that holds "nope].png"
    "[@click=app.quit]y[red].png",
    "\x1b]2;owned\x07z.png",
    "ガール.png",  # NFD, as a Mac stores it
    "-rf.png",
    "%s {name}.png",
)


def picture_bytes(
    colour: tuple[int, int, int] = (200, 30, 30), size: tuple[int, int] = (96, 160)
) -> bytes:
    """A small PNG with something to see in it."""
    image = Image.new("RGB", size, colour)
    image.paste((255, 255, 255), (8, 8, 40, 40))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.fixture
def project(own_home: Path) -> Path:
    """A project with six raw pictures of hostile names and different colours."""
    root = create_project(own_home / "projects" / "demo", model=EMBEDDED).root
    for number, name in enumerate(HOSTILE):
        data = picture_bytes((40 * number, 200 - 30 * number, 90))
        path = root / RAW / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return root


@pytest.fixture
def make_app() -> Callable[..., NasutuiApp]:
    """A function that makes an app on a path."""

    def make(path: Path | None = None, **config: object) -> NasutuiApp:
        return NasutuiApp(Config(**config), str(path) if path else None)  # type: ignore[arg-type]

    return make
