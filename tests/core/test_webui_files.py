"""Where pictures are saved, and a step that has nothing to do or has to wait."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nasutui.core.errors import InputError
from nasutui.core.events import ItemDone
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.errors import BusyError
from nasutui.core.webui.generate import generate
from nasutui.core.webui.request import Txt2Img
from tests.support.webui_case import GENERATE, draw, of, small
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import WebUIServer


def test_names_of_the_files(tmp_path: Path) -> None:
    """Never over another file, whatever its format."""
    (tmp_path / "なす.png").write_bytes(b"mine")
    (tmp_path / "x.webp").write_bytes(b"mine")
    names = ["なす", "なす", "x", "y", "Y", "\u304b\u3099", "\u304c"]
    with WebUIServer() as server:
        made = of(draw(server, [small()] * 7, tmp_path, names=names), ItemDone)
    expected = ["なす-2.png", "なす-3.png", "x-2.png", "y.png", "Y-2.png"]
    expected += ["\u304b\u3099.png", "\u304c-2.png"]
    assert [d.path.name for d in made] == expected
    assert (tmp_path / "なす.png").read_bytes() == b"mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["なす.png", "x.webp", *(d.path.name for d in made)]
    )


@pytest.mark.parametrize(
    "name",
    ["", ".hidden", "a/b", "..", "a\\b", "a\nb", "a\x1bb", " a", "a ", "c:d", "\u202ea", "x" * 300],
)
def test_bad_names(tmp_path: Path, name: str) -> None:
    with WebUIServer() as server:
        with pytest.raises(InputError):
            draw(server, [small()], tmp_path, names=[name])
        assert not server.sent(GENERATE)


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with WebUIServer() as server, pytest.raises(InputError):
        draw(server, [small()], tmp_path / "file" / "out")


def test_nothing_to_draw(tmp_path: Path) -> None:
    with WebUIServer() as server:
        events = draw(server, [], tmp_path)
    assert [type(e).__name__ for e in events] == ["Started", "Finished"]


def test_not_waiting_for_others(tmp_path: Path) -> None:
    with WebUIServer() as server, WebUI(server.url) as webui:
        finish = server.engine.foreign_job()
        with pytest.raises(BusyError):
            list(generate(webui, [small()], tmp_path, wait=False))
        finish()
        assert of(list(generate(webui, [small()], tmp_path, wait=False)), ItemDone)


def test_pictures_show_what_was_asked(tmp_path: Path) -> None:
    """The same request gives the same pixels; prompt, seed, LoRA and weight change them."""
    prompts = ["a", "a", "b", "<lora:l:1>a", "<lora:l:0.5>a", "<lora:m:1>a"]
    requests = [Txt2Img(p, width=64, height=64, steps=2, seed=1) for p in prompts]
    with WebUIServer(loras=[LoraFile("l"), LoraFile("m", hash="f" * 12)]) as server:
        made = of(draw(server, [*requests, replace(requests[0], seed=2)], tmp_path), ItemDone)
    pixels = [_pixels(d.path) for d in made]
    assert pixels[0] == pixels[1]
    assert len(set(pixels)) == 6


def _pixels(path: Path) -> bytes:
    from PIL import Image

    with Image.open(path) as image:
        return image.tobytes()
