"""The test server plays each version and fork: samplers, settings, shapes, paths."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.webui_case import GENERATE, PROGRESS, TINY, info_of, post, until
from tests.support.webui_profiles import PROFILES
from tests.support.webui_server import WebUIServer

ALL = list(PROFILES)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


@pytest.mark.parametrize(
    ("profile", "composite", "unknown"),
    [
        ("a1111-1.10", ("DPM++ 2M", "Karras"), "DPM++ 2M"),
        ("a1111-1.9", None, None),
        ("a1111-1.8", ("DPM++ 2M Karras", None), None),
        ("a1111-1.6", ("DPM++ 2M Karras", None), None),
        ("forge", ("DPM++ 2M", "Karras"), "DPM++ 2M"),
        ("reforge", ("DPM++ 2M", "Karras"), "DPM++ 2M"),
        ("sdnext", None, None),
    ],
)
def test_samplers(
    http: httpx.Client,
    profile: str,
    composite: tuple[str, str | None] | None,
    unknown: str | None,
) -> None:
    """S18, S19."""
    with WebUIServer(profile) as server:
        answer = post(http, server, sampler_name="DPM++ 2M Karras")
        if composite is None:
            assert answer.status_code == 404 and answer.json()["detail"] == "Sampler not found"
        else:
            extra = info_of(answer)["extra_generation_params"]
            assert (info_of(answer)["sampler_name"], extra.get("Schedule type")) == composite
        answer = post(http, server, sampler_name="k_euler")
        if unknown is None:
            assert answer.status_code == 404
        else:
            assert info_of(answer)["sampler_name"] == unknown
        split = post(http, server, sampler_name="DPM++ 2M", scheduler="karras")
        schedule = info_of(split)["extra_generation_params"].get("Schedule type")
        assert schedule == ("Karras" if server.profile.schedulers == "list" else None)


def test_settings(http: httpx.Client) -> None:
    """S20: unknown models are dropped, unknown settings are an error."""
    with WebUIServer() as server:

        def model(name: str) -> str:
            answer = post(http, server, override_settings={"sd_model_checkpoint": name})
            return str(info_of(answer)["sd_model_name"])

        assert model("nope") == "v1-5-pruned-emaonly"
        assert model("anime_v3") == "anime_v3"
        unknown = post(http, server, override_settings={"no_such_option": 1})
        assert unknown.status_code == 500
        assert unknown.json() == {
            "error": "KeyError",
            "detail": "",
            "body": "",
            "errors": "'no_such_option'",
        }
        options = f"{server.url}/sdapi/v1/options"
        wrong = http.post(options, json={"sd_model_checkpoint": "nope.safetensors"})
        assert wrong.json()["errors"] == "model 'nope.safetensors' not found"
        assert http.post(options, json={"samples_format": "jpg"}).json() is None
        assert http.get(options).json()["samples_format"] == "jpg"


@pytest.mark.parametrize("profile", ALL)
def test_shapes(http: httpx.Client, profile: str) -> None:
    """Error bodies, commands and paths of each fork."""
    with WebUIServer(profile, auth=("u", "pass")) as server:
        forge, sdnext = profile == "forge", profile == "sdnext"
        missing = http.get(f"{server.url}/sdapi/v1/samplers")
        assert missing.status_code == 401
        assert missing.json()["detail"] == "Not authenticated"
        assert ("www-authenticate" in missing.headers) is forge
        assert ("error" in missing.json()) is not forge
        assert http.get(f"{server.url}/sdapi/v1/loras").status_code == 200
        auth = httpx.BasicAuth("u", "pass")
        for command, body in (("interrupt", {}), ("skip", None)):
            done = http.post(f"{server.url}/sdapi/v1/{command}", auth=auth)
            assert done.status_code == (204 if sdnext else 200)
            assert sdnext or done.json() == body
        server.engine.faults.append("oom")
        failed = http.post(server.url + GENERATE, json=TINY, auth=auth)
        assert failed.status_code == 500
        assert ("message" in failed.json()) is forge
        assert ("code" in failed.json()) is sdnext
        assert http.get(f"{server.url}/nothing").json() == {"detail": "Not Found"}
        wrong = http.get(server.url + GENERATE, auth=auth)
        assert wrong.status_code == 405 and wrong.headers["allow"] == "POST"
        state = http.get(server.url + PROGRESS, auth=auth).json()["state"]
        assert ("stopping_generation" in state) is (profile not in ("a1111-1.6", "sdnext"))
        listed = http.get(f"{server.url}/sdapi/v1/schedulers", auth=auth)
        assert listed.status_code == (404 if profile in ("a1111-1.8", "a1111-1.6") else 200)
        ping = http.get(f"{server.url}/internal/ping")
        assert ping.status_code == (404 if sdnext else 200)
        timed = http.get(f"{server.url}/sdapi/v1/samplers", auth=auth)
        assert ("x-process-time" in timed.headers) is not forge


def test_gzip_and_slash(http: httpx.Client) -> None:
    """S22, S23."""
    with WebUIServer() as server:
        path = f"{server.url}/sdapi/v1/samplers"
        assert http.get(path).headers.get("content-encoding") == "gzip"
        plain = http.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert "content-encoding" not in http.get(server.url + PROGRESS).headers
        moved = http.get(path + "/")
        assert moved.status_code == 307 and moved.headers["location"] == path


def test_modes(http: httpx.Client) -> None:
    """Which paths there are without --api and with --nowebui."""
    with WebUIServer(api=False) as server:
        paths = http.get(f"{server.url}/openapi.json").json()["paths"]
        assert GENERATE not in paths and "/internal/ping" in paths
        assert http.get(f"{server.url}/sdapi/v1/loras").json() == []
        assert http.post(server.url + GENERATE, json=TINY).status_code == 404
    with WebUIServer(nowebui=True) as server:
        assert http.get(f"{server.url}/internal/ping").status_code == 404
        assert http.get(f"{server.url}/sdapi/v1/samplers").status_code == 200


def test_our_task(http: httpx.Client) -> None:
    """A task's place by its own id: queued, running, done; a failed one looks as if it ran on."""
    with WebUIServer() as server:
        finish = server.engine.foreign_job()

        def task() -> dict[str, Any]:
            body = {"id_task": "mine", "live_preview": False}
            return dict(http.post(f"{server.url}/internal/progress", json=body).json())

        assert task()["textinfo"] == "Waiting..." and not task()["completed"]
        body = TINY | {"force_task_id": "mine"}
        server.engine.pause_at = 1
        thread = threading.Thread(
            target=httpx.post, args=(server.url + GENERATE,), kwargs={"json": body}
        )
        thread.start()
        until(lambda: task()["queued"])
        assert task()["textinfo"] == "In queue: 1/1"
        finish()
        until(lambda: task()["active"])
        server.engine.resume()
        thread.join()
        assert task()["completed"]
        server.engine.faults.append("nans")
        http.post(server.url + GENERATE, json=body | {"force_task_id": "bad"})
        bad = http.post(f"{server.url}/internal/progress", json={"id_task": "bad"}).json()
        assert bad["active"]


def test_other_paths(http: httpx.Client) -> None:
    with WebUIServer() as server:
        picture = post(http, server, prompt="なす").json()["images"][0]
        info = http.post(f"{server.url}/sdapi/v1/png-info", json={"image": picture}).json()
        assert info["info"].startswith("なす\n")
        broken = http.post(f"{server.url}/sdapi/v1/png-info", json={"image": "!"})
        assert broken.status_code == 500 and broken.json()["detail"] == "Invalid encoded image"
        img2img = f"{server.url}/sdapi/v1/img2img"
        missing = http.post(img2img, json=TINY)
        assert missing.status_code == 404 and missing.json()["detail"] == "Init image not found"
        again = http.post(img2img, json=TINY | {"init_images": [picture]})
        assert len(again.json()["images"]) == 1
        filled = http.post(server.url + GENERATE, json={"infotext": info["info"], "seed": 7})
        assert info_of(filled)["width"] == 32 and info_of(filled)["seed"] == 7
        for path in ("memory", "scripts", "script-info", "prompt-styles", "cmd-flags"):
            assert http.get(f"{server.url}/sdapi/v1/{path}").status_code == 200
