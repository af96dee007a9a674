"""LoRA files as small as they can be."""

from __future__ import annotations

import json
import struct
from pathlib import Path


def write_lora(path: Path, digest: str = "0123456789ab" * 5) -> Path:
    """A .safetensors file without tensors that says this of itself."""
    header = json.dumps({"__metadata__": {"sshs_model_hash": digest}}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    return path
