"""What the WebUI tests share: drawing against a test server and sorting the events."""

from __future__ import annotations

import base64
import json
import socket
import threading
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nasutui.core.events import Event, Finished, ItemDone, ItemFailed, Note
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.generate import generate
from nasutui.core.webui.job import Pace
from nasutui.core.webui.progress import DrawingProgress
from nasutui.core.webui.request import Txt2Img
from tests.support.webui_pictures import pixels, png
from tests.support.webui_server import Reply, Request, WebUIServer

if TYPE_CHECKING:
    import httpx

FAST = Pace(poll=0.02, poll_failing=0.02, patience=20.0, leaving=5.0)
GENERATE = "/sdapi/v1/txt2img"
PROGRESS = "/sdapi/v1/progress"
INTERRUPT = "/sdapi/v1/interrupt"
TINY = {"prompt": "a", "steps": 2, "width": 32, "height": 32, "sampler_name": "Euler", "seed": 5}
_E = TypeVar("_E")


def small(prompt: str = "1girl", **more: Any) -> Txt2Img:
    """A request that is quick to draw."""
    return Txt2Img(prompt, **({"width": 64, "height": 64, "steps": 6, "seed": 12345} | more))


def draw(
    server: WebUIServer,
    requests: Sequence[Txt2Img],
    folder: Path,
    *,
    on: Callable[[Event], None] = lambda _event: None,
    **more: Any,
) -> list[Event]:
    """Every event of a step; `on` sees each as it comes."""
    events = []
    user, password = server.auth or (None, None)
    with WebUI(server.url, user=user, password=password) as webui:
        for event in generate(webui, requests, folder, **({"pace": FAST} | more)):
            events.append(event)
            on(event)
    return events


def of(events: Sequence[Event], kind: type[_E]) -> list[_E]:
    """The events of one kind."""
    return [e for e in events if isinstance(e, kind)]


def codes(events: Sequence[Event]) -> list[str]:
    """The codes of notes and failures, in order."""
    return [e.code for e in events if isinstance(e, (Note, ItemFailed))]


def only_picture(events: Sequence[Event]) -> ItemDone:
    """The one picture that was made."""
    (done,) = of(events, ItemDone)
    return done


def at_step(step: int, action: Callable[[], None]) -> Callable[[Event], None]:
    """Do something when the progress shows a step."""

    def look(event: Event) -> None:
        if isinstance(event, DrawingProgress) and event.step == step:
            action()

    return look


def instead(path: str, reply: Reply) -> Callable[[Request], Reply | None]:
    """An `intercept` that answers one path."""
    return lambda request: reply if request.path == path else None


def picture_text(key: str = "x", infotext: str | None = None, size: int = 16) -> str:
    """A PNG as a server sends it."""
    return base64.b64encode(png(pixels(key, size, size), infotext)).decode()


def closed_url() -> str:
    """An address of this computer at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


FULL = small(
    "<lora:nasumiso_v1:0.8>, なすみそ, 1girl",
    negative_prompt="lowres, 低品質",
    steps=7,
    cfg_scale=7.5,
    width=128,
    seed=4294967295,
    clip_skip=2,
    model="anime_v3",
    lora_hashes={"nasumiso_v1": "0123456789ab0123"},
)


def last(events: list[Event]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


def is_safe(text: str) -> bool:
    return all(unicodedata.category(c) not in ("Cc", "Cf", "Cs") for c in text)


def post(http: httpx.Client, server: WebUIServer, **fields: Any) -> httpx.Response:
    return http.post(server.url + GENERATE, json=TINY | fields)


def info_of(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    info: dict[str, Any] = json.loads(response.json()["info"])
    return info


def until(condition: Any) -> None:
    pause = threading.Event()
    for _attempt in range(2000):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError("it did not come")
