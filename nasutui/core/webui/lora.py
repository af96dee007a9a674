"""LoRA tags in prompts, and the proof that a WebUI applied the files that we mean.

A WebUI that doesn't find a LoRA draws the picture without it and says nothing. The only trace of
a LoRA that was applied is its name and hash in the answer ("Lora hashes"; on SD.Next "LoRA
networks" and "LoRA hashes"), as extensions-builtin/Lora of AUTOMATIC1111 1.10.1 writes it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasutui.core.errors import InputError, explain_os_error, os_error_code
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.training.lora import read_lora

HASH_LENGTH = 12
_HASH = re.compile(r"[0-9a-fA-F]{12,}")
_TAG = re.compile(r"<lora:([^<>]*)>", re.IGNORECASE)
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class LoraTag:
    """`<lora:NAME:WEIGHT>`; `unet` differs from `weight` (the text encoder's) when it is given."""

    name: str
    weight: float = 1.0
    unet: float = 1.0

    @property
    def key(self) -> str:
        """The name as the WebUI writes it beside the hash."""
        return self.name.replace(":", "").replace(",", "")


def bad_lora(message: str) -> InputError:
    return InputError(message, code="webui-lora-tag")


def lora_tag(name: str, weight: float = 1.0) -> str:
    """The text that applies the LoRA file called `name` (no folder, no suffix). Raises InputError
    for a name that a WebUI can't find."""
    _check_name(name)
    return f"<lora:{name}:{weight:g}>"


def _check_name(name: str) -> None:
    shown = display_name(name)
    if not name or name != name.strip() or any(c in name for c in ":<>="):
        raise bad_lora(
            _('"{name}" can\'t be the name of a LoRA: it is empty or holds one of : < > =').format(
                name=shown
            )
        )
    if not name.isascii() or not name.isprintable():
        raise bad_lora(
            _(
                'The LoRA "{name}" has letters in its name that are not found reliably on every '
                "computer. Rename its file to a-z, 0-9, _ and - and use that name."
            ).format(name=shown)
        )


def _weight(text: str, tag: str) -> float:
    try:
        value = float(text.strip())
    except ValueError:
        value = float("nan")
    if not abs(value) <= 100:
        raise bad_lora(
            _('In "{tag}" the weight is no number; the LoRA would not be applied').format(
                tag=display_name(tag)[:100]
            )
        )
    return value


def _parse_tag(inside: str, tag: str) -> LoraTag:
    name, *parts = inside.split(":")
    _check_name(name)
    named = dict(part.partition("=")[::2] for part in parts if "=" in part)
    plain = [part for part in parts if "=" not in part]
    first = named.get("te", plain[0] if plain else "1")
    second = named.get("unet", plain[1] if len(plain) > 1 else first)
    for rest in (*plain[2:], *(v for k, v in named.items() if k not in ("te", "unet"))):
        _weight(rest, tag)
    return LoraTag(name, _weight(first, tag), _weight(second, tag))


def find_tags(prompt: str) -> tuple[LoraTag, ...]:
    """Every LoRA tag of a prompt, in order. Raises InputError for one that would be ignored."""
    return tuple(_parse_tag(match[1], match[0]) for match in _TAG.finditer(prompt))


def _pairs(text: str) -> dict[str, str]:
    """`name: hash, name: hash` -> {name: hash}; hashes in lower case."""
    result = {}
    for part in text.split(","):
        name, colon, digest = part.strip().rpartition(":")
        if colon:
            result[name.strip()] = digest.strip().lower()
    return result


def applied_loras(parameters: Mapping[str, Any]) -> dict[str, str] | None:
    """The LoRAs that an answer says were applied: name -> hash ("" unknown). None: it says nothing.

    parameters: `info.extra_generation_params`, or the parameters of an infotext.
    """
    told = parameters.get("Lora hashes")
    if isinstance(told, str) and told.strip():
        return _pairs(told)
    names = parameters.get("LoRA networks")
    if not isinstance(names, str) or not names.strip():
        return None
    hashes = parameters.get("LoRA hashes")
    hashes = hashes if isinstance(hashes, str) else ""
    by_name = _pairs(hashes)
    found = [n.strip().partition(":")[0].strip() for n in names.split(",") if n.strip()]
    in_order = [h.strip().lower() for h in hashes.split(",")] if not by_name else []
    in_order += [""] * len(found)
    return {name: by_name.get(name, in_order[i]) for i, name in enumerate(found)}


def same_hash(one: str, other: str) -> bool:
    """True when two hashes, each maybe shortened, are of one file."""
    length = min(len(one), len(other), HASH_LENGTH)
    return length > 0 and one[:length].lower() == other[:length].lower()


def lora_hash(path: Path) -> str:
    """The hash by which a WebUI names this file: the first 12 hex digits of the metadata's
    `sshs_model_hash`, else of SHA-256 over the bytes after the safetensors header
    (modules/hashes.py of AUTOMATIC1111 1.10.1). Raises InputError for what is no LoRA file."""
    told = read_lora(path).metadata.get("sshs_model_hash", "")
    if not _HASH.fullmatch(told):
        try:
            told = _tensor_hash(path)
        except OSError as error:
            raise InputError(explain_os_error(error, path), code=os_error_code(error)) from error
    return told[:HASH_LENGTH].lower()


def _tensor_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(8 + int.from_bytes(file.read(8), "little"))
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
