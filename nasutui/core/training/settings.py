"""The training settings of a project: [training] in project.toml, with presets and what each is for.

Keys are named as sd-scripts names its arguments, so that guides for it apply. The defaults are the
reference of this project (dim 64, alpha 32, 10 epochs, 1e-4, batch 1 with accumulation 2, 512, fp16,
AdamW8bit, cosine_with_restarts, clip_skip 2, Anything V5); the presets follow what trainers of
anime models publish.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nasutui.core.i18n import N_, _
from nasutui.core.settings import read_section, wrong

SD15, SDXL = "sd15", "sdxl"
OPTIMIZERS = (
    "AdamW8bit", "AdamW", "Lion8bit", "Lion", "Adafactor", "Prodigy", "DAdaptAdam",
)  # fmt: skip
SCHEDULERS = (
    "cosine_with_restarts", "cosine", "linear", "polynomial", "constant", "constant_with_warmup",
)  # fmt: skip


def _one_line(text: str) -> str | None:
    return None if text.isprintable() else _("one line of plain text")


def _help(text: str, **rules: Any) -> dict[str, Any]:
    return {"help": text, **rules}


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How the LoRA is trained. Units and ranges stand with each field; `help` explains it."""

    preset: str = field(default="reference", metadata=_help(
        N_("where the values come from that are not set here")))  # fmt: skip
    architecture: str = field(default=SD15, metadata=_help(
        N_("the family of the base model: SD 1.5, or SDXL (Illustrious, NoobAI, Pony)"),
        choices=(SD15, SDXL)))  # fmt: skip
    base_model: str = field(default="models/anything-v5.safetensors", metadata=_help(
        N_("the checkpoint to train on: a file, a Diffusers folder or a name on the hub"),
        check=_one_line))  # fmt: skip
    resolution: int = field(default=512, metadata=_help(
        N_("pixels of a side of the training square; other shapes keep its area"),
        range=(64, 4096)))  # fmt: skip
    network_dim: int = field(default=64, metadata=_help(
        N_("how much the LoRA can hold; more learns finer detail, and its faults, and makes a larger file"),
        range=(1, 1024)))  # fmt: skip
    network_alpha: float = field(default=32.0, metadata=_help(
        N_("damps what is learned by alpha / dim; half of dim is usual"),
        range=(0, 1024), above=0))  # fmt: skip
    network_train_unet_only: bool = field(default=False, metadata=_help(
        N_("leave the text encoder as it is: faster, and often better for a style")))  # fmt: skip
    max_train_epochs: int = field(default=10, metadata=_help(
        N_("how often the whole dataset is gone through"), range=(1, 1000)))  # fmt: skip
    learning_rate: float = field(default=1e-4, metadata=_help(
        N_("how large each step is; too high burns the style in, too low learns nothing"),
        range=(0, 10), above=0))  # fmt: skip
    unet_lr: float = field(default=0.0, metadata=_help(
        N_("a learning rate of its own for the picture part; 0: the same"), range=(0, 10)))  # fmt: skip
    text_encoder_lr: float = field(default=0.0, metadata=_help(
        N_("a learning rate of its own for the text part; 0: the same"), range=(0, 10)))  # fmt: skip
    train_batch_size: int = field(default=1, metadata=_help(
        N_("pictures at a time; more is smoother and needs more memory"), range=(1, 64)))  # fmt: skip
    gradient_accumulation_steps: int = field(default=2, metadata=_help(
        N_("batches that are added up to one step: a larger batch without its memory"),
        range=(1, 64)))  # fmt: skip
    optimizer_type: str = field(default="AdamW8bit", metadata=_help(
        N_("how steps are found; AdamW8bit needs the least memory"), choices=OPTIMIZERS))  # fmt: skip
    optimizer_args: tuple[str, ...] = field(default=(), metadata=_help(
        N_("settings of the optimizer, such as weight_decay=0.1"), check=_one_line))  # fmt: skip
    lr_scheduler: str = field(default="cosine_with_restarts", metadata=_help(
        N_("how the learning rate falls over the run"), choices=SCHEDULERS))  # fmt: skip
    lr_scheduler_num_cycles: int = field(default=1, metadata=_help(
        N_("how often cosine_with_restarts starts again from the top"), range=(1, 100)))  # fmt: skip
    lr_warmup_steps: float = field(default=0.05, metadata=_help(
        N_("a gentle start: a share of all steps (0.05), or whole steps (40)"),
        range=(0, 100_000), either=True))  # fmt: skip
    mixed_precision: str = field(default="fp16", metadata=_help(
        N_("numbers while training; a T4 can't do bf16"), choices=("fp16", "bf16", "no")))  # fmt: skip
    save_precision: str = field(default="fp16", metadata=_help(
        N_("numbers in the LoRA file; float doubles its size"),
        choices=("fp16", "bf16", "float")))  # fmt: skip
    clip_skip: int = field(default=2, metadata=_help(
        N_("which layer of the text encoder is read; 2 for anime SD 1.5, no effect on SDXL"),
        range=(1, 12)))  # fmt: skip
    max_token_length: int = field(default=225, metadata=_help(
        N_("how much of a caption is read; 75 cuts off most captions of 30 tags"),
        choices=(75, 150, 225)))  # fmt: skip
    shuffle_caption: bool = field(default=True, metadata=_help(
        N_("put the tags behind the trigger in a new order each time, so that order means nothing")))  # fmt: skip
    keep_tokens: int = field(default=1, metadata=_help(
        N_("how many tags at the start are never shuffled: the trigger"), range=(0, 100)))  # fmt: skip
    flip_aug: bool = field(default=False, metadata=_help(
        N_("show mirrored pictures too; never when left and right differ (hair parting, writing)")))  # fmt: skip
    enable_bucket: bool = field(default=True, metadata=_help(
        N_("train each picture near its own shape instead of cutting all to a square")))  # fmt: skip
    min_bucket_reso: int = field(default=256, metadata=_help(
        N_("pixels: no side of a bucket is shorter"), range=(64, 4096)))  # fmt: skip
    max_bucket_reso: int = field(default=1024, metadata=_help(
        N_("pixels: no side of a bucket is longer; raise it to 2048 for SDXL"),
        range=(64, 8192)))  # fmt: skip
    bucket_reso_steps: int = field(default=64, metadata=_help(
        N_("sides of buckets are multiples of this: 64 for SD 1.5, 32 or 64 for SDXL"),
        choices=(32, 64, 128)))  # fmt: skip
    bucket_no_upscale: bool = field(default=False, metadata=_help(
        N_("never enlarge a picture; small ones train at their own size")))  # fmt: skip
    gradient_checkpointing: bool = field(default=True, metadata=_help(
        N_("less memory for more time; SDXL on a T4 needs it")))  # fmt: skip
    min_snr_gamma: float = field(default=5.0, metadata=_help(
        N_("evens out easy and hard noise levels; 5 is usual, 0 is off"), range=(0, 100)))  # fmt: skip
    noise_offset: float = field(default=0.0, metadata=_help(
        N_("helps very dark and very bright pictures; 0 is off, up to 0.1"), range=(0, 1)))  # fmt: skip
    seed: int = field(default=42, metadata=_help(
        N_("the same number gives the same run again"), range=(0, 2**32 - 1)))  # fmt: skip
    save_every_n_epochs: int = field(default=1, metadata=_help(
        N_("keep a LoRA after every so many epochs, to compare"), range=(1, 1000)))  # fmt: skip
    sample_every_n_epochs: int = field(default=1, metadata=_help(
        N_("draw the sample prompts after every so many epochs; 0: never"), range=(0, 1000)))  # fmt: skip
    sample_prompts: tuple[str, ...] = field(default=(), metadata=_help(
        N_("what to draw while training; empty: prompts made from the trigger and the common tags"),
        check=_one_line))  # fmt: skip


_STYLE = {
    "network_dim": 32, "network_alpha": 16.0, "network_train_unet_only": True,
    "train_batch_size": 2, "gradient_accumulation_steps": 1,
}  # fmt: skip
_CHARACTER = {
    "network_dim": 16, "network_alpha": 8.0, "learning_rate": 5e-4, "text_encoder_lr": 1e-4,
    "train_batch_size": 2, "gradient_accumulation_steps": 1,
}  # fmt: skip
_SDXL = {
    "architecture": SDXL, "base_model": "models/illustrious-xl.safetensors", "resolution": 1024,
    "network_dim": 32, "network_alpha": 16.0, "network_train_unet_only": True,
    "learning_rate": 3e-4, "min_bucket_reso": 512, "max_bucket_reso": 2048, "clip_skip": 1,
}  # fmt: skip

# What each preset changes in the defaults.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"reference": {}, "sd15-style": _STYLE, "sd15-character": _CHARACTER, "sdxl": _SDXL}
)
PRESET_HELP = MappingProxyType({
    "reference": N_("SD 1.5 on Anything V5, dim 64: the reference"),
    "sd15-style": N_("SD 1.5, an illustrator's style: a smaller file, only the picture part is trained"),
    "sd15-character": N_("SD 1.5, one character: a small file, a higher learning rate"),
    "sdxl": N_("SDXL such as Illustrious: 1024 pixels, only the picture part is trained"),
})  # fmt: skip


def preset(name: str) -> TrainingSettings:
    """The settings of a preset. Raises KeyError."""
    return replace(TrainingSettings(preset=name), **PRESETS[name])


def explain(key: str) -> str:
    """One line that explains a setting, in the interface's language. Raises KeyError."""
    return _({f.name: f.metadata["help"] for f in fields(TrainingSettings)}[key])


def explain_preset(name: str) -> str:
    """One line that explains a preset. Raises KeyError."""
    return _(PRESET_HELP[name])


def read_training(table: Any, path: Path) -> TrainingSettings:
    """[training] of a project.toml: its preset with its own values put in. Raises SettingsError."""
    name = table.get("preset", "reference") if isinstance(table, Mapping) else "reference"
    if not isinstance(name, str) or name not in PRESETS:
        choices = ", ".join(PRESETS)
        raise wrong(path, "training.preset", _("one of: {choices}").format(choices=choices))
    return read_section(preset(name), table, path, "training")


def own_values(settings: TrainingSettings) -> dict[str, Any]:
    """What the settings change in their preset: what project.toml has to say."""
    base = preset(settings.preset)
    return {
        f.name: getattr(settings, f.name)
        for f in fields(settings)
        if getattr(settings, f.name) != getattr(base, f.name)
    }
