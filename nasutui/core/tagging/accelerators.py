"""Which accelerators ONNX Runtime could use here, and what to tell each of them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nasutui.core.config import cache_folder
from nasutui.core.tagging.sessions import Plan

AUTO, PROCESSOR = "auto", "cpu"


@dataclass(frozen=True, slots=True)
class Accelerator:
    """An execution provider that may be faster than the processor.

    name: what a person types; label: what they read. provider: ONNX Runtime's name for it. plugin:
    the Python package it comes in, when it is not built into ONNX Runtime; that package then knows
    the provider's name. static: wants the rewritten graph. exclusive: its sessions take
    one run at a time. opener: as in sessions.Plan.
    """

    name: str
    label: str
    provider: str
    options: Mapping[str, str] = field(default_factory=dict)
    plugin: str = ""
    static: bool = False
    exclusive: bool = False
    opener: str = Plan().opener

    def plan(self, model: Path, sha256: str) -> Plan:
        """How to open a model (with this SHA-256) on it."""
        options = dict(self.options)
        if self.name == "coreml":
            # Without a cache it compiles the model at every start (onnxruntime issue 21761); another
            # version would read what it can't use.
            options["ModelCacheDirectory"] = str(self._compiled(sha256))
        return Plan(str(model), self.provider, options, self.plugin, self.exclusive, self.opener)

    def _compiled(self, sha256: str) -> Path:
        return cache_folder() / "coreml" / self.key(sha256)[:32]

    def key(self, sha256: str) -> str:
        """Names all that a test of it depends on: model, ONNX Runtime, system and options."""
        import onnxruntime as ort

        from nasutui.core.tagging import graph_rewrite

        facts = [
            sha256, ort.__version__, platform.platform(), platform.machine(), self.provider,
            sorted(self.options.items()), self.static and graph_rewrite.VERSION, self.opener,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


# Names and options as the pages of the execution providers at onnxruntime.ai give them; MLProgram
# takes whole taggers in one piece, the default format cuts them into a hundred.
KNOWN = (
    Accelerator(
        "coreml", "CoreML", "CoreMLExecutionProvider",
        {"ModelFormat": "MLProgram", "MLComputeUnits": "ALL", "RequireStaticInputShapes": "1"},
        static=True,
    ),
    Accelerator("cuda", "CUDA", "CUDAExecutionProvider"),
    Accelerator("directml", "DirectML", "DmlExecutionProvider", exclusive=True),
    Accelerator("openvino", "OpenVINO", "OpenVINOExecutionProvider", {"device_type": "AUTO"}),
    Accelerator("webgpu", "WebGPU", "WebGPU", plugin="onnxruntime_ep_webgpu"),
    Accelerator("mlx", "MLX", "MLX", plugin="onnxruntime_ep_mlx"),
)  # fmt: skip
NAMES = (PROCESSOR, AUTO, *(known.name for known in KNOWN))


def accelerators_here() -> Iterator[Accelerator]:
    """Those that the installed packages offer; whether they work only a test can say."""
    import onnxruntime as ort

    built_in = set(ort.get_available_providers())
    return (known for known in KNOWN if _is_here(known, built_in))


def _is_here(known: Accelerator, built_in: set[str]) -> bool:
    if known.plugin:
        return importlib.util.find_spec(known.plugin) is not None
    return known.provider in built_in
