"""Small .safetensors files, made by code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

LORA_TENSOR = "lora_unet_x.lora_down.weight"


def write(path: Path, names: list[str], metadata: Mapping[str, str] | None = None) -> Path:
    """A file with one tensor of 64 halves a name."""
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    for i, name in enumerate(names):
        header[name] = {"dtype": "F16", "shape": [8, 8], "data_offsets": [i * 128, (i + 1) * 128]}
    raw = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(raw).to_bytes(8, "little") + raw + bytes(128 * len(names)))
    return path


def checkpoint(path: Path, *, sdxl: bool = False) -> Path:
    """What can be told from a Stable Diffusion checkpoint by its header."""
    names = ["model.diffusion_model.input_blocks.0.0.weight"]
    names += ["conditioner.embedders.1.model.ln_final.weight"] if sdxl else []
    return write(path, names)


def lora(path: Path, metadata: Mapping[str, str] | None = None, tensors: int = 1) -> Path:
    """A LoRA as sd-scripts writes it."""
    names = [LORA_TENSOR, *(f"t{i}" for i in range(tensors - 1))]
    return write(path, names, metadata or {"ss_output_name": path.stem})
