"""Drawing and logging against a real server on this computer."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nasutui.core.errors import InputError
from nasutui.core.events import Event, Finished, ItemDone, ItemFailed, Note, Progress
from nasutui.core.generation.drawing import AUTH_VARIABLE, DrawSettings, Server, draw, in_numbers
from nasutui.core.generation.log import GenerationLog
from nasutui.core.generation.pnginfo import parse_infotext, read_parameters
from nasutui.core.generation.settings import Generation, from_infotext, full_prompt, in_tags
from nasutui.core.webui.errors import PasswordError
from nasutui.core.webui.progress import DrawingProgress
from tests.support.lora_files import write_lora
from tests.support.webui_case import FAST, GENERATE, at_step, codes, of
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import WebUIServer

SMALL = Generation("1girl", width=64, height=64, steps=6, seed=5)


def run(
    server: WebUIServer,
    asked: Generation,
    folder: Path,
    on: Callable[[Event], None] = lambda _event: None,
    **more: Any,
) -> list[Event]:
    events = []
    stop: list[bool] = more.pop("stop", [])
    settings = DrawSettings(asked, folder, Server(server.url), pace=FAST, **more)
    for event in draw(settings, lambda: bool(stop)):
        events.append(event)
        on(event)
    return events


def small(prompt: str, **more: Any) -> Generation:
    return Generation(prompt, **{"width": 64, "height": 64, "steps": 6, "seed": 5, **more})


@pytest.mark.parametrize("profile", ["a1111-1.10", "a1111-1.8", "forge", "sdnext"])
@pytest.mark.parametrize(
    "prompt", ["1girl, (smile:1.2), 2:1", "青い髪の女の子、海", "é, ガール風 <b>"]
)
def test_a_picture_is_read_back_to_exactly_its_parameters(
    tmp_path: Path, profile: str, prompt: str
) -> None:
    asked = small(prompt, negative='low, bad: "x"', trigger="nasumiso_style", lora="nasumiso_v1")
    with WebUIServer(profile, loras=[LoraFile("nasumiso_v1")]) as server:
        (done,) = of(run(server, asked, tmp_path), ItemDone)
    sent = in_tags(asked).generation
    text = read_parameters(done.path)
    assert text is not None
    assert parse_infotext(text).prompt == full_prompt(sent)
    back = from_infotext(text, "nasumiso_style")
    assert full_prompt(back) == full_prompt(sent)
    assert (back.negative, back.seed, back.steps, back.cfg) == (sent.negative, 5, 6, 7.5)
    assert (back.width, back.height, back.lora) == (64, 64, "nasumiso_v1")


def test_every_picture_is_in_the_log_before_it_is_told(tmp_path: Path) -> None:
    def look(event: Event) -> None:
        if isinstance(event, ItemDone):
            with GenerationLog(tmp_path) as log:
                entry = log.find(event.path)
                assert entry is not None
                assert entry.id == event.detail["entry"]
                assert event.path.is_file()

    with WebUIServer(loras=[LoraFile("nasumiso_v1")]) as server:
        asked = small("青い髪、[bold]", lora="nasumiso_v1", count=2)
        events = run(server, asked, tmp_path, look)
        sent = [request.json() for request in server.sent(GENERATE)]
    assert [one["seed"] for one in sent] == [5, 6]
    assert {one["n_iter"] for one in sent} == {1}
    with GenerationLog(tmp_path) as log:
        newer, older = log.search()
    assert (older.seed, newer.seed) == (5, 6)
    assert older.generation.prompt == "青い髪、[bold]"
    assert older.sent_prompt.startswith("blue_hair, [bold]")
    assert older.loras == {"nasumiso_v1": "0123456789ab"}
    notes = [note.text for note in of(events, Note) if note.code == "prompt-in-tags"]
    assert notes == ["the prompt in tags: blue_hair, [bold] <lora:nasumiso_v1:0.8>"]


def test_another_file_under_the_same_name_is_noticed(tmp_path: Path) -> None:
    write_lora(tmp_path / "loras" / "nasumiso_v1.safetensors", "cd" * 32)
    with WebUIServer(loras=[LoraFile("nasumiso_v1")]) as server:
        asked = small("1girl", lora="nasumiso_v1")
        events = run(server, asked, tmp_path / "out", loras=tmp_path / "loras")
    assert "webui-other-lora" in codes(events)
    with GenerationLog(tmp_path / "out") as log:
        assert log.search()[0].warnings == ("webui-other-lora",)


def test_black_pictures_and_missing_loras_are_kept_with_a_warning(tmp_path: Path) -> None:
    with WebUIServer() as server:
        server.engine.faults.extend(["black", ""])
        events = run(server, small("1girl", lora="not_there", count=1), tmp_path)
    (done,) = of(events, ItemDone)
    assert set(done.detail["warnings"]) == {"webui-black-picture", "webui-lora-not-applied"}


def test_stopping_interrupts_the_server_and_keeps_what_is_finished(tmp_path: Path) -> None:
    stop: list[bool] = []
    with WebUIServer() as server:
        server.engine.pause_at = 3

        def act(event: Event) -> None:
            if isinstance(event, ItemDone):
                server.engine.pause_at = 3

        def on(event: Event) -> None:
            act(event)
            first = not list(tmp_path.glob("*.png"))
            at_step(3, server.engine.resume if first else lambda: stop.append(True))(event)

        events = run(server, small("1girl", count=4), tmp_path, on, stop=stop)
        assert server.engine.state["interrupted"]
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.cancelled
    assert len(of(events, ItemDone)) == 1
    with GenerationLog(tmp_path) as log:
        assert len(log.search()) == 1


def test_the_death_of_the_server_in_mid_picture(tmp_path: Path) -> None:
    with WebUIServer() as server:
        server.engine.faults.extend(["", "die"])
        events = run(server, small("1girl", count=3), tmp_path)
        assert len(server.sent(GENERATE)) == 2
    assert len(of(events, ItemDone)) == 1
    assert [failed.code for failed in of(events, ItemFailed)] == ["webui-died", "webui-died"]


def test_an_answer_of_20_megabytes(tmp_path: Path) -> None:
    def pad(answer: Any) -> Any:
        if isinstance(answer, dict) and "images" in answer:
            data = base64.b64decode(answer["images"][0])
            answer["images"][0] = base64.b64encode(data + b"\0" * (20 << 20)).decode()
        return answer

    with WebUIServer() as server:
        server.alter = pad
        (done,) = of(run(server, small("1girl"), tmp_path), ItemDone)
    assert done.path.stat().st_size > 20 << 20
    assert read_parameters(done.path)


def test_no_prompt_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    with WebUIServer() as server:
        with pytest.raises(InputError) as caught:
            run(server, small("  "), tmp_path)
        assert caught.value.code == "no-prompt"
        assert not server.requests


def test_the_password_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WebUIServer(auth=("me", "se:cret")) as server:
        with pytest.raises(PasswordError) as caught:
            run(server, SMALL, tmp_path)
        monkeypatch.setenv(AUTH_VARIABLE, "me:se:cret")
        assert of(run(server, SMALL, tmp_path), ItemDone)
        monkeypatch.setenv(AUTH_VARIABLE, "me:wrong-one")
        with pytest.raises(PasswordError) as caught:
            run(server, SMALL, tmp_path)
        assert "wrong-one" not in str(caught.value)
    assert "wrong-one" not in repr(Server("http://me:wrong-one@127.0.0.1"))


def test_a_front_end_without_pictures_gets_numbers(tmp_path: Path) -> None:
    with WebUIServer() as server:
        settings = DrawSettings(SMALL, tmp_path, Server(server.url), previews=True, pace=FAST)
        events = list(in_numbers(draw(settings)))
    assert not of(events, DrawingProgress)
    progress = of(events, Progress)
    assert progress
    json.dumps([[one.what, one.done, one.total, one.unit] for one in progress])
