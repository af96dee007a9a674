"""What is sent, and whether what comes back is what was asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nasutui.core.errors import InputError
from nasutui.core.events import ItemDone
from nasutui.core.generation.pnginfo import parse_infotext
from nasutui.core.webui.errors import UnknownSamplerError
from nasutui.core.webui.request import check_request, payload, with_seed
from nasutui.core.webui.sampler import Sampler, SamplerChoice, Scheduler, choose_sampler
from tests.support.webui_case import FULL, GENERATE, codes, draw, of, only_picture, small
from tests.support.webui_fields import FIELDS
from tests.support.webui_profiles import PROFILES
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import WebUIServer


@pytest.mark.parametrize("profile", list(PROFILES))
def test_everything_arrives_on_every_server(tmp_path: Path, profile: str) -> None:
    """What comes back is what was asked for, by the server's own account."""
    with WebUIServer(profile, loras=[LoraFile("nasumiso_v1")]) as server:
        done = only_picture(draw(server, [FULL], tmp_path))
        (sent,) = server.sent(GENERATE)
    assert done.detail["warnings"] == []
    assert done.detail["seed"] == 4294967295
    assert done.detail["loras"] == {"nasumiso_v1": "0123456789ab"}
    info = parse_infotext(done.detail["parameters"])
    assert (info.prompt, info.negative_prompt) == (FULL.prompt, FULL.negative_prompt)
    expected = {"Steps": "7", "CFG scale": "7.5", "Size": "128x64", "Model": "anime_v3"}
    assert expected.items() <= info.params.items()
    assert info.params["Clip skip"] == "2"
    assert sent.headers["content-type"] == "application/json"


def test_every_field_that_decides_is_sent() -> None:
    """The server's own defaults differ from its page's, so none is left to them. Left out are
    what its settings decide (null), what is for other uses, and old spellings."""
    left_out = {
        *("eta", "s_min_uncond", "s_churn", "s_tmax", "s_tmin", "s_noise"),
        *("denoising_strength", "refiner_checkpoint", "refiner_switch_at", "firstpass_image"),
        *("comments", "firstphase_width", "firstphase_height", "sampler_index", "script_name"),
        *("infotext",),
    }
    body = payload(FULL, SamplerChoice("DPM++ 2M", "Karras"), "id")
    wanted = {name for name in FIELDS if not name.startswith("hr_")} - left_out
    assert set(body) == wanted
    assert all(value is not None for value in body.values())
    assert body["force_task_id"] == "id"
    assert body["override_settings"] == {
        "sd_model_checkpoint": "anime_v3",
        "CLIP_stop_at_last_layers": 2,
    }


def test_each_request_has_an_id_of_its_own(tmp_path: Path) -> None:
    with WebUIServer() as server:
        draw(server, [small(), small()], tmp_path)
        ids = {r.json()["force_task_id"] for r in server.sent(GENERATE)}
    assert len(ids) == 2 and not any(i.startswith("task(") for i in ids)


def test_a_random_seed_is_drawn_here(tmp_path: Path) -> None:
    """So that it is known before, and the same for nobody else."""
    with WebUIServer() as server:
        made = of(draw(server, [small(seed=-1), small(seed=-1)], tmp_path), ItemDone)
        sent = [r.json()["seed"] for r in server.sent(GENERATE)]
    assert [d.detail["seed"] for d in made] == sent
    assert all(0 <= s <= 4294967293 for s in sent) and sent[0] != sent[1]
    many = [with_seed(small(seed=-1, count=100)) for _ in range(50)]
    assert all(0 <= r.seed <= 4294967293 - 99 for r in many)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 0},
        {"steps": 1001},
        {"steps": 20.0},
        {"steps": True},
        {"steps": "20"},
        {"width": 500},
        {"width": 56},
        {"height": 4104},
        {"seed": -2},
        {"seed": 2**32},
        {"seed": 2**32 - 1, "count": 2},
        {"count": 0},
        {"clip_skip": 0},
        {"cfg_scale": float("nan")},
        {"cfg_scale": float("inf")},
        {"cfg_scale": -1.0},
        {"prompt": "a\ud800"},
        {"prompt": "a\0b"},
        {"negative_prompt": "\udfff"},
        {"negative_prompt": "<lora:x:1>"},
        {"prompt": "<lora:なすみそ:1>"},
        {"prompt": "<lora:x:strong>"},
        {"prompt": "<lora:x:nan>"},
        {"prompt": "<lora::1>"},
        {"prompt": "<lora: x:1>"},
        {"prompt": "<lora:x:te=big>"},
        {"lora_hashes": {"x": "0123"}},
        {"overrides": {"x": float("nan")}},
        {"overrides": {"x": Path("x")}},
    ],
)
def test_requests_that_would_go_wrong_silently(tmp_path: Path, change: dict[str, Any]) -> None:
    """Refused before anything is sent."""
    with pytest.raises(InputError):
        check_request(replace(small(), **change))
    with WebUIServer() as server:
        with pytest.raises(InputError):
            draw(server, [small(), replace(small(), **change)], tmp_path)
        assert not server.requests


def test_requests_at_their_limits() -> None:
    check_request(small(steps=1000, width=4096, height=64, seed=0, cfg_scale=0.0, clip_skip=12))
    check_request(small("なす\nみそ 🍆 <lora:a_b.c-d (v2):-0.5:0.8> <lora:x> <lora:y:te=1:unet=0>"))


@pytest.mark.parametrize(
    ("profile", "asked", "sent"),
    [
        ("a1111-1.10", ("Euler a", None), ("Euler a", "Automatic")),
        ("a1111-1.10", ("dpm++ 2m karras", None), ("DPM++ 2M", "Karras")),
        ("a1111-1.10", ("DPM++ 2M Karras", "Karras"), ("DPM++ 2M", "Karras")),
        ("a1111-1.10", ("DPM++ 2M", "karras"), ("DPM++ 2M", "Karras")),
        ("a1111-1.10", ("k_euler", "SGMUniform"), ("Euler", "SGM Uniform")),
        ("a1111-1.10", ("DPM++ 2M SDE Exponential", None), ("DPM++ 2M SDE", "Exponential")),
        ("a1111-1.9", ("DPM++ 2M", None), ("DPM++ 2M", "Automatic")),
        ("a1111-1.9", ("Euler Automatic", None), ("Euler", "Automatic")),
        ("a1111-1.8", ("DPM++ 2M", "Karras"), ("DPM++ 2M Karras", None)),
        ("a1111-1.8", ("DPM++ 2M", None), ("DPM++ 2M", None)),
        ("a1111-1.8", ("Euler", "Automatic"), ("Euler", None)),
        ("sdnext", ("DPM++ 2M", None), ("DPM++ 2M", None)),
        ("sdnext", ("Euler a", "Karras"), ("Euler a", None)),
        ("forge", ("DPM++ 2M", "Karras"), ("DPM++ 2M", "Karras")),
    ],
)
def test_samplers(
    tmp_path: Path, profile: str, asked: tuple[str, str | None], sent: tuple[str, str | None]
) -> None:
    sampler, scheduler = asked
    with WebUIServer(profile) as server:
        events = draw(server, [small(sampler=sampler, scheduler=scheduler)], tmp_path)
        (request,) = server.sent(GENERATE)
    assert (request.json()["sampler_name"], request.json().get("scheduler")) == sent
    assert only_picture(events).detail["warnings"] == []


@pytest.mark.parametrize(
    ("profile", "sampler", "scheduler"),
    [
        ("a1111-1.10", "DPM++ 9M", None),
        ("a1111-1.10", "Euler", "Nasu"),
        ("a1111-1.10", "", None),
        ("a1111-1.8", "Euler", "Karras"),
        ("a1111-1.8", "DPM++ 3M SDE Karras", None),
        ("sdnext", "Heun", "Karras"),
    ],
)
def test_unknown_samplers(
    tmp_path: Path, profile: str, sampler: str, scheduler: str | None
) -> None:
    """Found in the server's list before anything is drawn; 1.10 would draw with another one."""
    with WebUIServer(profile) as server:
        with pytest.raises(UnknownSamplerError, match="Euler"):
            draw(server, [small(sampler=sampler, scheduler=scheduler)], tmp_path)
        assert not server.sent(GENERATE)


def test_a_server_with_both_spellings() -> None:
    """A listed name is sent as it is listed."""
    samplers = (Sampler("DPM++ 2M"), Sampler("DPM++ 2M Karras"))
    schedulers = (Scheduler("automatic", "Automatic"), Scheduler("karras", "Karras"))
    choice = choose_sampler("DPM++ 2M", "Karras", samplers, schedulers)
    assert choice.sampler == "DPM++ 2M Karras"


def test_a_sampler_that_the_server_forgets(tmp_path: Path) -> None:
    """The list said yes, the request is answered 404 "Sampler not found": not a missing API."""
    with WebUIServer("a1111-1.9") as server:
        names = json.dumps([{"name": "Gone"}]).encode()
        server.intercept = _listing("/sdapi/v1/samplers", names)
        events = draw(server, [small(sampler="Gone")], tmp_path)
    assert codes(events) == ["webui-unknown-sampler"]
    assert '"Gone"' in of(events, object)[-2].reason  # type: ignore[attr-defined]


def _listing(path: str, body: bytes) -> Any:
    from tests.support.webui_case import instead
    from tests.support.webui_server import Reply

    return instead(path, Reply(body=body))
