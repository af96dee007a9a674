"""Servers that say anything: every answer ends in a typed error or a picture, and no text of theirs
reaches a terminal as it is."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nasutui.core.events import ItemDone, ItemFailed, Note
from nasutui.core.generation.pnginfo import read_parameters
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.complaint import error_of, read_complaint
from nasutui.core.webui.errors import (
    BadAnswerError,
    WebUIError,
)
from nasutui.core.webui.progress import DrawingProgress, read_report
from tests.support.webui_case import (
    GENERATE,
    PROGRESS,
    codes,
    draw,
    instead,
    is_safe,
    of,
    only_picture,
    picture_text,
    small,
)
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import Reply, WebUIServer

NASTY = "[bold red]x[/] \x1b]0;owned\x07\x1b[2J \u202egnp.exe\u2066 \r\n\x00 \ud800 なす"


def complaint(**body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "body",
    [
        complaint(detail=NASTY),
        complaint(detail=[{"loc": ["body", NASTY], "msg": NASTY}]),
        complaint(error=NASTY, detail="", errors=NASTY),
        complaint(error="RuntimeError", message=NASTY),
        complaint(nothing=NASTY),
        NASTY.encode("utf-8", "surrogatepass"),
        b"<html>" + b"\x1b[31m" * 1000,
        b"\xff" * 1000,
        b"",
        b"[" * 200_000,
        b'{"detail": ' + b"9" * 10_000 + b"}",
        json.dumps([NASTY]).encode(),
        complaint(detail=[1, None, [], {"loc": 5, "msg": None}, {"loc": list(range(999))}]),
    ],
)
@pytest.mark.parametrize("status", [400, 404, 418, 422, 500, 503, 599])
def test_complaints(status: int, body: bytes) -> None:
    """Whatever an error's body is, the message is short and safe."""
    error = error_of(read_complaint(status, body))
    assert isinstance(error, WebUIError)
    assert is_safe(str(error)) and len(str(error)) < 1500


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"detail": "first", "errors": "no"}, "first"),
        (
            {"detail": [{"loc": ["body", "steps"], "msg": "not a number"}], "errors": "no"},
            "steps: not a number",
        ),
        ({"error": "no", "detail": "", "errors": "second"}, "second"),
        ({"error": "no", "detail": "", "message": "third"}, "third"),
        ({"error": "fourth", "detail": ""}, "fourth"),
    ],
)
def test_where_the_words_are(body: dict[str, Any], words: str) -> None:
    assert read_complaint(500, json.dumps(body).encode()).text == words


def test_words_of_no_known_shape() -> None:
    """Status and the first 200 characters."""
    text = read_complaint(507, b"y" * 5000).text
    assert text.startswith("HTTP 507 yyy") and len(text) < 220


def test_nasty_failure_over_the_wire(tmp_path: Path) -> None:
    with WebUIServer() as server:
        body = complaint(error="RuntimeError", detail="", errors=NASTY)
        server.intercept = instead(GENERATE, Reply(500, body))
        (failed,) = of(draw(server, [small()], tmp_path), ItemFailed)
    assert is_safe(failed.reason) and "[bold red]" in failed.reason


def test_nasty_details(tmp_path: Path) -> None:
    """Hostile names in the details are shown safely; the picture is kept."""

    def nasty(answer: dict[str, Any]) -> dict[str, Any]:
        info = json.loads(answer["info"])
        info |= {"sampler_name": NASTY, "all_seeds": [7], "sd_model_name": NASTY}
        info["extra_generation_params"] = {"Lora hashes": f"{NASTY}: {NASTY}"}
        return answer | {"info": json.dumps(info)}

    with WebUIServer() as server:
        server.alter = nasty
        events = draw(server, [small(model="anime_v3")], tmp_path)
    notes = of(events, Note)
    assert {n.code for n in notes} == {
        "webui-other-sampler",
        "webui-other-seed",
        "webui-other-model",
        "webui-extra-lora",
    }
    assert all(is_safe(n.text) for n in notes)
    assert only_picture(events).path.exists()


def test_nasty_names_in_lists(tmp_path: Path) -> None:
    with WebUIServer(loras=[LoraFile(f"nasu{NASTY}")]) as server:
        events = draw(server, [small("<lora:nasu:1>")], tmp_path)
        names = json.dumps([{"name": NASTY * 50}] * 500).encode()
        server.intercept = instead("/sdapi/v1/samplers", Reply(body=names))
        with pytest.raises(WebUIError) as caught:
            draw(server, [small()], tmp_path)
    (note,) = of(events, Note)
    assert is_safe(note.text) and is_safe(str(caught.value)) and len(str(caught.value)) < 2000


def _with(**changes: Any) -> Callable[[Any], Any]:
    return lambda answer: answer | changes


@pytest.mark.parametrize(
    ("alter", "code"),
    [
        (lambda _answer: [], "webui-bad-answer"),
        (lambda _answer: None, "webui-bad-answer"),
        (lambda _answer: {}, "webui-bad-answer"),
        (_with(images=None), "webui-bad-answer"),
        (_with(images="iVBO"), "webui-bad-answer"),
        (_with(images=[1]), "webui-bad-answer"),
        (_with(images=[None]), "webui-bad-answer"),
        (_with(images=[]), "webui-no-picture"),
        (_with(images=[""]), "webui-no-picture"),
        (_with(images=["not base64!"]), "webui-no-picture"),
        (_with(images=["なす"]), "webui-no-picture"),
        (_with(images=[base64.b64encode(b"GIF89a" + b"\0" * 50).decode()]), "webui-no-picture"),
        (_with(images=[base64.b64encode(b"<svg onload=x>").decode()]), "webui-no-picture"),
        (_with(images=[picture_text()[:120]]), "webui-no-picture"),
        (_with(images=[base64.b64encode(b"\xff\xd8\xff\xe0junk").decode()]), "webui-no-picture"),
    ],
)
def test_answers_without_a_picture(tmp_path: Path, alter: Callable[[Any], Any], code: str) -> None:
    with WebUIServer() as server:
        server.alter = alter
        events = draw(server, [small()], tmp_path)
    assert codes(events) == [code]
    assert not of(events, ItemDone)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_absurd_size(tmp_path: Path) -> None:
    """60,000 x 60,000 pixels in a few bytes are refused before they are decoded."""
    data = bytearray(base64.b64decode(picture_text()))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    with WebUIServer() as server:
        server.alter = _with(images=[base64.b64encode(bytes(data)).decode()])
        assert codes(draw(server, [small()], tmp_path)) == ["webui-no-picture"]


@pytest.mark.parametrize(
    "info",
    [None, "", "{", "[]", 5, "null", json.dumps({"infotexts": 5, "all_seeds": "x"}), "[" * 99_999],
)
def test_details_that_are_useless(tmp_path: Path, info: Any) -> None:
    """The picture took minutes to draw: it is kept, and it is said that nothing could be checked."""
    with WebUIServer(loras=[LoraFile("a")]) as server:
        server.alter = _with(info=info)
        events = draw(server, [small("<lora:a:1>")], tmp_path)
    (warning,) = only_picture(events).detail["warnings"]
    assert warning in ("webui-missing-info", "webui-lora-not-applied")


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_a_data_address_is_a_picture_too(tmp_path: Path, prefix: str) -> None:
    with WebUIServer() as server:
        server.alter = _with(images=[prefix + picture_text(infotext="t")])
        done = only_picture(draw(server, [small()], tmp_path))
    assert read_parameters(done.path) == "t"


def test_twenty_megabytes_of_failure(tmp_path: Path) -> None:
    """A long error is not read to its end, and is quoted in a line."""
    for body in (b"\x1b" * (20 << 20), complaint(detail="x" * (20 << 20))):
        with WebUIServer() as server:
            server.intercept = instead(GENERATE, Reply(500, body))
            (failed,) = of(draw(server, [small()], tmp_path), ItemFailed)
        assert failed.code == "webui-failed"
        assert len(failed.reason) < 600 and is_safe(failed.reason)


def test_twenty_megabytes_in_a_list() -> None:
    body = json.dumps([{"name": "x" * (20 << 20)}]).encode()
    for more in ({}, {"Content-Encoding": "identity"}):
        with WebUIServer() as server, WebUI(server.url) as webui:
            server.intercept = instead("/sdapi/v1/samplers", Reply(body=body, headers=dict(more)))
            with pytest.raises(BadAnswerError, match="longer than 8 MB"):
                webui.check()


def test_twenty_megabytes_of_picture(tmp_path: Path) -> None:
    """A large picture is no fault: its bytes arrive as they are."""
    text = "t" * (15 << 20)
    image = picture_text(infotext=text)
    assert len(image) > 20_000_000
    with WebUIServer() as server:
        server.alter = _with(images=[image])
        done = only_picture(draw(server, [small()], tmp_path))
    assert done.path.read_bytes() == base64.b64decode(image)
    assert read_parameters(done.path) == text


def test_twenty_megabytes_beside_the_picture(tmp_path: Path) -> None:
    """An absurd text in the details is neither reported nor written into the picture."""

    def long(answer: dict[str, Any]) -> dict[str, Any]:
        info = json.loads(answer["info"]) | {"infotexts": ["ab: " * (5 << 20)]}
        return answer | {"info": json.dumps(info), "images": [picture_text()]}

    with WebUIServer() as server:
        server.alter = long
        done = only_picture(draw(server, [small()], tmp_path))
    assert done.detail["parameters"] is None
    assert done.path.stat().st_size < 10_000


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"progress": 0.5},
        {"state": []},
        {"state": {}},
        {"state": {"job_count": "x", "sampling_step": None, "job": 5}},
        {"progress": 1e400, "state": {"job_count": 1, "sampling_steps": 10**400}},
        {"progress": float("nan"), "state": {"job_count": -1e308, "job": NASTY}},
        {"progress": -3, "state": {"job_count": 1, "sampling_step": 9, "sampling_steps": -4}},
        {"progress": 7, "state": {"job_count": 1, "sampling_steps": 1}, "current_image": NASTY},
        {"state": {"job_count": True}, "current_image": 5},
        [],
        "x",
        None,
    ],
)
def test_progress_that_makes_no_sense(tmp_path: Path, body: Any) -> None:
    """Never a reason to lose the picture."""
    with WebUIServer() as server:
        answered: list[int] = []

        def strange(request: Any) -> Reply | None:
            if request.path not in (PROGRESS, "/internal/progress"):
                return None
            answered.append(1)
            if len(answered) > 6:
                server.engine.resume()
            return Reply(body=json.dumps(body).encode())

        server.intercept = strange
        server.engine.pause_at = 2
        events = draw(server, [small()], tmp_path, previews=True)
    assert only_picture(events).path.exists()
    for shown in of(events, DrawingProgress):
        assert 0 <= shown.done <= 100 and shown.total in (None, 100)


def test_previews_that_are_none() -> None:
    previews: list[object] = ["", "x", "!!", "data:image/png;base64,", 5, [], "iVBO", "A" * 50]
    for preview in previews:
        report = read_report({"state": {"job_count": 1}, "current_image": preview})
        assert report.preview is None
