"""The paths of the test server and what each answers."""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.webui_context import MODELS, known_models
from tests.support.webui_engine import ModelError
from tests.support.webui_fields import read_fields
from tests.support.webui_profiles import NotThereError, ServerError

if TYPE_CHECKING:
    from tests.support.webui_server import Request, WebUIServer

_API = "/sdapi/v1"
_NO_CONTENT = object()
_IMG2IMG_FIELDS = {
    "init_images": ("list", None, True),
    "include_init_images": ("bool", False, False),
    "mask": ("str", None, True),
}


@dataclass(frozen=True)
class Route:
    """needs_api: not there without --api. protected: by --api-auth. internal: not there with
    --nowebui. `answer` gives the JSON body, or _NO_CONTENT for 204."""

    answer: Callable[[WebUIServer, Request], Any]
    needs_api: bool = True
    protected: bool = True
    internal: bool = False


def is_no_content(body: Any) -> bool:
    return body is _NO_CONTENT


def _json(request: Request) -> Any:
    if not request.body:
        return None
    try:
        return json.loads(request.body)
    except ValueError as error:
        position = getattr(error, "pos", 0)
        problem = {"loc": ["body", position], "msg": str(error), "type": "value_error.jsondecode"}
        raise ServerError(422, [problem]) from None


def _fill_from_infotext(body: dict[str, Any]) -> dict[str, Any]:
    """Fields that the request leaves out, from the text in its `infotext`."""
    lines = str(body["infotext"]).strip().split("\n")
    pairs = dict(p.split(": ", 1) for p in lines[-1].split(", ") if ": " in p)
    found: dict[str, Any] = {"prompt": lines[0]}
    for key, name in (("Steps", "steps"), ("Sampler", "sampler_name"), ("Seed", "seed")):
        if key in pairs:
            found[name] = pairs[key]
    if "Schedule type" in pairs:
        found["scheduler"] = pairs["Schedule type"]
    if "CFG scale" in pairs:
        found["cfg_scale"] = pairs["CFG scale"]
    if "x" in pairs.get("Size", ""):
        found["width"], found["height"] = pairs["Size"].split("x")
    return found | body


def _draw(server: WebUIServer, values: dict[str, Any], job: str) -> Any:
    images, info = server.engine.draw(values, job)
    sent = [base64.b64encode(i).decode() for i in images] if values["send_images"] else []
    answer: Any = {"images": sent, "parameters": values, "info": json.dumps(info)}
    return server.alter(answer) if server.alter else answer


def txt2img(server: WebUIServer, request: Request) -> Any:
    body = _json(request)
    if server.profile.task_ids and isinstance(body, dict) and body.get("infotext"):
        body = _fill_from_infotext(body)
    return _draw(server, read_fields(body, server.profile), "scripts_txt2img")


def img2img(server: WebUIServer, request: Request) -> Any:
    values = read_fields(_json(request), server.profile, _IMG2IMG_FIELDS)
    if not values["init_images"]:
        if server.profile.sdnext:
            raise ServerError(400, "Init image is none")
        raise ServerError(404, "Init image not found")
    for text in values["init_images"]:
        _image(text)
    return _draw(server, values | {"init_images": None, "mask": None}, "scripts_img2img")


def _image(text: str) -> bytes:
    try:
        return base64.b64decode(text.rpartition(",")[2], validate=True)
    except binascii.Error:
        raise ServerError(500, "Invalid encoded image") from None


def progress(server: WebUIServer, request: Request) -> Any:
    skip = request.query.get("skip_current_image", ["false"])[0].lower() in ("true", "1")
    return server.engine.progress(skip)


def _done(server: WebUIServer, body: Any) -> Any:
    return _NO_CONTENT if server.profile.sdnext else body


def interrupt(server: WebUIServer, _request: Request) -> Any:
    server.engine.interrupt()
    return _done(server, {})


def skip(server: WebUIServer, _request: Request) -> Any:
    server.engine.skip()
    return _done(server, None)


def samplers(server: WebUIServer, _request: Request) -> Any:
    return server.profile.samplers()


def schedulers(server: WebUIServer, _request: Request) -> Any:
    if server.profile.schedulers == "none":
        raise NotThereError
    return server.profile.scheduler_list()


def models(_server: WebUIServer, _request: Request) -> Any:
    folder = "/Users/me/stable-diffusion-webui/models/Stable-diffusion"
    return [
        {
            "title": f"{name}.safetensors [{sha[:10]}]",
            "model_name": name,
            "hash": sha[:10],
            "sha256": sha,
            "filename": f"{folder}/{name}.safetensors",
            "config": None,
        }
        for name, sha in MODELS.items()
    ]


def loras(server: WebUIServer, _request: Request) -> Any:
    return [file.entry() for file in server.engine.loras.known]


def refresh_loras(server: WebUIServer, _request: Request) -> Any:
    server.engine.loras.refresh()
    return None


def refresh_checkpoints(server: WebUIServer, _request: Request) -> Any:
    return _done(server, None)


def options_get(server: WebUIServer, _request: Request) -> Any:
    return server.engine.options


def options_set(server: WebUIServer, request: Request) -> Any:
    for key, value in (_json(request) or {}).items():
        server.engine.options[key]
        if key == "sd_model_checkpoint" and value not in known_models():
            raise ModelError("RuntimeError", f"model {value!r} not found")
        server.engine.options[key] = value
    return {"updated": []} if server.profile.sdnext else None


def cmd_flags(server: WebUIServer, _request: Request) -> Any:
    auth = ":".join(server.auth) if server.auth else None
    return {
        "lora_dir": "/Users/me/stable-diffusion-webui/models/Lora",
        "api": True,
        "listen": False,
        "port": None,
        "gradio_auth": "gradio:geheim",
        "api_auth": auth,
    }


def png_info(_server: WebUIServer, request: Request) -> Any:
    from PIL import Image

    data = _image((_json(request) or {}).get("image", ""))
    with Image.open(io.BytesIO(data)) as image:
        return {"info": image.info.get("parameters", ""), "items": {}, "parameters": {}}


def memory(_server: WebUIServer, _request: Request) -> Any:
    ram = {"free": 12884901888.0, "used": 4294967296, "total": 17179869184.0}
    return {"ram": ram, "cuda": {"error": "unavailable"}}


def scripts(_server: WebUIServer, _request: Request) -> Any:
    return {"txt2img": ["x/y/z plot"], "img2img": ["x/y/z plot"]}


def nothing(_server: WebUIServer, _request: Request) -> Any:
    return []


def ping(server: WebUIServer, _request: Request) -> Any:
    if server.profile.sdnext:
        raise NotThereError
    return {}


def task(server: WebUIServer, request: Request) -> Any:
    return server.engine.task((_json(request) or {}).get("id_task"))


def pending(server: WebUIServer, _request: Request) -> Any:
    if not server.profile.pending_tasks:
        raise NotThereError
    return server.engine.pending()


def openapi(server: WebUIServer, _request: Request) -> Any:
    return {"openapi": "3.0.2", "paths": {path: {} for path in ROUTES if server.has(path)}}


ROUTES: dict[str, dict[str, Route]] = {
    f"{_API}/txt2img": {"POST": Route(txt2img)},
    f"{_API}/img2img": {"POST": Route(img2img)},
    f"{_API}/progress": {"GET": Route(progress)},
    f"{_API}/interrupt": {"POST": Route(interrupt)},
    f"{_API}/skip": {"POST": Route(skip)},
    f"{_API}/samplers": {"GET": Route(samplers)},
    f"{_API}/schedulers": {"GET": Route(schedulers)},
    f"{_API}/sd-models": {"GET": Route(models)},
    f"{_API}/loras": {"GET": Route(loras, needs_api=False, protected=False)},
    f"{_API}/refresh-loras": {"POST": Route(refresh_loras, needs_api=False, protected=False)},
    f"{_API}/refresh-checkpoints": {"POST": Route(refresh_checkpoints)},
    f"{_API}/options": {"GET": Route(options_get), "POST": Route(options_set)},
    f"{_API}/cmd-flags": {"GET": Route(cmd_flags)},
    f"{_API}/png-info": {"POST": Route(png_info)},
    f"{_API}/memory": {"GET": Route(memory)},
    f"{_API}/prompt-styles": {"GET": Route(nothing)},
    f"{_API}/scripts": {"GET": Route(scripts)},
    f"{_API}/script-info": {"GET": Route(nothing)},
    "/internal/ping": {"GET": Route(ping, False, False, internal=True)},
    "/internal/progress": {"POST": Route(task, False, False, internal=True)},
    "/internal/pending-tasks": {"GET": Route(pending, False, False, internal=True)},
    "/openapi.json": {"GET": Route(openapi, False, False)},
}
