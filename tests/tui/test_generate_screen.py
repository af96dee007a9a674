"""The Generate screen, driven by keys against a real server: drawing, stopping, trouble."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from nasutui.core.generation.log import GenerationLog
from nasutui.core.project import GENERATED
from nasutui.screens.generate import GenerateScreen
from nasutui.widgets.ask import AskYesNo
from nasutui.widgets.picture_grid import PictureGrid
from tests.support.generate_app import generating, with_server
from tests.support.screen_text import screen_text
from tests.support.webui_case import GENERATE, INTERRUPT, closed_url, instead
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import Reply, Request, WebUIServer

LORAS = [LoraFile("nasumiso_v1"), LoraFile("from_server")]
EVIL = "[bold]x[/nope] [@click=app.quit]y[/] \x1b]2;owned\x07 \u202eevil"


async def test_a_prompt_becomes_pictures_that_are_kept_and_logged(project: Path) -> None:
    with WebUIServer(loras=LORAS) as server:
        async with generating(with_server(project, server.url)) as person:
            await person.press("enter", *"1girl", "comma", *" smi", "tab")
            await person.until(lambda: "smile" in screen_text(person.app))
            await person.press("escape")
            person.ask("1girl, smile", count=2)
            await person.press("r")
            await person.drawn(2)
            text = screen_text(person.app)
            assert "nasumiso_style, 1girl, smile" in text
            assert "<lora:nasumiso_v1:0.8>" in text
        assert [r.json()["seed"] for r in server.sent(GENERATE)] == [5, 6]
    pictures = sorted((project / GENERATED).glob("*.png"))
    assert len(pictures) == 2
    with GenerationLog(project / GENERATED) as log:
        assert {entry.path for entry in log.search()} == set(pictures)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_progress_shows_and_ctrl_x_interrupts_the_server(
    project: Path, size: tuple[int, int]
) -> None:
    with WebUIServer(loras=LORAS) as server:
        async with generating(with_server(project, server.url), size) as person:
            server.engine.pause_at = 3
            person.ask(count=3)
            await person.press("r")
            await person.until(lambda: "step 3 of 6" in screen_text(person.app))
            await person.until(lambda: person.screen._state.preview is not None)
            assert "1/3" in screen_text(person.app)
            await person.press("ctrl+x")
            await person.until(lambda: person.app.newest_job and person.app.newest_job.ended)
            assert len(server.sent(INTERRUPT)) == 1
            assert len(server.sent(GENERATE)) == 1
            assert "stopped" in screen_text(person.app)
        assert not list((project / GENERATED).glob("*.png"))


async def test_the_place_in_the_queue_is_seen(project: Path) -> None:
    with WebUIServer(loras=LORAS) as server:
        async with generating(with_server(project, server.url)) as person:
            finish = server.engine.foreign_job()
            person.ask()
            await person.press("r")
            await person.until(lambda: "queue" in screen_text(person.app))
            finish()
            await person.drawn(1)


async def test_the_server_dies_in_mid_picture(project: Path) -> None:
    with WebUIServer(loras=LORAS) as server:
        async with generating(with_server(project, server.url)) as person:
            server.engine.faults.append("die")
            person.ask(count=2)
            await person.press("r")
            await person.until(lambda: person.app.newest_job and person.app.newest_job.ended)
            await person.pilot.pause()
            assert "broke" in screen_text(person.app)
            await person.press("f")
            await person.pilot.pause()
            assert "2 were skipped" in screen_text(person.app)
            await person.press("r")  # again, the server is back
            await person.drawn(2)


async def test_a_server_that_is_not_there_is_said_with_what_to_do(project: Path) -> None:
    async with generating(with_server(project, closed_url())) as person:
        text = " ".join(screen_text(person.app).split())
        assert "Nothing answers" in text
        assert "--api" in text
        person.ask()
        await person.press("r")
        await person.until(lambda: person.app.newest_job and person.app.newest_job.ended)
        await person.pilot.pause()
        assert person.app.newest_job is not None
        assert "Nothing answers" in person.app.newest_job.error


async def test_black_pictures_are_kept_and_marked(project: Path) -> None:
    with WebUIServer(loras=LORAS) as server:
        async with generating(with_server(project, server.url)) as person:
            server.engine.faults.append("black")
            person.ask()
            await person.press("r")
            await person.drawn(1)
            assert "! " in screen_text(person.app)
            await person.press("tab", "space")
            await person.pilot.pause()
            assert "webui-black-picture" in screen_text(person.app)


async def test_an_answer_of_20_megabytes_does_not_hold_up_the_keys(project: Path) -> None:
    def pad(answer: Any) -> Any:
        if isinstance(answer, dict) and "images" in answer:
            data = base64.b64decode(answer["images"][0])
            answer["images"][0] = base64.b64encode(data + b"\0" * (20 << 20)).decode()
        return answer

    with WebUIServer(loras=LORAS) as server:
        async with generating(with_server(project, server.url)) as person:
            server.alter = pad
            person.ask()
            await person.press("r")
            await person.drawn(1)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=json.dumps({"images": ["bm8gcGljdHVyZQ=="], "info": "{}"}).encode()),
        Reply(body=json.dumps({"images": [EVIL], "info": EVIL}).encode()),
        Reply(body=b"<html>" + EVIL.encode(), type="text/html"),
        Reply(500, json.dumps({"error": EVIL, "errors": EVIL, "detail": ""}).encode()),
        Reply(422, json.dumps({"detail": [{"loc": ["body", EVIL], "msg": EVIL}]}).encode()),
    ],
)
async def test_answers_that_are_no_picture_and_texts_with_markup(
    project: Path, reply: Reply
) -> None:
    with WebUIServer(loras=LORAS) as server:
        async with generating(with_server(project, server.url)) as person:
            server.intercept = instead(GENERATE, reply)
            person.ask()
            await person.press("r")
            await person.until(lambda: person.app.newest_job and person.app.newest_job.ended)
            await person.pilot.pause()
            await person.press("f")
            await person.pilot.pause()
            text = screen_text(person.app)
            assert "1 was skipped" in text
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert person.app.is_running


async def test_names_from_the_server_are_shown_as_they_are(project: Path) -> None:
    def answer(request: Request) -> Reply | None:
        if request.path == "/sdapi/v1/loras":
            return Reply(body=json.dumps([{"name": EVIL, "alias": EVIL}]).encode())
        if request.path == "/sdapi/v1/samplers":
            return Reply(body=json.dumps([{"name": EVIL}]).encode())
        return None

    with WebUIServer(loras=LORAS) as server:
        server.intercept = answer
        async with generating(with_server(project, server.url), (120, 40)) as person:
            await person.until(lambda: EVIL in person.screen._form.loras)
            person.ask(lora=EVIL, sampler=EVIL)
            await person.pilot.pause()
            await person.press("down", "down", "down", "enter")
            await person.pilot.pause()
            text = screen_text(person.app)
            assert "[bold]x[/nope]" in text
            assert "\x1b" not in text


async def test_japanese_is_shown_as_tags_before_it_is_sent(project: Path) -> None:
    with WebUIServer(loras=LORAS) as server:
        async with generating(with_server(project, server.url)) as person:
            person.ask("青い髪の女の子、ほげほげ")
            await person.until(lambda: "1girl, blue_hair" in screen_text(person.app))
            await person.press("r")
            await person.until(lambda: isinstance(person.app.screen, AskYesNo))
            await person.press("n")
            assert not server.sent(GENERATE)
            await person.press("r")
            await person.until(lambda: isinstance(person.app.screen, AskYesNo))
            await person.press("y")
            await person.drawn(1)
            (request,) = server.sent(GENERATE)
            sent = "nasumiso_style, 1girl, blue_hair <lora:nasumiso_v1:0.8>"
            assert request.json()["prompt"] == sent


async def test_work_goes_on_in_another_place(project: Path) -> None:
    with WebUIServer(loras=LORAS) as server:
        async with generating(with_server(project, server.url)) as person:
            server.engine.pause_at = 3
            person.ask()
            await person.press("r")
            await person.until(lambda: "step 3" in screen_text(person.app))
            await person.press("2")
            assert person.app.current_mode == "caption"
            server.engine.resume()
            await person.until(lambda: person.app.newest_job and person.app.newest_job.ended)
            await person.press("5")
            await person.drawn(1)
            assert isinstance(person.app.screen, GenerateScreen)


async def test_the_password_is_asked_for_and_kept_nowhere(project: Path) -> None:
    with WebUIServer(loras=LORAS, auth=("me", "sesame-99")) as server:
        async with generating(with_server(project, server.url)) as person:
            await person.until(lambda: person.app.screen.query("#password"))
            await person.press(*"me", "enter", *"sesame-99")
            assert "sesame" not in screen_text(person.app)
            await person.press("enter")
            await person.until(lambda: "connected" in person.screen._server_said)
            person.ask()
            await person.press("r")
            await person.drawn(1)
    for path in project.rglob("*"):
        if path.is_file():
            assert b"sesame-99" not in path.read_bytes()


async def test_keys_1_to_5_stay_the_places_outside_of_a_large_picture(project: Path) -> None:
    with WebUIServer(loras=LORAS) as server:
        async with generating(with_server(project, server.url)) as person:
            person.ask()
            await person.press("r")
            await person.drawn(1)
            person.screen.query_one(PictureGrid).focus()
            await person.press("3")
            assert person.app.current_mode == "tags"
