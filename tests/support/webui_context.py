"""What the pictures of one request on the test server share: pixels, infotexts, details."""

from __future__ import annotations

from typing import Any

from tests.support.webui_pictures import encode, flat, infotext, pixels
from tests.support.webui_profiles import Profile
from tests.support.webui_registry import LoraFile, hashes_text

MODELS = {
    "v1-5-pruned-emaonly": "6ce0161689b3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa",
    "anime_v3": "aa55aa55aab3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa",
}


def known_models() -> dict[str, str]:
    """Every accepted spelling of a model -> its name."""
    table = {}
    for name, sha in MODELS.items():
        file = f"{name}.safetensors"
        for spelling in (f"{file} [{sha[:10]}]", file, name, sha[:10], sha):
            table[spelling] = name
    return table


def default_options(profile: Profile) -> dict[str, Any]:
    name, sha = next(iter(MODELS.items()))
    options = {
        "sd_model_checkpoint": f"{name}.safetensors [{sha[:10]}]",
        "samples_format": "png",
        "CLIP_stop_at_last_layers": 1.0,
        "lora_preferred_name": "Alias from file",
        "lora_add_hashes_to_infotext": True,
        "enable_pnginfo": True,
        "live_previews_enable": True,
        "show_progress_every_n_steps": 10.0,
        "upcast_attn": False,
        "randn_source": "GPU",
    }
    return options | ({"schedulers_sigma": "default"} if profile.sdnext else {})


class Context:
    """What the pictures of one request share."""

    def __init__(
        self,
        profile: Profile,
        values: dict[str, Any],
        options: dict[str, Any],
        sampler: tuple[str, str | None],
        seed: int,
        prompt: str,
        applied: list[tuple[str, str, LoraFile]],
    ) -> None:
        self.profile, self.values, self.options = profile, values, options
        self.sampler, self.scheduler = sampler
        self.seed, self.prompt, self.applied = seed, prompt, applied
        self.model = known_models()[options["sd_model_checkpoint"]]
        self.model_hash = MODELS[self.model][:10]

    @property
    def extra(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.applied and self.options["lora_add_hashes_to_infotext"]:
            if self.profile.sdnext:
                found["LoRA networks"] = ", ".join(name for name, *_rest in self.applied)
                found["LoRA hashes"] = ", ".join(file.hash for *_rest, file in self.applied)
            else:
                found["Lora hashes"] = hashes_text(self.applied)
        if self.scheduler:
            found["Schedule type"] = self.scheduler
        return found

    def infotext(self, k: int) -> str:
        values = self.values
        clip_skip = int(self.options["CLIP_stop_at_last_layers"])
        params = {
            "Steps": values["steps"],
            "Sampler": self.sampler,
            "Schedule type": self.scheduler,
            "CFG scale": f"{values['cfg_scale']:g}",
            "Seed": self.seed + k,
            "Size": f"{values['width']}x{values['height']}",
            "Model hash": self.model_hash,
            "Model": self.model,
            "Clip skip": clip_skip if clip_skip > 1 else None,
            **{key: v for key, v in self.extra.items() if key != "Schedule type"},
            "App": "SD.Next" if self.profile.sdnext else None,
            "Version": self.profile.version,
        }
        return infotext(values["prompt"] or "", values["negative_prompt"] or "", params)

    def encode(self, what: str, text: str) -> bytes:
        """`what`: "black", or what makes this picture differ from the request's others."""
        width, height = self.values["width"], self.values["height"]
        loras = [(name, weight, file.hash) for name, weight, file in self.applied]
        sigma = self.options.get("schedulers_sigma")
        key = f"{self.prompt}|{self.values['negative_prompt']}|{self.seed}|{loras}|{self.sampler}"
        key += f"|{self.scheduler}|{sigma}|{self.model}|{self.values['cfg_scale']}|{what}"
        rows = flat(width, height) if what == "black" else pixels(key, width, height)
        written = text if self.options["enable_pnginfo"] else None
        return encode(rows, written, self.options["samples_format"])

    def info(self, texts: list[str], first: int, count: int, timestamp: str) -> dict[str, Any]:
        values = self.values
        seeds = [self.seed + k for k in range(count)]
        info: dict[str, Any] = {
            "prompt": values["prompt"],
            "all_prompts": [values["prompt"]] * count,
            "negative_prompt": values["negative_prompt"],
            "all_negative_prompts": [values["negative_prompt"]] * count,
            "seed": self.seed,
            "all_seeds": seeds,
            "subseed": 3207187075,
            "all_subseeds": [3207187075 + k for k in range(count)],
            "subseed_strength": 0.0,
            "width": values["width"],
            "height": values["height"],
            "sampler_name": self.sampler,
            "cfg_scale": values["cfg_scale"],
            "steps": values["steps"],
            "batch_size": values["batch_size"],
            "extra_generation_params": self.extra,
            "index_of_first_image": first,
            "infotexts": texts,
            "styles": [],
            "job_timestamp": timestamp,
            "clip_skip": int(self.options["CLIP_stop_at_last_layers"]),
            "is_using_inpainting_conditioning": False,
        }
        if self.profile.sdnext:
            return info
        info |= {
            "restore_faces": False,
            "face_restoration_model": None,
            "sd_model_name": self.model,
            "sd_model_hash": self.model_hash,
            "sd_vae_name": None,
            "sd_vae_hash": None,
            "seed_resize_from_w": -1,
            "seed_resize_from_h": -1,
            "denoising_strength": values["denoising_strength"],
        }
        return info | ({"version": self.profile.version} if self.profile.version else {})
