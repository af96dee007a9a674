"""What a trained LoRA says of itself: the header of a .safetensors file, without its tensors.

Bytes 0 to 7 are the header's length, then comes JSON with a `__metadata__` of texts; every tensor
names its place in the rest of the file (safetensors README). What sd-scripts writes there:
train_network.py L1003-1229 at 48d368fa. A file may come from anywhere: nothing in it is trusted.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from nasutui.core.errors import InputError, explain_os_error, os_error_code
from nasutui.core.files import open_regular
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.training.files import COMMENT_PREFIX

# The format allows 100 MB; no LoRA's header comes near, and as objects it would fill the memory.
MAX_HEADER = 32_000_000
_DOWN = (".lora_down.weight", ".lora_A.weight")


@dataclass(frozen=True, slots=True)
class LoraInfo:
    """What is known of a LoRA; None and "" where its file does not say.

    base: "SD1", "SD2" or "SDXL" as the WebUI names them. tags: how many pictures were trained with
    each tag, lower case, without repeats. folders: name -> (repeats, pictures). finished: seconds
    since the epoch. Texts are raw.
    """

    path: Path
    size: int
    name: str
    dim: int | None = None
    alpha: float | None = None
    steps: int | None = None
    epochs: int | None = None
    base: str = ""
    base_model: str = ""
    trigger: str = ""
    comment: str = ""
    finished: float | None = None
    tags: Mapping[str, int] = field(default_factory=dict)
    folders: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def dataset_id(self) -> str:
        """The id of the dataset that it was trained on, "" when another program exported it."""
        found = self.comment.partition(COMMENT_PREFIX)[2].strip()
        return found if found.isalnum() else ""

    @property
    def pictures(self) -> int | None:
        """How many pictures it was trained on."""
        return sum(count for _repeats, count in self.folders.values()) if self.folders else None


def read_lora(path: Path) -> LoraInfo:
    """Read the header. Raises InputError: "not-safetensors", "truncated", or what the system says."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(MAX_HEADER, size - 8):
                raise _not_safetensors(path)
            raw = file.read(length)
    except OSError as error:
        raise InputError(explain_os_error(error, path), code=os_error_code(error)) from error
    header = _header(raw, path)
    if 8 + length + _data_bytes(header, path) != size:
        text = _("{name} is incomplete: it was cut short on the way; fetch it again")
        raise InputError(text.format(name=display_name(path)), code="truncated")
    return _info(path, size, header)


def _not_safetensors(path: Path) -> InputError:
    text = _("{name} is no .safetensors file, or its header is damaged; fetch it again")
    return InputError(text.format(name=display_name(path)), code="not-safetensors")


def _header(raw: bytes, path: Path) -> dict[str, Any]:
    try:
        header = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _not_safetensors(path) from error
    if not raw.startswith(b"{") or not isinstance(header, dict):
        raise _not_safetensors(path)
    return header


def _data_bytes(header: dict[str, Any], path: Path) -> int:
    """Where the last tensor ends."""
    ends = [0]
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        offsets = tensor.get("data_offsets") if isinstance(tensor, dict) else None
        if (
            not isinstance(offsets, list)
            or len(offsets) != 2
            or not all(_whole(o) for o in offsets)
        ):
            raise _not_safetensors(path)
        ends.append(offsets[1])
    return max(ends)


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _info(path: Path, size: int, header: dict[str, Any]) -> LoraInfo:
    told = header.get("__metadata__")
    metadata = (
        {k: v for k, v in told.items() if isinstance(v, str) and v != "None"}
        if isinstance(told, dict)
        else {}
    )
    frequencies = _json(metadata.get("ss_tag_frequency"))
    return LoraInfo(
        path,
        size,
        metadata.get("ss_output_name") or path.stem,
        dim=_integer(metadata.get("ss_network_dim")) or _dim_of_tensors(header),
        alpha=_number(metadata.get("ss_network_alpha")),
        steps=_integer(metadata.get("ss_steps")),
        epochs=_integer(metadata.get("ss_epoch")) or _integer(metadata.get("ss_num_epochs")),
        base=_base(metadata),
        base_model=metadata.get("ss_sd_model_name", ""),
        trigger=metadata.get("modelspec.trigger_phrase", ""),
        comment=metadata.get("ss_training_comment", ""),
        finished=_number(metadata.get("ss_training_finished_at")),
        tags=_tag_counts(frequencies),
        folders=_folders(_json(metadata.get("ss_dataset_dirs"))),
        metadata=metadata,
    )


def _json(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and math.isfinite(value) else None


def _integer(text: str | None) -> int | None:
    value = _number(text)
    return int(value) if value is not None and 0 < value < 1e12 else None


def _dim_of_tensors(header: dict[str, Any]) -> int | None:
    for name, tensor in header.items():
        if name.endswith(_DOWN) and isinstance(tensor, dict):
            shape = tensor.get("shape")
            if isinstance(shape, list) and shape and _whole(shape[0]):
                return int(shape[0])
    return None


def _base(metadata: Mapping[str, str]) -> str:
    """As the WebUI tells the families apart (extensions-builtin/Lora network.py)."""
    if metadata.get("ss_base_model_version", "").startswith("sdxl_"):
        return "SDXL"
    if metadata.get("ss_v2") == "True":
        return "SD2"
    return "SD1" if metadata else ""


def _tag_counts(frequencies: Any) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for tags in frequencies.values() if isinstance(frequencies, dict) else ():
        for tag, count in tags.items() if isinstance(tags, dict) else ():
            if _whole(count):
                counts[tag.strip().lower()] += count
    return dict(counts)


def _folders(told: Any) -> dict[str, tuple[int, int]]:
    folders: dict[str, tuple[int, int]] = {}
    for name, values in told.items() if isinstance(told, dict) else ():
        if isinstance(values, dict):
            repeats, count = values.get("n_repeats"), values.get("img_count")
            if _whole(repeats) and _whole(count):
                folders[name] = (repeats, count)
    return folders
