"""The Generate screen of the real program in a real terminal, against a real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nasutui.core.generation.log import GenerationLog
from nasutui.core.generation.pnginfo import parse_infotext, read_parameters
from nasutui.core.project import GENERATED, create_project
from nasutui.core.tagging.models import EMBEDDED
from tests.support.generate_app import with_server
from tests.support.terminal import HAS_TMUX, Terminal
from tests.support.webui_case import GENERATE, INTERRUPT
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import Reply, Request, WebUIServer

pytestmark = pytest.mark.skipif(not HAS_TMUX, reason="tmux is not installed")

EVIL = "[@click=app.quit]x[/] \x1b]2;owned\x07 [bold]"


@pytest.fixture
def root(own_home: Path) -> Path:
    return create_project(own_home / "projects" / "demo", model=EMBEDDED).root


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_from_a_japanese_prompt_to_a_rated_picture(
    root: Path, own_home: Path, size: tuple[int, int]
) -> None:
    with WebUIServer(loras=[LoraFile("nasumiso_v1")]) as server:
        with_server(root, server.url)
        with Terminal([str(root)], own_home, size) as terminal:
            terminal.wait_for("demo")
            terminal.press("5")
            terminal.wait_for("connected to")
            terminal.press("Enter")
            terminal.wait_for("enter takes the prompt")
            terminal.type("青い髪の女の子、海")
            terminal.wait_for("1girl, blue_hair, ocean")
            terminal.press("Enter")
            terminal.wait_for("<lora:nasumiso_v1:0.8>")
            terminal.press("r")
            terminal.wait_for("1 drawn")
            terminal.press("Tab", "Space")
            terminal.wait_for("not rated")
            terminal.press("5")
            terminal.wait_for("*****")
            terminal.press("Escape", "C-q")
            terminal.wait_for("ENDED 0")
    (picture,) = (root / GENERATED).glob("*.png")
    text = read_parameters(picture)
    assert text is not None
    wanted = "nasumiso_style, 1girl, blue_hair, ocean <lora:nasumiso_v1:0.8>"
    assert parse_infotext(text).prompt == wanted
    with GenerationLog(root / GENERATED) as log:
        (entry,) = log.search("青い髪")
    assert entry.rating == 5


def test_interrupt_and_hostile_texts_of_the_server(root: Path, own_home: Path) -> None:
    def failing(request: Request) -> Reply | None:
        if request.path == GENERATE and len(server.sent(GENERATE)) == 2:
            return Reply(500, json.dumps({"error": EVIL, "errors": EVIL, "detail": ""}).encode())
        return None

    with WebUIServer(loras=[LoraFile("nasumiso_v1")]) as server:
        server.intercept = failing
        with_server(root, server.url)
        with Terminal([str(root)], own_home) as terminal:
            terminal.wait_for("demo")
            terminal.press("5")
            terminal.wait_for("connected to")
            server.engine.pause_at = 4
            terminal.press("r")
            terminal.wait_for("step 4 of 25")
            terminal.press("C-x")
            terminal.wait_for("stopped;")
            assert len(server.sent(INTERRUPT)) == 1
            server.engine.resume()
            terminal.press("r")
            terminal.wait_for("[@click=app.quit]")
            assert terminal.title() != "owned"
            terminal.press("C-q")
            terminal.wait_for("ENDED 0")
    assert not list((root / GENERATED).glob("*.png"))
