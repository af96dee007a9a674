"""The contract's scenarios, each over real sockets: what the user of the client sees."""

from __future__ import annotations

import itertools
import json
import threading
from pathlib import Path

import pytest

from nasutui.core.events import Event, Finished, ItemDone, ItemFailed, Note, Progress, Started
from nasutui.core.generation.pnginfo import parse_infotext, read_parameters
from nasutui.core.webui.abort import Abort, RequestAborted
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.errors import (
    ApiOffError,
    BusyError,
    NotRunningError,
    OtherServerError,
    PasswordError,
)
from nasutui.core.webui.generate import generate
from nasutui.core.webui.progress import DrawingProgress
from nasutui.core.webui.request import payload
from nasutui.core.webui.sampler import SamplerChoice
from tests.support.webui_case import (
    GENERATE,
    INTERRUPT,
    PROGRESS,
    at_step,
    closed_url,
    codes,
    draw,
    of,
    only_picture,
    small,
)
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import Reply, Request, WebUIServer

NASUMISO = LoraFile("nasumiso_v1")
HTML = Reply(body=b"<!doctype html><title>[bold]Router[/] \x1b[31mlogin</title>", type="text/html")


def test_happy(tmp_path: Path) -> None:
    """A LoRA, three looks at the progress, a picture whose text is the request again."""
    request = small("<lora:nasumiso_v1:1>, nasumiso_style, 1girl", negative_prompt="lowres")
    with WebUIServer(loras=[NASUMISO]) as server:
        server.engine.pause_at = 3
        looks = itertools.count(1)
        events = draw(
            server,
            [request],
            tmp_path,
            on=at_step(3, lambda: server.engine.resume() if next(looks) == 3 else None),
        )
        assert len(server.sent(GENERATE)) == 1
    assert isinstance(events[0], Started) and events[0].total == 1
    assert events[-1] == Finished("generate", {"made": 1, "failed": 0, "warnings": 0})
    done = only_picture(events)
    text = read_parameters(done.path)
    assert text == done.detail["parameters"]
    info = parse_infotext(text or "")
    assert (info.prompt, info.negative_prompt) == (request.prompt, "lowres")
    assert info.params["Seed"] == "12345"
    assert info.params["Size"] == "64x64"
    assert info.params["Steps"] == "6"
    assert (info.params["Sampler"], info.params["Schedule type"]) == ("DPM++ 2M", "Karras")
    assert info.params["Lora hashes"] == "nasumiso_v1: 0123456789ab"
    assert done.detail["warnings"] == []


def test_progress_rises_to_100_and_then_the_picture_is_there(tmp_path: Path) -> None:
    with WebUIServer() as server:
        server.engine.pause_at = 3
        events = draw(server, [small()], tmp_path, on=at_step(3, server.engine.resume))
    shown = of(events, Progress)
    assert [p.done for p in shown] == sorted(p.done for p in shown)
    assert (shown[-1].done, shown[-1].total, shown[-1].unit) == (100, 100, "percent")
    assert isinstance(events[events.index(shown[-1]) + 1], ItemDone)


def test_progress_never_falls(tmp_path: Path) -> None:
    """Servers fall back to 0 at the end, or whenever they like."""
    fractions = itertools.cycle([0.5, 0.2, 0.9, 0.0, 0.4])

    def fall(request: Request) -> Reply | None:
        if request.path != PROGRESS or not server.sent(GENERATE):
            return None
        state = server.engine.progress(True)["state"]
        fraction = next(fractions)
        if fraction == 0.4:
            server.engine.resume()
        return Reply(body=json.dumps({"progress": fraction, "state": state}).encode())

    with WebUIServer() as server:
        server.intercept = fall
        server.engine.pause_at = 3
        events = draw(server, [small()], tmp_path)
    shown = [p.done for p in of(events, Progress)]
    assert 90 in shown and shown == sorted(shown)


@pytest.mark.parametrize("previews", [True, False])
def test_previews_only_when_wanted(tmp_path: Path, previews: bool) -> None:
    with WebUIServer() as server:
        server.engine.pause_at = 3
        events = draw(
            server, [small()], tmp_path, previews=previews, on=at_step(3, server.engine.resume)
        )
        asked = [r.query.get("skip_current_image") for r in server.sent(PROGRESS)[1:-1]]
    found = [p.preview for p in of(events, DrawingProgress) if p.preview]
    assert bool(found) is previews
    assert all(data.startswith(b"\x89PNG") for data in found)
    assert set(map(str, asked)) == ({"None"} if previews else {"['true']"})


def test_api_off(tmp_path: Path) -> None:
    with WebUIServer(api=False) as server, WebUI(server.url) as webui:
        with pytest.raises(ApiOffError, match=r"--api") as caught:
            webui.check()
        assert server.url in str(caught.value)
        with pytest.raises(ApiOffError):
            list(generate(webui, [small()], tmp_path))
        assert webui.loras() == ()
        assert not server.sent(GENERATE)


def test_down(tmp_path: Path) -> None:
    with WebUI(closed_url()) as webui, pytest.raises(NotRunningError) as caught:
        list(generate(webui, [small()], tmp_path))
    assert "./webui.sh --api" in str(caught.value)
    assert webui.url in str(caught.value)


@pytest.mark.parametrize("status", [200, 404, 403])
def test_other_server(tmp_path: Path, status: int) -> None:
    with WebUIServer() as server, WebUI(server.url) as webui:
        server.intercept = lambda _request: Reply(status, HTML.body, HTML.type)
        with pytest.raises(OtherServerError) as caught:
            list(generate(webui, [small()], tmp_path))
        assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("profile", ["a1111-1.10", "forge", "sdnext"])
def test_auth(profile: str) -> None:
    with WebUIServer(profile, auth=("nasu", "秘密:x"), loras=[NASUMISO]) as server:
        with WebUI(server.url) as webui:
            with pytest.raises(PasswordError, match="asks for a user name"):
                webui.check()
            assert [lora.name for lora in webui.loras()] == ["nasumiso_v1"]
        wrong = WebUI(server.url, user="nasu", password="wrong")
        with wrong, pytest.raises(PasswordError, match="refuses this user name"):
            wrong.check()
        with WebUI(server.url, user="nasu", password="秘密:x") as webui:
            assert webui.check().samplers


def test_unknown_lora(tmp_path: Path) -> None:
    request = small("<lora:Nasumiso_v1:0.8>, 1girl")
    with WebUIServer(loras=[NASUMISO]) as server:
        events = draw(server, [request], tmp_path)
    done = only_picture(events)
    assert done.detail["warnings"] == ["webui-lora-not-applied"]
    (note,) = of(events, Note)
    assert note.path == done.path
    assert "Nasumiso_v1" in note.text and "Did you mean: nasumiso_v1?" in note.text


def test_a_missing_lora_is_not_drawn_again_and_again(tmp_path: Path) -> None:
    """The first picture shows that it is missing; others with the same LoRAs are not begun."""
    wrong, right = small("<lora:nasumiso:1>"), small("<lora:nasumiso_v1:1>")
    with WebUIServer(loras=[NASUMISO]) as server:
        events = draw(server, [wrong, wrong, right], tmp_path)
        assert len(server.sent(GENERATE)) == 2
    assert len(of(events, ItemDone)) == 2
    (failed,) = of(events, ItemFailed)
    assert failed.code == "webui-lora-not-applied"


def test_lora_alias_clash(tmp_path: Path) -> None:
    names = ["nasumiso_v1-000004", "nasumiso_v1-000008"]
    files = [LoraFile(n, alias="nasumiso_v1", hash=f"{i}123456789ab") for i, n in enumerate(names)]
    prompts = [f"<lora:{n}:1>" for n in ["nasumiso_v1", *names]]
    with WebUIServer(loras=files) as server:
        events = draw(server, [small(p) for p in prompts], tmp_path)
    made = of(events, ItemDone)
    assert [d.detail["warnings"] for d in made] == [["webui-lora-not-applied"], [], []]
    (note,) = of(events, Note)
    assert all(name in note.text for name in names)
    assert len({d.path.read_bytes() for d in made}) == 3


@pytest.mark.parametrize(
    ("profile", "sampler", "scheduler"),
    [
        ("a1111-1.10", "DPM++ 2M", "Karras"),
        ("a1111-1.9", "DPM++ 2M", "Karras"),
        ("a1111-1.8", "DPM++ 2M Karras", None),
        ("a1111-1.6", "DPM++ 2M Karras", None),
        ("forge", "DPM++ 2M", "Karras"),
        ("reforge", "DPM++ 2M", "Karras"),
        ("sdnext", "DPM++ 2M", None),
    ],
)
def test_sampler_form(tmp_path: Path, profile: str, sampler: str, scheduler: str | None) -> None:
    """sampler_1_9, sampler_1_8 and the other servers: each gets the form that it understands."""
    with WebUIServer(profile) as server:
        events = draw(server, [small(sampler="DPM++ 2M Karras")], tmp_path)
        (sent,) = server.sent(GENERATE)
    assert sent.json()["sampler_name"] == sampler
    assert sent.json().get("scheduler") == scheduler
    sigma = {"schedulers_sigma": "karras"} if profile == "sdnext" else {}
    assert sent.json()["override_settings"] == sigma
    assert only_picture(events).detail["warnings"] == []


def test_slow_and_cancel(tmp_path: Path) -> None:
    """Cancelling interrupts on the server; its half picture is marked, not kept."""
    stop = threading.Event()
    with WebUIServer() as server:
        server.engine.pause_at = 3
        events = draw(
            server, [small(), small()], tmp_path, cancelled=stop.is_set, on=at_step(3, stop.set)
        )
        assert len(server.sent(INTERRUPT)) == 1
        assert len(server.sent(GENERATE)) == 1
    (failed,) = of(events, ItemFailed)
    assert failed.code == "webui-interrupted"
    finished = events[-1]
    assert isinstance(finished, Finished) and finished.cancelled
    assert list(tmp_path.iterdir()) == []


def test_disconnect(tmp_path: Path) -> None:
    """A request that was left goes on; the next client is told that the server is busy, and its
    picture is drawn after that."""
    with WebUIServer() as server, WebUI(server.url) as gone, WebUI(server.url) as webui:
        server.engine.pause_at = 3
        abort = Abort()
        body = payload(small(), SamplerChoice("Euler"), "gone")
        errors: list[type[BaseException]] = []

        def leave() -> None:
            try:
                gone.txt2img(body, abort)
            except RequestAborted as error:
                errors.append(type(error))

        thread = threading.Thread(target=leave)
        thread.start()
        server.engine.wait_for(lambda: server.engine.state["sampling_step"] == 3)
        abort.abort()
        thread.join()
        assert errors == [RequestAborted]
        with pytest.raises(BusyError):
            list(generate(webui, [small()], tmp_path, wait=False))

        def go_on(event: Event) -> None:
            if isinstance(event, Note):
                server.engine.resume()

        events = draw(server, [small()], tmp_path, on=go_on)
        assert len(server.sent(GENERATE)) == 2
    assert codes(events) == ["webui-busy"]
    assert only_picture(events).detail["warnings"] == []


@pytest.mark.parametrize("profile", ["a1111-1.10", "a1111-1.6", "forge", "sdnext"])
def test_browser_job(tmp_path: Path, profile: str) -> None:
    """While a browser's job runs, ours is shown as waiting, never with the other's progress."""
    with WebUIServer(profile) as server:
        finish = server.engine.foreign_job("task(abc123)", steps=20, pause_at=10)
        waiting: list[Event] = []

        def look(event: Event) -> None:
            waiting.append(event)
            if isinstance(event, Note):
                server.engine.pause_at = 5
                finish()
            if isinstance(event, DrawingProgress) and event.step == 5:
                server.engine.resume()

        events = draw(server, [small()], tmp_path, on=look)
    assert codes(events) == ["webui-busy"]
    before = events[: [isinstance(e, Note) for e in events].index(True)]
    assert all(p.total is None for p in of(before, Progress))
    assert {p.steps for p in of(events, DrawingProgress)} <= {0, 6}
    assert only_picture(events).detail["warnings"] == []


def test_progress_500(tmp_path: Path) -> None:
    failing = itertools.cycle([True, True, False])

    def sometimes(request: Request) -> Reply | None:
        progress = request.path in (PROGRESS, "/internal/progress")
        return Reply(500, b'{"error":"x"}') if progress and next(failing) else None

    with WebUIServer() as server:
        server.intercept = sometimes
        server.engine.pause_at = 3
        events = draw(server, [small()], tmp_path, on=at_step(3, server.engine.resume))
    assert only_picture(events).detail["warnings"] == []
