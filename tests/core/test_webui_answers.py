"""Failures and pictures: what becomes of each kind of answer to a request."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from PIL import Image

from nasutui.core.events import Finished, ItemDone, ItemFailed, Note
from nasutui.core.generation.pnginfo import parse_infotext, read_parameters
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.errors import (
    BadAnswerError,
)
from nasutui.core.webui.generate import generate
from nasutui.core.webui.progress import DrawingProgress
from tests.support.webui_case import (
    FAST,
    GENERATE,
    codes,
    draw,
    instead,
    of,
    only_picture,
    picture_text,
    small,
)
from tests.support.webui_server import Reply, WebUIServer

HTML = Reply(body=b"<!doctype html><title>[bold]Router[/] \x1b[31mlogin</title>", type="text/html")


@pytest.mark.parametrize("profile", ["a1111-1.10", "a1111-1.6", "forge", "reforge", "sdnext"])
@pytest.mark.parametrize(
    ("fault", "code", "advice"),
    [
        ("nans", "webui-nans", "Upcast cross attention"),
        ("oom", "webui-out-of-memory", "Close other programs"),
        ("no_checkpoint", "webui-no-model", "models/Stable-diffusion"),
        ("group", "webui-failed", "window"),
    ],
)
def test_failures_of_the_server(
    tmp_path: Path, profile: str, fault: str, code: str, advice: str
) -> None:
    """nans, oom, forge_errors: advice, and the server's own words, in every fork's shape."""
    with WebUIServer(profile) as server:
        server.engine.faults.append(fault)
        (failed,) = of(draw(server, [small()], tmp_path), ItemFailed)
    assert failed.code == code
    assert advice in failed.reason
    words = {"nans": "NaNs was produced", "oom": "MPS backend", "no_checkpoint": "looked at"}
    assert words.get(fault, "TaskGroup") in failed.reason


def test_after_a_failure_the_next_picture_is_drawn(tmp_path: Path) -> None:
    with WebUIServer() as server:
        server.engine.faults += ["oom", ""]
        events = draw(server, [small(), small(seed=2)], tmp_path)
    assert codes(events) == ["webui-out-of-memory"]
    assert events[-1] == Finished("generate", {"made": 1, "failed": 1, "warnings": 0})


def test_black(tmp_path: Path) -> None:
    with WebUIServer() as server:
        server.engine.faults.append("black")
        events = draw(server, [small()], tmp_path)
    assert only_picture(events).detail["warnings"] == ["webui-black-picture"]
    (note,) = of(events, Note)
    assert "Upcast cross attention" in note.text


def test_empty_images(tmp_path: Path) -> None:
    with WebUIServer() as server:
        server.engine.faults.append("empty")
        events = draw(server, [small()], tmp_path)
    assert codes(events) == ["webui-no-picture"]


def test_grid_first(tmp_path: Path) -> None:
    with WebUIServer() as server:
        events = draw(server, [small(count=2, save_on_server=True)], tmp_path)
    made = of(events, ItemDone)
    assert [d.detail["seed"] for d in made] == [12345, 12346]
    for done in made:
        text = read_parameters(done.path) or ""
        assert text == done.detail["parameters"]
        assert parse_infotext(text).params["Seed"] == str(done.detail["seed"])
        assert done.detail["warnings"] == []
    assert len({d.path.read_bytes() for d in made}) == 2


@pytest.mark.parametrize(
    ("option", "suffix"), [("webp", ".webp"), ("jpg", ".jpg"), ("jpeg", ".jpg"), ("png", ".png")]
)
def test_webp_and_other_formats(tmp_path: Path, option: str, suffix: str) -> None:
    with WebUIServer(options={"samples_format": option}) as server:
        done = only_picture(draw(server, [small("なすみそ")], tmp_path))
    assert done.path.suffix == suffix
    assert parse_infotext(done.detail["parameters"]).prompt == "なすみそ"
    with Image.open(done.path) as image:
        assert image.size == (64, 64)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(body=b'{"images": ["iVBO'), id="truncated-json"),
        pytest.param(Reply(body=b"ok"), id="not-json"),
        pytest.param(Reply(body=b"\xff\xfe\x00", headers={}), id="binary"),
        pytest.param(Reply(body=b"x" * 50, headers={"Content-Encoding": "gzip"}), id="bad-gzip"),
        pytest.param(HTML, id="html"),
        pytest.param(Reply(204), id="nothing"),
    ],
)
def test_answers_that_are_no_json(tmp_path: Path, reply: Reply) -> None:
    with WebUIServer() as server:
        server.intercept = instead(GENERATE, reply)
        events = draw(server, [small()], tmp_path)
    assert codes(events) == ["webui-bad-answer"]
    assert list(tmp_path.iterdir()) == []


def test_gzip(tmp_path: Path) -> None:
    """Answers of 1,000 bytes and more come compressed."""
    with WebUIServer() as server:
        events = draw(server, [small()], tmp_path)
        assert "gzip" in server.sent(GENERATE)[0].headers["accept-encoding"]
    assert only_picture(events).path.stat().st_size > 100


def test_keepalive_close(tmp_path: Path) -> None:
    """A server that ends idle connections without a word costs nothing, and nothing is sent twice."""
    with WebUIServer() as server, WebUI(server.url) as webui:
        server.closes_idle = True
        for _round in range(3):
            assert webui.samplers()
        events = draw(server, [small(), small(seed=2)], tmp_path)
        assert len(server.sent(GENERATE)) == 2
    assert len(of(events, ItemDone)) == 2


def test_a_wrong_answer_in_the_list_of_samplers() -> None:
    with WebUIServer() as server, WebUI(server.url) as webui:
        for body in (b"{}", b"[1, 2]", b'[{"label": "x"}]', b"null", b"[" * 100_000):
            server.intercept = instead("/sdapi/v1/samplers", Reply(body=body))
            with pytest.raises(BadAnswerError):
                webui.check()


def test_a_server_without_pictures_in_its_answer_text(tmp_path: Path) -> None:
    """Without PNG text the answer's text is put into the file, so that other programs find it."""
    with WebUIServer(options={"enable_pnginfo": False}) as server:
        done = only_picture(draw(server, [small("なす, 1girl")], tmp_path))
    assert read_parameters(done.path) == done.detail["parameters"]
    with Image.open(done.path) as image:
        assert image.info["parameters"] == done.detail["parameters"]


def test_bytes_are_kept_as_they_came(tmp_path: Path) -> None:
    sent: list[bytes] = []

    def remember(answer: dict[str, list[str]]) -> dict[str, list[str]]:
        sent.append(base64.b64decode(answer["images"][0]))
        return answer

    with WebUIServer() as server:
        server.alter = remember
        done = only_picture(draw(server, [small("é")], tmp_path))
    assert done.path.read_bytes() == sent[0]


def test_text_of_the_picture_wins_over_text_beside_it(tmp_path: Path) -> None:
    """A PNG that has its text is not changed, whatever the answer says beside it."""

    def other(answer: dict[str, object]) -> dict[str, object]:
        info = json.loads(str(answer["info"]))
        info["infotexts"] = ["other\nSteps: 1, Sampler: DPM++ 2M, Seed: 12345"]
        return answer | {"images": [picture_text("k", "mine")], "info": json.dumps(info)}

    with WebUIServer() as server:
        server.alter = other
        done = only_picture(draw(server, [small()], tmp_path))
    assert read_parameters(done.path) == "mine"


def test_two_steps_with_one_client_do_not_mix(tmp_path: Path) -> None:
    """One client draws one picture at a time; the second step is refused, not queued."""
    with WebUIServer() as server, WebUI(server.url) as webui:
        server.engine.pause_at = 3
        first = generate(webui, [small()], tmp_path, pace=FAST)
        for event in first:
            if isinstance(event, DrawingProgress) and event.step == 3:
                break
        second = list(generate(webui, [small()], tmp_path / "b", pace=FAST))
        assert codes(second) == ["webui-busy"]
        server.engine.resume()
        assert of(list(first), ItemDone)
