"""The test server keeps the rules of the real ones (what a client may rely on and must survive)."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.support.webui_case import GENERATE, INTERRUPT, PROGRESS, TINY, info_of, post, until
from tests.support.webui_fields import FIELDS
from tests.support.webui_profiles import PROFILES
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import WebUIServer

ALL = list(PROFILES)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


@pytest.mark.parametrize("profile", ALL)
def test_fields(http: httpx.Client, profile: str) -> None:
    """S01 to S06: coercion, nulls, defaults, the echo, details as text."""
    pydantic2 = PROFILES[profile].pydantic == 2
    with WebUIServer(profile) as server:
        answer = post(http, server, stepz=3, steps="2", seed=-1).json()
        assert isinstance(answer["info"], str)
        assert answer["parameters"]["seed"] == -1 and answer["parameters"]["steps"] == 2
        assert set(answer["parameters"]) == set(FIELDS)
        assert json.loads(answer["info"])["seed"] >= 0
        wrong = post(http, server, steps="abc")
        assert wrong.status_code == 422
        assert wrong.json()["detail"][0]["loc"] == ["body", "steps"]
        assert ("url" in wrong.json()["detail"][0]) is pydantic2
        assert post(http, server, steps=2.5).status_code == (422 if pydantic2 else 200)
        assert post(http, server, send_images=None).status_code == 422
        assert post(http, server, steps=None).status_code == 500
        assert post(http, server, eta=None, styles=None).status_code == 200
        bad = http.post(server.url + GENERATE, content=b"{bad")
        assert bad.status_code == 422 and bad.json()["detail"][0]["loc"] == ["body", 1]
        empty = http.post(server.url + GENERATE)
        assert empty.json()["detail"][0]["msg"] == "field required"


@pytest.mark.parametrize("prompt", ["plain é", "なすみそ"])
def test_text_in_the_picture(http: httpx.Client, prompt: str) -> None:
    """S07, S08: the text is in the PNG, and in the details beside it."""
    with WebUIServer() as server:
        answer = post(http, server, prompt=prompt)
    data = base64.b64decode(answer.json()["images"][0])
    assert (b"tEXt" in data, b"iTXt" in data) == ((True, False) if "é" in prompt else (False, True))
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["parameters"] == info_of(answer)["infotexts"][0]


def test_pictures_of_one_request(http: httpx.Client) -> None:
    """S09, S24: a grid first when the server saves, seeds that count up."""
    with WebUIServer() as server:
        plain = post(http, server, n_iter=2, batch_size=2)
        grid = post(http, server, n_iter=2, save_images=True)
        none = post(http, server, send_images=False)
    assert info_of(plain)["all_seeds"] == [5, 6, 7, 8]
    assert len(plain.json()["images"]) == 4 and info_of(plain)["index_of_first_image"] == 0
    assert len(grid.json()["images"]) == 3 and info_of(grid)["index_of_first_image"] == 1
    assert len(info_of(grid)["infotexts"]) == 3
    assert none.json()["images"] == []


def test_one_at_a_time_in_order(http: httpx.Client) -> None:
    """S10, S12, S13, S21: the queue, progress and interrupt beside it, the lingering flag."""
    with WebUIServer() as server:
        server.engine.pause_at = 1
        answers: dict[int, httpx.Response] = {}

        def send(number: int) -> None:
            answers[number] = httpx.post(server.url + GENERATE, json=TINY | {"seed": number})

        threads = []
        for number in range(3):
            thread = threading.Thread(target=send, args=(number,))
            thread.start()
            threads.append(thread)
            waiting = number
            server.engine.wait_for(lambda: server.engine.state["sampling_step"] == 1)
            until(lambda: server.engine.queued == waiting)  # noqa: B023
        state = http.get(server.url + PROGRESS).json()
        assert 0 < state["progress"] < 1 and state["state"]["job"] == "scripts_txt2img"
        assert http.post(server.url + INTERRUPT).json() == {}
        server.engine.resume()
        for thread in threads:
            thread.join()
        order = [info_of(answers[n])["job_timestamp"] for n in range(3)]
        assert order == sorted(order)
        assert not server.engine.state["interrupted"]
        after = http.get(server.url + PROGRESS).json()
        assert after["progress"] == 0 and after["state"]["job_count"] == 0
        http.post(server.url + INTERRUPT)
        assert http.get(server.url + PROGRESS).json()["state"]["interrupted"]


def test_hanging_up_does_not_stop_the_job() -> None:
    """S11."""
    with WebUIServer() as server:
        server.engine.pause_at = 1
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(server.url + GENERATE, json=TINY, timeout=httpx.Timeout(5, read=0.05))
        server.engine.wait_for(lambda: server.engine.state["sampling_step"] == 1)
        assert server.engine.state["job_count"] == 1
        server.engine.resume()
        server.engine.wait_for(lambda: server.engine.finished_jobs == 1)


def test_loras(http: httpx.Client) -> None:
    """S14 to S17: exact names, silent omission, the positive prompt only, hashes on demand."""
    files = [LoraFile("a"), LoraFile("b", alias="c"), LoraFile("d1", "d"), LoraFile("d2", "d")]
    with WebUIServer(loras=files) as server:

        def hashes(prompt: str, **more: Any) -> str | None:
            answer = post(http, server, prompt=prompt, **more)
            text = info_of(answer)["infotexts"][0]
            extra: dict[str, str] = info_of(answer)["extra_generation_params"]
            found = extra.get("Lora hashes")
            assert ("Lora hashes" in text) is (found is not None)
            return found

        assert hashes("<lora:a:1>") == "a: 0123456789ab"
        assert hashes("<lora:c:1> <lora:a>") == "c: 0123456789ab, a: 0123456789ab"
        assert hashes("<lora:b:0>") == "b: 0123456789ab"
        assert hashes("<lora:A:1>") is None
        assert hashes("<lora:d:1>") is None
        assert hashes("<lora:d1:1>") == "d1: 0123456789ab"
        assert hashes("<lora:a:strong>") is None
        assert hashes("<lora:nope:1> <lora:a:1>") == "a: 0123456789ab"
        assert hashes("x", negative_prompt="<lora:a:1>") is None
        assert hashes("<lora:a:1>", disable_extra_networks=True) is None
        server.engine.options["lora_add_hashes_to_infotext"] = False
        assert hashes("<lora:a:1>") is None
