"""Whether what comes back is what was asked for: sampler, seed, model, LoRAs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nasutui.core.events import ItemDone, Note
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.errors import UnknownModelError
from nasutui.core.webui.sampler import Sampler, Scheduler
from tests.support.webui_case import FULL, GENERATE, codes, draw, of, only_picture, small
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import WebUIServer


def _info(**changes: Any) -> Any:
    def alter(answer: dict[str, Any]) -> dict[str, Any]:
        info = json.loads(answer["info"])
        extra = changes.pop("extra", {})
        info["extra_generation_params"] |= extra
        info["infotexts"] = [""]
        return answer | {"info": json.dumps(info | changes)}

    return alter


@pytest.mark.parametrize(
    ("alter", "warnings"),
    [
        (_info(), []),
        (_info(sampler_name="Euler"), ["webui-other-sampler"]),
        (_info(extra={"Schedule type": "Beta"}), ["webui-other-sampler"]),
        (_info(extra={"Schedule type": None}), []),
        (_info(sampler_name="DPM++ 2M Karras", extra={"Schedule type": None}), []),
        (_info(sampler_name=None), []),
        (_info(all_seeds=[1]), ["webui-other-seed"]),
        (_info(all_seeds=None, seed=1), ["webui-other-seed"]),
        (_info(all_seeds=[]), []),
        (_info(sd_model_name="other", sd_model_hash="ffffffffff"), ["webui-other-model"]),
        (_info(sd_model_name=None), []),
        (_info(extra={"Lora hashes": "nasumiso_v1: ba9876543210"}), ["webui-other-lora"]),
        (_info(extra={"Lora hashes": "other: ba9876543210"}), ["webui-lora-not-applied"]),
        (
            _info(extra={"Lora hashes": "nasumiso_v1: 0123456789ab, detail: ba9876543210"}),
            ["webui-extra-lora"],
        ),
        (_info(extra={"Lora hashes": "nasumiso_v1: 0123456789AB"}), []),
        (_info(extra={"Lora hashes": None}), ["webui-lora-not-applied"]),
        (_info(extra={"Lora hashes": 5}), ["webui-lora-not-applied"]),
    ],
)
def test_differences_are_reported(tmp_path: Path, alter: Any, warnings: list[str]) -> None:
    """By what the server names; what it doesn't name is no difference."""
    with WebUIServer(loras=[LoraFile("nasumiso_v1")]) as server:
        server.alter = alter
        events = draw(server, [FULL], tmp_path)
    found = only_picture(events).detail["warnings"]
    assert found[: len(warnings)] == warnings and (warnings or not found)
    assert [n.code for n in of(events, Note)] == found


def test_seeds_of_each_picture(tmp_path: Path) -> None:
    with WebUIServer() as server:
        events = draw(server, [small(count=3, seed=10)], tmp_path)
    assert [d.detail["seed"] for d in of(events, ItemDone)] == [10, 11, 12]
    assert len({d.path for d in of(events, ItemDone)}) == 3


def test_another_file_of_the_same_name(tmp_path: Path) -> None:
    """The name is right, the file is an old one: found by its hash."""
    request = small("<lora:nasumiso_v1:1>", lora_hashes={"nasumiso_v1": "ffffffffffff"})
    with WebUIServer(loras=[LoraFile("nasumiso_v1")]) as server:
        events = draw(server, [request], tmp_path)
    (note,) = of(events, Note)
    assert note.code == "webui-other-lora" and "0123456789ab" in note.text


def test_hashes_are_off(tmp_path: Path) -> None:
    """Then it is not known whether the LoRA was applied, and said so."""
    files, off = [LoraFile("nasumiso_v1")], {"lora_add_hashes_to_infotext": False}
    with WebUIServer(loras=files, options=off) as server:
        events = draw(server, [small("<lora:nasumiso_v1:1>"), small("<lora:no:1>")], tmp_path)
        assert len(server.sent("/sdapi/v1/options")) == 1
    assert codes(events) == ["webui-lora-unverified"] * 2


def test_a_freshly_copied_file_works_without_refresh(tmp_path: Path) -> None:
    with WebUIServer() as server:
        server.engine.loras.disk.append(LoraFile("new"))
        assert codes(draw(server, [small("<lora:new:1>")], tmp_path)) == []


@pytest.mark.parametrize("profile", ["forge", "reforge"])
def test_forge_drops_all_loras_for_one(tmp_path: Path, profile: str) -> None:
    """Both are named as missing; a request with the good one alone is drawn."""
    both, good = small("<lora:good:1> <lora:bad:1>"), small("<lora:good:1>")
    with WebUIServer(profile, loras=[LoraFile("good")]) as server:
        events = draw(server, [both, good], tmp_path)
    made = of(events, ItemDone)
    assert [d.detail["warnings"] for d in made] == [["webui-lora-not-applied"], []]
    (note,) = of(events, Note)
    assert "good, bad" in note.text and '"bad"' in note.text


def test_models(tmp_path: Path) -> None:
    for name in ("anime_v3", "anime_v3.safetensors", "aa55aa55aa"):
        with WebUIServer() as server:
            done = only_picture(draw(server, [small(model=name)], tmp_path))
        assert done.detail["model"] == "anime_v3" and not done.detail["warnings"]
    with WebUIServer() as server:
        with pytest.raises(UnknownModelError, match="anime_v3"):
            draw(server, [small(model="nope")], tmp_path)
        assert not server.sent(GENERATE)


def test_an_unknown_setting(tmp_path: Path) -> None:
    with WebUIServer() as server:
        events = draw(server, [small(overrides={"no_such_option": 1})], tmp_path)
    assert codes(events) == ["webui-failed"]
    assert "no_such_option" in str(events[-2])


@pytest.mark.parametrize("profile", ["a1111-1.10", "forge", "sdnext"])
def test_a_field_that_the_server_refuses(profile: str) -> None:
    """The name of the field and what is wrong with it, in both generations of pydantic."""
    from nasutui.core.webui.errors import RefusedError

    with WebUIServer(profile) as server, WebUI(server.url) as webui:
        with pytest.raises(RefusedError, match=r"steps: .*valid integer"):
            webui.txt2img({"steps": "abc", "sampler_name": "Euler"})
        with pytest.raises(RefusedError, match="Script 'foo' not found"):
            webui.txt2img({"script_name": "foo", "sampler_name": "Euler"})


def test_lists() -> None:
    with WebUIServer(loras=[LoraFile("a", alias="b")]) as server, WebUI(server.url) as webui:
        assert webui.samplers()[0] == Sampler("DPM++ 2M", ("k_dpmpp_2m",))
        schedulers = webui.schedulers()
        assert schedulers is not None and Scheduler("karras", "Karras") in schedulers
        (lora,) = webui.loras()
        assert (lora.name, lora.alias, lora.hash) == ("a", "b", "0123456789ab")
        assert {m.name for m in webui.models()} == {"v1-5-pruned-emaonly", "anime_v3"}
        assert webui.options()["samples_format"] == "png"
        assert webui.lora_folder() == "/Users/me/stable-diffusion-webui/models/Lora"
        assert webui.progress().idle
        assert len(server.requests) == 7
    with WebUIServer("a1111-1.8") as server, WebUI(server.url) as webui:
        assert webui.schedulers() is None
