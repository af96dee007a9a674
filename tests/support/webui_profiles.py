"""Which WebUI the test server plays: the differences between versions and forks.

Read from the sources of AUTOMATIC1111 1.6 to 1.10.1, Forge dfdcbab6, reForge 3b56b268 and SD.Next of
July 2026; error bodies as FastAPI with pydantic 1 and 2 writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

_NEWEST = {
    "DPM++ 2M": ("k_dpmpp_2m", {"scheduler": "karras"}),
    "DPM++ SDE": ("k_dpmpp_sde", {"scheduler": "karras", "second_order": "True"}),
    "DPM++ 2M SDE": ("k_dpmpp_2m_sde", {"scheduler": "exponential", "brownian_noise": "True"}),
    "DPM++ 2M SDE Heun": ("k_dpmpp_2m_sde_heun", {"scheduler": "exponential"}),
    "DPM++ 2S a": ("k_dpmpp_2s_a", {"scheduler": "karras", "uses_ensd": "True"}),
    "DPM++ 3M SDE": ("k_dpmpp_3m_sde", {"scheduler": "exponential"}),
    "Euler a": ("k_euler_a", {"uses_ensd": "True"}),
    "Euler": ("k_euler", {}),
    "LMS": ("k_lms", {}),
    "Heun": ("k_heun", {"second_order": "True"}),
    "DPM2": ("k_dpm_2", {"scheduler": "karras"}),
    "DPM2 a": ("k_dpm_2_a", {"scheduler": "karras"}),
    "DPM fast": ("k_dpm_fast", {"uses_ensd": "True"}),
    "DPM adaptive": ("k_dpm_ad", {"uses_ensd": "True"}),
    "Restart": ("restart", {"scheduler": "karras"}),
    "DDIM": ("ddim", {}),
    "DDIM CFG++": ("ddim_cfgpp", {}),
    "PLMS": ("plms", {}),
    "UniPC": ("unipc", {}),
    "LCM": ("k_lcm", {}),
}
_OLD = {
    "DPM++ 2M Karras": ("k_dpmpp_2m_ka", {"scheduler": "karras"}),
    "DPM++ SDE Karras": ("k_dpmpp_sde_ka", {"scheduler": "karras"}),
    "DPM++ 2M SDE Exponential": ("k_dpmpp_2m_sde_exp", {"scheduler": "exponential"}),
    "Euler a": ("k_euler_a", {}),
    "Euler": ("k_euler", {}),
    "DPM++ 2M": ("k_dpmpp_2m", {}),
    "DPM++ SDE": ("k_dpmpp_sde", {}),
    "DDIM": ("ddim", {}),
}
_SDNEXT = ("Default", "Euler", "Euler a", "DPM++ 2M", "DPM++ SDE", "UniPC", "DDIM")
SCHEDULERS = {
    "automatic": "Automatic",
    "uniform": "Uniform",
    "karras": "Karras",
    "exponential": "Exponential",
    "polyexponential": "Polyexponential",
    "sgm_uniform": "SGM Uniform",
    "kl_optimal": "KL Optimal",
    "align_your_steps": "Align Your Steps",
    "simple": "Simple",
    "normal": "Normal",
    "ddim": "DDIM",
    "beta": "Beta",
}
_INNER = {"uniform", "sgm_uniform", "simple", "normal", "ddim", "beta"}


@dataclass(frozen=True)
class Profile:
    """One server. composite: what becomes of "DPM++ 2M Karras" ("split", "own", "unknown").
    unknown_sampler: "first" (another one is used) or "404". errors: whose error bodies."""

    name: str
    version: str | None = "v1.10.1"
    schedulers: str = "list"  # "none", "sdnext"
    composite: str = "split"
    unknown_sampler: str = "first"
    errors: str = "a1111"
    pydantic: int = 1
    internal: bool = True
    task_ids: bool = True
    pending_tasks: bool = True
    stopping_generation: bool = True
    process_time: bool = True
    one_unknown_lora_drops_all: bool = False

    @property
    def sdnext(self) -> bool:
        return self.errors == "sdnext"

    def samplers(self) -> list[dict[str, Any]]:
        if self.sdnext:
            return [{"name": n, "options": {}} for n in _SDNEXT]
        table = _NEWEST if self.composite != "own" else _OLD
        return [{"name": n, "aliases": [a], "options": o} for n, (a, o) in table.items()]

    def scheduler_list(self) -> list[dict[str, Any]]:
        if self.schedulers == "sdnext":
            return [{"name": "DPMSolverMultistepScheduler", "cls": "DPM", "options": {}}]
        return [
            {
                "name": name,
                "label": label,
                "aliases": ["SGMUniform"] if name == "sgm_uniform" else None,
                "default_rho": {"karras": 7.0, "polyexponential": 1.0}.get(name, -1.0),
                "need_inner_model": name in _INNER,
            }
            for name, label in SCHEDULERS.items()
        ]


_A1111 = Profile("a1111-1.10")
_1_8 = replace(
    _A1111,
    name="a1111-1.8",
    version="v1.8.0",
    schedulers="none",
    composite="own",
    unknown_sampler="404",
)
PROFILES = {
    p.name: p
    for p in (
        _A1111,
        replace(
            _A1111,
            name="a1111-1.9",
            version="v1.9.4",
            composite="unknown",
            unknown_sampler="404",
        ),
        _1_8,
        replace(
            _1_8,
            name="a1111-1.6",
            version=None,
            task_ids=False,
            pending_tasks=False,
            stopping_generation=False,
        ),
        replace(
            _A1111,
            name="forge",
            version="f2.0.1v1.10.1-previous-669-gdfdcbab6",
            errors="forge",
            pydantic=2,
            process_time=False,
            one_unknown_lora_drops_all=True,
        ),
        replace(_A1111, name="reforge", one_unknown_lora_drops_all=True),
        Profile(
            "sdnext",
            version=None,
            schedulers="sdnext",
            composite="unknown",
            unknown_sampler="404",
            errors="sdnext",
            pydantic=2,
            task_ids=False,
            pending_tasks=False,
            stopping_generation=False,
        ),
    )
}


class ServerError(Exception):
    """An answer that is an error: the server's HTTPException."""

    def __init__(self, status: int, detail: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


class NotThereError(Exception):
    """The path does not exist on this server."""


def http_exception(profile: Profile, error: ServerError) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers of an HTTPException."""
    status, detail = error.status, error.detail
    if not isinstance(detail, str):  # FastAPI's own validation answer, the same everywhere
        return status, {"detail": detail}, {}
    if profile.errors == "forge":
        return status, {"detail": detail}, error.headers
    body: dict[str, Any] = {"error": "HTTPException", "detail": detail, "body": "", "errors": ""}
    if profile.sdnext:
        body |= {"code": status, "errors": f"{status}: {detail}"}
    return status, body, {}


def exception(profile: Profile, kind: str, text: str) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers of any other exception."""
    key = "message" if profile.errors == "forge" else "errors"
    body: dict[str, Any] = {"error": kind, "detail": "", "body": "", key: text}
    if profile.sdnext:
        body["code"] = 500
    return 500, body, {}
