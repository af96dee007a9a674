"""Whether a picture is what was asked for: sampler, seed, model and LoRAs.

A WebUI answers 200 with a picture also when it used another sampler, another model or no LoRA;
only the details beside the picture tell. A difference is reported only where they name something
else than was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.webui import errors
from nasutui.core.webui.answer import Details, Drawn, parameters_of, text_or_none
from nasutui.core.webui.errors import WebUIError
from nasutui.core.webui.lora import applied_loras, same_hash
from nasutui.core.webui.request import Txt2Img
from nasutui.core.webui.sampler import SamplerChoice


def differences(
    request: Txt2Img, choice: SamplerChoice, drawn: Drawn, index: int, details: Details | None
) -> list[WebUIError]:
    """What the answer says was done otherwise than asked: sampler, scheduler, seed, model."""
    if details is None:
        return [
            errors.MissingInfoError(
                _(
                    "The WebUI did not say how it drew this picture, so sampler, seed and LoRA "
                    "can't be checked."
                )
            )
        ]
    params = parameters_of(drawn, details)
    checks = (
        _sampler_difference(choice, details, params),
        _seed_difference(request.seed + index, drawn),
        _model_difference(request, details),
    )
    return [problem for problem in checks if problem is not None]


def _sampler_difference(
    choice: SamplerChoice, details: Details, params: Mapping[str, Any]
) -> WebUIError | None:
    used = details.sampler or text_or_none(params.get("Sampler"))
    schedule = text_or_none(params.get("Schedule type"))
    wanted = choice.expected_scheduler
    full = f"{used} {schedule}" if schedule else used
    asked = f"{choice.sampler} {wanted}" if wanted else choice.sampler
    only_name_known = used == choice.sampler and (wanted is None or schedule is None)
    if used is None or asked in (used, full) or only_name_known:
        return None
    return errors.OtherSamplerError(
        _('The WebUI drew with the sampler "{used}", not with "{asked}" as it was told.').format(
            used=display_name(str(full))[:80], asked=display_name(asked)
        )
    )


def _seed_difference(asked: int, drawn: Drawn) -> WebUIError | None:
    if drawn.seed == asked:
        return None
    return errors.OtherSeedError(
        _(
            "The WebUI drew with the seed {used}, not {asked}: an extension may have changed it."
        ).format(used=display_name(str(drawn.seed))[:40], asked=asked)
    )


def _model_names(text: str) -> set[str]:
    """What a model may be called: with and without its hash, folder and suffix; the hash."""
    plain, bracket, digest = text.strip().partition(" [")
    path = PurePosixPath(plain.replace("\\", "/"))
    stem = path.name.removesuffix(".safetensors").removesuffix(".ckpt")
    flat = plain.replace("\\", "/").replace("/", "_").removesuffix(".safetensors")
    names = {text, plain, path.name, stem, flat.removesuffix(".ckpt")}
    return names | ({digest.rstrip("]")} if bracket else set())


def _model_difference(request: Txt2Img, details: Details) -> WebUIError | None:
    if request.model is None or details.model is None:
        return None
    asked = _model_names(request.model)
    digest = details.model_hash or ""
    if asked & _model_names(details.model) or any(same_hash(digest, a) for a in asked):
        return None
    return errors.OtherModelError(
        _('The WebUI drew with the model "{used}", not with "{asked}" as it was told.').format(
            used=display_name(details.model)[:80], asked=display_name(request.model)[:80]
        )
    )


def missing_loras(
    request: Txt2Img, drawn: Drawn, details: Details | None
) -> tuple[list[str], dict[str, str] | None]:
    """Names of the prompt's LoRAs that the answer does not name, and those that it does name
    (None: it names none, which also happens when the server is set not to)."""
    applied = applied_loras(parameters_of(drawn, details))
    keys = {tag.key: tag.name for tag in request.loras}
    return [name for key, name in keys.items() if key not in (applied or {})], applied


def wrong_loras(request: Txt2Img, applied: Mapping[str, str]) -> list[WebUIError]:
    """LoRAs that were applied but are other files than meant, or are not in the prompt at all."""
    problems: list[WebUIError] = []
    keys = {tag.key: tag.name for tag in request.loras}
    for key, digest in applied.items():
        expected = request.lora_hashes.get(keys.get(key, ""))
        shown = display_name(key)[:80]
        if key not in keys:
            problems.append(
                errors.LoraNotAppliedError(
                    _('The WebUI applied the LoRA "{name}", which is not in the prompt.').format(
                        name=shown
                    ),
                    code="webui-extra-lora",
                )
            )
        elif expected and digest and not same_hash(expected, digest):
            problems.append(
                errors.LoraNotAppliedError(
                    _(
                        'The WebUI used another file for the LoRA "{name}" (hash {used}, not '
                        "{asked}). Copy the new file into its folder models/Lora, click the "
                        "refresh button on its Lora page and draw again."
                    ).format(name=shown, used=display_name(digest)[:40], asked=expected[:12]),
                    code="webui-other-lora",
                )
            )
    return problems
