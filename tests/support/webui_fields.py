"""The fields of a txt2img request and how pydantic 1 and 2 read them."""

from __future__ import annotations

from typing import Any

from tests.support.webui_profiles import Profile, ServerError

# name: (type, default, may be null)
FIELDS: dict[str, tuple[str, Any, bool]] = {
    "prompt": ("str", "", True),
    "negative_prompt": ("str", "", True),
    "styles": ("list", None, True),
    "seed": ("int", -1, True),
    "subseed": ("int", -1, True),
    "subseed_strength": ("float", 0, True),
    "seed_resize_from_h": ("int", -1, True),
    "seed_resize_from_w": ("int", -1, True),
    "sampler_name": ("str", None, True),
    "scheduler": ("str", None, True),
    "batch_size": ("int", 1, True),
    "n_iter": ("int", 1, True),
    "steps": ("int", 50, True),
    "cfg_scale": ("float", 7.0, True),
    "width": ("int", 512, True),
    "height": ("int", 512, True),
    "restore_faces": ("bool", None, True),
    "tiling": ("bool", None, True),
    "do_not_save_samples": ("bool", False, True),
    "do_not_save_grid": ("bool", False, True),
    "eta": ("float", None, True),
    "denoising_strength": ("float", 0.75, True),
    "s_min_uncond": ("float", None, True),
    "s_churn": ("float", None, True),
    "s_tmax": ("float", None, True),
    "s_tmin": ("float", None, True),
    "s_noise": ("float", None, True),
    "override_settings": ("dict", None, True),
    "override_settings_restore_afterwards": ("bool", True, True),
    "refiner_checkpoint": ("str", None, True),
    "refiner_switch_at": ("float", None, True),
    "disable_extra_networks": ("bool", False, True),
    "firstpass_image": ("str", None, True),
    "comments": ("dict", None, True),
    "enable_hr": ("bool", False, True),
    "firstphase_width": ("int", 0, True),
    "firstphase_height": ("int", 0, True),
    "hr_scale": ("float", 2.0, True),
    "hr_upscaler": ("str", None, True),
    "hr_second_pass_steps": ("int", 0, True),
    "hr_resize_x": ("int", 0, True),
    "hr_resize_y": ("int", 0, True),
    "hr_checkpoint_name": ("str", None, True),
    "hr_sampler_name": ("str", None, True),
    "hr_scheduler": ("str", None, True),
    "hr_prompt": ("str", "", True),
    "hr_negative_prompt": ("str", "", True),
    "sampler_index": ("str", "Euler", False),
    "script_name": ("str", None, True),
    "script_args": ("list", [], False),
    "send_images": ("bool", True, False),
    "save_images": ("bool", False, False),
    "alwayson_scripts": ("dict", {}, False),
    "force_task_id": ("str", None, True),
    "infotext": ("str", None, True),
}
_MESSAGES_1 = {
    "int": ("value is not a valid integer", "type_error.integer"),
    "float": ("value is not a valid float", "type_error.float"),
    "bool": ("value could not be parsed to a boolean", "type_error.bool"),
    "str": ("str type expected", "type_error.str"),
    "list": ("value is not a valid list", "type_error.list"),
    "dict": ("value is not a valid dict", "type_error.dict"),
}
_MESSAGES_2 = {
    "int": (
        "Input should be a valid integer, unable to parse string as an integer",
        "int_parsing",
    ),
    "float": (
        "Input should be a valid number, unable to parse string as a number",
        "float_parsing",
    ),
    "bool": ("Input should be a valid boolean, unable to interpret input", "bool_parsing"),
    "str": ("Input should be a valid string", "string_type"),
    "list": ("Input should be a valid list", "list_type"),
    "dict": ("Input should be a valid dictionary", "dict_type"),
}


class _WrongError(Exception):
    def __init__(self, kind: str = "") -> None:
        super().__init__(kind)
        self.kind = kind


def _read(kind: str, value: Any, pydantic: int) -> Any:
    """The value as pydantic turns it into the field's type."""
    if kind in ("int", "float") and isinstance(value, (int, float, str)):
        try:
            number = float(value)
        except ValueError:
            raise _WrongError from None
        if kind == "float":
            return number
        if isinstance(value, str) and not value.strip().lstrip("-+").isdigit():
            raise _WrongError
        if pydantic == 2 and number != int(number):
            raise _WrongError("int_from_float")
        return int(value) if isinstance(value, str) else int(number)
    if kind == "bool" and str(value).lower() in ("true", "false", "1", "0"):
        return str(value).lower() in ("true", "1")
    if kind == "str" and (
        isinstance(value, str) or (pydantic == 1 and isinstance(value, (int, float)))
    ):
        return str(value)
    if (kind == "list" and isinstance(value, list)) or (kind == "dict" and isinstance(value, dict)):
        return value
    raise _WrongError


def _problem(name: str, kind: str, value: Any, wrong: _WrongError, pydantic: int) -> dict[str, Any]:
    if pydantic == 1:
        message, code = _MESSAGES_1[kind]
        if value is None:
            message, code = "none is not an allowed value", "type_error.none.not_allowed"
        return {"loc": ["body", name], "msg": message, "type": code}
    message, code = _MESSAGES_2[kind]
    if wrong.kind:
        code = wrong.kind
        message = "Input should be a valid integer, got a number with a fractional part"
    url = f"https://errors.pydantic.dev/2.8/v/{code}"
    return {"type": code, "loc": ["body", name], "msg": message, "input": value, "url": url}


def read_fields(
    body: Any, profile: Profile, more: dict[str, tuple[str, Any, bool]] | None = None
) -> dict[str, Any]:
    """The request with defaults filled in; unknown fields are dropped. Raises ServerError 422."""
    fields = FIELDS | (more or {})
    if not isinstance(body, dict):
        raise ServerError(
            422, [{"loc": ["body"], "msg": "field required", "type": "value_error.missing"}]
        )
    values, problems = {}, []
    for name, (kind, default, nullable) in fields.items():
        value = body.get(name, default)
        if value is None and nullable:
            values[name] = None
            continue
        try:
            values[name] = _read(kind, value, profile.pydantic)
        except _WrongError as wrong:
            problems.append(_problem(name, kind, value, wrong, profile.pydantic))
    if problems:
        raise ServerError(422, problems)
    if profile.sdnext:
        defaults = {"steps": 20, "cfg_scale": 6.0, "sampler_name": "Default"}
        values |= {name: value for name, value in defaults.items() if name not in body}
    return values
