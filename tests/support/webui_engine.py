"""How the test server draws: samplers, LoRAs, settings, faults."""

from __future__ import annotations

import base64
import random
from collections import deque
from typing import Any

from tests.support.webui_context import Context, default_options, known_models
from tests.support.webui_machine import Machine
from tests.support.webui_pictures import pixels, png
from tests.support.webui_profiles import SCHEDULERS, Profile, ServerError
from tests.support.webui_registry import LoraFile, Registry

FAULTS = {
    "nans": (
        "NansException",
        "A tensor with NaNs was produced in Unet. This could be either because there's not enough "
        "precision to represent the picture, or because your video card does not support half "
        "type. Use --disable-nan-check commandline argument to disable this check.",
    ),
    "oom": (
        "RuntimeError",
        "MPS backend out of memory (MPS allocated: 4.06 GB, other allocations: 2.73 GB, max "
        "allowed: 6.77 GB). Tried to allocate 5.00 MB on private pool.",
    ),
    "no_checkpoint": (
        "FileNotFoundError",
        "No checkpoints found. When searching for checkpoints, looked at: ...",
    ),
    "group": ("ExceptionGroup", "unhandled errors in a TaskGroup (1 sub-exception)"),
}


class ModelError(Exception):
    """An exception inside the server; `kind` is its class there."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Engine(Machine):
    """faults: what happens to the next jobs, one each ("" nothing): a key of FAULTS, "black",
    "empty" or "die"."""

    def __init__(self, profile: Profile, loras: list[LoraFile], options: dict[str, Any]) -> None:
        super().__init__(profile)
        self.loras = Registry(loras, one_unknown_drops_all=profile.one_unknown_lora_drops_all)
        self.options = default_options(profile) | options
        self.faults: deque[str] = deque()

    def draw(self, values: dict[str, Any], job: str) -> tuple[list[bytes], dict[str, Any]]:
        """The pictures and the details of one request. Raises ServerError, ModelError and
        whatever a careless server raises."""
        sampler = self._sampler(values)
        self._check_scripts(values)
        task_id = values["force_task_id"] if self.profile.task_ids else None
        if task_id:
            self._pending.append(task_id)
        with self._queue:
            if task_id:
                self._pending.remove(task_id)
                self._current = task_id
            fault = self.faults.popleft() if self.faults else ""
            try:
                self._begin(job, values["n_iter"])
                result = self._process(values, sampler, fault)
            finally:
                self._end()
                self.finished_jobs += 1
                self._set()
            if task_id:
                self._current = None
                self._finished.append(task_id)
        return result

    def _sampler(self, values: dict[str, Any]) -> tuple[str, str | None]:
        """Sampler and scheduler that are used. Raises ServerError 404."""
        names = [s["name"] for s in self.profile.samplers()]
        asked = values["sampler_name"] or values["sampler_index"]
        scheduler = values["scheduler"] if self.profile.schedulers == "list" else None
        if asked not in names and self.profile.composite == "split":
            for label in SCHEDULERS.values():
                if asked.endswith(f" {label}"):
                    asked, scheduler = asked[: -len(label) - 1], scheduler or label
        if asked not in names:
            if self.profile.unknown_sampler == "404":
                raise ServerError(404, "Sampler not found")
            asked = names[0]
        if self.profile.schedulers != "list":
            return asked, None
        by_name = SCHEDULERS | {label: label for label in SCHEDULERS.values()}
        label = by_name.get(scheduler or "automatic", "Automatic")
        own = next(s for s in self.profile.samplers() if s["name"] == asked)["options"]
        if label == "Automatic" and "scheduler" in own:
            label = SCHEDULERS[own["scheduler"]]
        return asked, label

    def _check_scripts(self, values: dict[str, Any]) -> None:
        for name in (values["script_name"], *values["alwayson_scripts"]):
            if name and name.lower() not in ("x/y/z plot", "controlnet"):
                raise ServerError(422, f"Script '{name}' not found")

    def effective(self, overrides: dict[str, Any] | None) -> dict[str, Any]:
        """The settings for one request. Raises KeyError for one that does not exist."""
        options = dict(self.options)
        for key, value in (overrides or {}).items():
            options[key]
            if key != "sd_model_checkpoint" or value in known_models():
                options[key] = value
        return options

    def _process(
        self, values: dict[str, Any], sampler: tuple[str, str | None], fault: str
    ) -> tuple[list[bytes], dict[str, Any]]:
        if fault in FAULTS:
            raise ModelError(*FAULTS[fault])
        options = self.effective(values["override_settings"])
        for key in ("steps", "width", "height"):
            if values[key] is None:
                raise ModelError("TypeError", "unsupported operand type(s): 'NoneType' and 'int'")
        seed = values["seed"]
        seed = random.randint(0, 4294967293) if seed in (None, -1) else seed
        prompt, tags = self.loras.split(values["prompt"] or "")
        applied = [] if values["disable_extra_networks"] else self.loras.apply(tags)
        context = Context(self.profile, values, options, sampler, seed, prompt, applied)
        count = values["n_iter"] * values["batch_size"]
        images = [
            image
            for k in range(count)
            if (image := self._one(context, k, count, fault)) is not None
        ]
        texts = [context.infotext(k) for k in range(len(images))]
        first = 0
        if values["save_images"] and count > 1 and images:
            images.insert(0, context.encode("grid", texts[0]))
            texts.insert(0, texts[0])
            first = 1
        if fault == "empty":
            images = []
        return images, context.info(texts, first, count, self.state["job_timestamp"])

    def _one(self, context: Context, k: int, count: int, fault: str) -> bytes | None:
        """One picture, None when interrupted before its first step."""
        if self.state["interrupted"]:
            return None
        steps = context.values["steps"]
        if count > 1:
            self._set(job=f"Batch {k + 1} out of {count}")
        self._set(skipped=False, job_no=k, sampling_steps=steps)
        done = 0
        for step in range(steps):
            self._set(sampling_step=step)
            if context.options["live_previews_enable"] and step:
                self._preview = base64.b64encode(png(pixels(f"{k} {step}", 16, 16), None)).decode()
            self._hold(step)
            if fault == "die" and step == 1:
                raise ConnectionAbortedError
            if self.state["interrupted"] or self.state["skipped"]:
                break
            done = step + 1
        if not done and self.state["interrupted"]:
            return None
        return context.encode("black" if fault == "black" else f"{k} {done}", context.infotext(k))
