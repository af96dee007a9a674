"""What to draw: a checked description of one txt2img request and the JSON that is sent.

Every field that decides how a picture looks is sent, because a WebUI's own defaults differ from
its page's (50 steps, sampler Euler) and between its forks, and because unknown or missing fields
are never an error there.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nasutui.core.errors import InputError
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.webui.lora import LoraTag, bad_lora, find_tags
from nasutui.core.webui.sampler import SamplerChoice

MAX_SEED = 2**32 - 1
_LAST_RANDOM_SEED = 4294967293  # as the WebUI draws them
_RANGES = {
    "steps": (1, 1000),
    "width": (64, 4096),
    "height": (64, 4096),
    "seed": (-1, MAX_SEED),
    "count": (1, 100),
}


@dataclass(frozen=True, slots=True)
class Txt2Img:
    """One request.

    sampler: as the WebUI's page shows it, with the scheduler in its name ("DPM++ 2M Karras") or
    beside it (scheduler None and none in the name: the sampler's own). steps 1 to 1000; cfg_scale
    0 to 100; width and height in pixels, multiples of 8 from 64 to 4096; seed 0 to 4294967295 or
    -1 (a new one, drawn here, so that it is known); count: pictures one after the other with seed,
    seed + 1 ... clip_skip 1 to 12 (None: the WebUI's setting). model: a title, file name or hash
    from the WebUI's list (None: the loaded one). lora_hashes: LoRA name -> hash
    (`webui_lora.lora_hash`) that the WebUI must have used. save_on_server: the WebUI also keeps a
    copy. overrides: WebUI settings for this request only.
    """

    prompt: str
    negative_prompt: str = ""
    sampler: str = "DPM++ 2M Karras"
    scheduler: str | None = None
    steps: int = 25
    cfg_scale: float = 7.0
    width: int = 512
    height: int = 512
    seed: int = -1
    count: int = 1
    clip_skip: int | None = None
    model: str | None = None
    lora_hashes: Mapping[str, str] = field(default_factory=dict)
    save_on_server: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @property
    def loras(self) -> tuple[LoraTag, ...]:
        """The LoRA tags of the prompt. Raises InputError."""
        return find_tags(self.prompt)


def _bad(message: str) -> InputError:
    return InputError(message, code="webui-request")


def _check_text(name: str, text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _bad(_("{field}: the text holds broken characters").format(field=name)) from None
    if "\0" in text:
        raise _bad(_("{field}: the text holds broken characters").format(field=name))


def _check_number(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _bad(
            _("{field} must be a whole number from {low} to {high}, not {value}").format(
                field=name, low=low, high=high, value=display_name(str(value))[:40]
            )
        )


def check_request(request: Txt2Img) -> None:
    """Raises InputError for what a WebUI would refuse, ignore or draw wrongly without a word."""
    for name in ("prompt", "negative_prompt"):
        _check_text(name, getattr(request, name))
    for name, (low, high) in _RANGES.items():
        _check_number(name, getattr(request, name), low, high)
    if request.clip_skip is not None:
        _check_number("clip_skip", request.clip_skip, 1, 12)
    for name in ("width", "height"):
        if getattr(request, name) % 8:
            raise _bad(_("{field} must be a multiple of 8").format(field=name))
    if not (math.isfinite(request.cfg_scale) and 0 <= request.cfg_scale <= 100):
        raise _bad(_("cfg_scale must be a number from 0 to 100"))
    if request.seed + request.count - 1 > MAX_SEED:
        raise _bad(_("the last picture's seed would be over {high}").format(high=MAX_SEED))
    _check_overrides(request.overrides)
    _check_loras(request)


def _check_overrides(overrides: Mapping[str, Any]) -> None:
    try:
        json.dumps(dict(overrides), allow_nan=False)
    except (TypeError, ValueError):
        raise _bad(_("overrides: the values must be numbers, texts, true or false")) from None


def _check_loras(request: Txt2Img) -> None:
    names = {tag.name for tag in request.loras}
    if "<lora:" in request.negative_prompt.lower():
        raise bad_lora(_("A LoRA in the negative prompt does nothing; write it into the prompt"))
    for name in request.lora_hashes:
        if name not in names:
            raise bad_lora(
                _('A hash is given for the LoRA "{name}", which is not in the prompt').format(
                    name=display_name(name)
                )
            )


def with_seed(request: Txt2Img) -> Txt2Img:
    """The request with a seed of its own in place of -1."""
    if request.seed != -1:
        return request
    return replace(request, seed=secrets.randbelow(_LAST_RANDOM_SEED - request.count + 2))


def payload(request: Txt2Img, choice: SamplerChoice, task_id: str) -> dict[str, Any]:
    """The JSON body for /sdapi/v1/txt2img."""
    overrides = {**request.overrides, **choice.overrides}
    if request.model is not None:
        overrides["sd_model_checkpoint"] = request.model
    if request.clip_skip is not None:
        overrides["CLIP_stop_at_last_layers"] = request.clip_skip
    body: dict[str, Any] = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "styles": [],
        "seed": request.seed,
        "subseed": -1,
        "subseed_strength": 0.0,
        "seed_resize_from_h": -1,
        "seed_resize_from_w": -1,
        "sampler_name": choice.sampler,
        "batch_size": 1,
        "n_iter": request.count,
        "steps": request.steps,
        "cfg_scale": request.cfg_scale,
        "width": request.width,
        "height": request.height,
        "restore_faces": False,
        "tiling": False,
        "enable_hr": False,
        "disable_extra_networks": False,
        "override_settings": overrides,
        "override_settings_restore_afterwards": True,
        "script_args": [],
        "alwayson_scripts": {},
        "send_images": True,
        "save_images": request.save_on_server,
        "do_not_save_samples": not request.save_on_server,
        "do_not_save_grid": not request.save_on_server,
        "force_task_id": task_id,
    }
    if choice.scheduler is not None:
        body["scheduler"] = choice.scheduler
    return body
