"""Opening a model in ONNX Runtime: on the processor or on an accelerator.

Every session is made for many workers with one run each: one thread a run, no spinning.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from nasutui.core.child import named
from nasutui.core.i18n import _

CPU = "CPUExecutionProvider"
_registered: set[str] = set()
_registering = threading.Lock()


class NoSessionError(Exception):
    """The provider has no device here, or stood back for the processor."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to open and how.

    model: path; "" for the tagger's own file. options: the provider's. plugin: Python package that
    holds the provider, when it is no part of ONNX Runtime itself. exclusive: one run at a time.
    opener: "module:function" that makes the session of a plan.
    """

    model: str = ""
    provider: str = CPU
    options: Mapping[str, str] = field(default_factory=dict)
    plugin: str = ""
    exclusive: bool = False
    opener: str = "nasutui.core.tagging.sessions:open_session"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def open_session(plan: Plan) -> Any:
    """A session as planned. Raises what ONNX Runtime raises, and NoSessionError."""
    import onnxruntime as ort

    ort.set_default_logger_severity(4)  # its warnings would land on the terminal
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1  # one worker a core, each with a run of its own
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers: list[Any] | None = [CPU]
    if plan.plugin:
        _add_plugin(options, plan)
        providers = None
    elif plan.provider != CPU:
        providers = [(plan.provider, dict(plan.options)), CPU]
    if plan.provider == "DmlExecutionProvider":
        options.enable_mem_pattern = False  # it does not work with patterns
    # With the fallback ONNX Runtime would print, and use the processor instead.
    session = ort.InferenceSession(plan.model, options, providers=providers, enable_fallback=0)
    if not plan.plugin and plan.provider not in session.get_providers():
        raise NoSessionError(_("it finds no device that it could use"))
    return session


def open_planned(plan: Plan) -> Any:
    """A session made by the plan's opener."""
    return named(plan.opener)(plan)


def _add_plugin(options: Any, plan: Plan) -> None:
    """A provider from a package of its own, which says its name and where its library is
    (onnxruntime.ai, Using a Plugin Execution Provider Library)."""
    import onnxruntime as ort

    package = importlib.import_module(plan.plugin)
    with _registering:
        if plan.plugin not in _registered:
            ort.register_execution_provider_library(plan.plugin, package.get_library_path())
            _registered.add(plan.plugin)
    devices = [d for d in ort.get_ep_devices() if d.ep_name == package.get_ep_name()]
    if not devices:
        raise NoSessionError(_("it finds no device that it could use"))
    options.add_provider_for_devices(devices[:1], dict(plan.options))
