"""The test server's LoRA files: names, aliases, hashes, and which tags find them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_TAG = re.compile(r"<(\w+):([^>]+)>")


@dataclass(frozen=True)
class LoraFile:
    """A file in models/Lora. alias: its `ss_output_name`."""

    name: str
    alias: str = ""
    hash: str = "0123456789ab"
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def called(self) -> str:
        return self.alias or self.name

    def entry(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "alias": self.called,
            "path": f"/Users/me/stable-diffusion-webui/models/Lora/{self.name}.safetensors",
            "metadata": {"ss_output_name": self.called, "sshs_model_hash": self.hash * 5}
            | self.metadata,
        }


class Registry:
    """`disk` is what is in the folder, `known` what the server has read of it."""

    def __init__(self, files: list[LoraFile], *, one_unknown_drops_all: bool) -> None:
        self.disk = list(files)
        self.known = list(files)
        self._one_unknown_drops_all = one_unknown_drops_all

    def refresh(self) -> None:
        self.known = list(self.disk)

    def _find(self, name: str) -> LoraFile | None:
        for file in self.known:
            if file.name == name:
                return file
        counts = Counter(f.called for f in self.known)
        for file in self.known:
            if file.called == name and counts[name] == 1 and name.lower() != "none":
                return file
        return None

    def split(self, prompt: str) -> tuple[str, list[tuple[str, str]]]:
        """The prompt without extra network tags, and name and weight text of its LoRA tags."""
        tags = [
            (m[2].partition(":")[0], m[2].partition(":")[2])
            for m in _TAG.finditer(prompt)
            if m[1] == "lora"
        ]
        return _TAG.sub("", prompt), tags

    def apply(self, tags: list[tuple[str, str]]) -> list[tuple[str, str, LoraFile]]:
        """Spelling, weight and file of each tag that is applied; the rest is dropped silently."""
        if not all(_is_weight(weight) for _name, weight in tags):
            return []
        if any(self._find(name) is None for name, _weight in tags):
            self.refresh()
        found = [(name, weight or "1", self._find(name)) for name, weight in tags]
        if self._one_unknown_drops_all and any(file is None for *_rest, file in found):
            return []
        return [(name, weight, file) for name, weight, file in found if file is not None]


def _is_weight(text: str) -> bool:
    for part in text.split(":") if text else ():
        try:
            float(part.rpartition("=")[2])
        except ValueError:
            return False
    return True


def hashes_text(applied: list[tuple[str, str, LoraFile]]) -> str:
    """The value of "Lora hashes"."""
    return ", ".join(
        f"{name.replace(':', '').replace(',', '')}: {file.hash}" for name, _weight, file in applied
    )
