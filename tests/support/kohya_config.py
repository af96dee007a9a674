"""A stand-in for the way sd-scripts reads its two TOML files (48d368fa: library/config_util.py
L54-260, library/train_util.py L3641-4764): strict for --dataset_config, careless for --config_file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class TrainerStopError(Exception):
    """The trainer would stop, or end without having trained."""


def _exactly(*kinds: type) -> Callable[[Any], bool]:
    """voluptuous compares with isinstance, except that bool is an int there too."""
    return lambda value: isinstance(value, kinds)


def _pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(v, int) for v in value)


_STR, _INT, _BOOL, _FLOAT = _exactly(str), _exactly(int), _exactly(bool), _exactly(float)
_NUMBER = _exactly(float, int)

SUBSET_ASCENDABLE: dict[str, Callable[[Any], bool]] = {
    "num_repeats": _INT, "class_tokens": _STR, "caption_extension": _STR, "cache_info": _BOOL,
    "shuffle_caption": _BOOL, "keep_tokens": _INT, "keep_tokens_separator": _STR,
    "secondary_separator": _STR, "caption_separator": _STR, "enable_wildcard": _BOOL,
    "caption_prefix": _STR, "caption_suffix": _STR, "caption_dropout_rate": _NUMBER,
    "caption_tag_dropout_rate": _NUMBER, "caption_dropout_every_n_epochs": _INT,
    "token_warmup_min": _INT, "token_warmup_step": _NUMBER, "color_aug": _BOOL, "flip_aug": _BOOL,
    "random_crop": _BOOL, "face_crop_aug_range": lambda v: isinstance(v, list) and len(v) == 2,
    "resize_interpolation": _STR, "custom_attributes": _exactly(dict),
}  # fmt: skip
SUBSET_ONLY = {"image_dir": _STR, "is_reg": _BOOL, "alpha_mask": _BOOL,
               "metadata_file": _STR, "conditioning_data_dir": _STR}  # fmt: skip
DATASET: dict[str, Callable[[Any], bool]] = {
    "resolution": lambda v: _INT(v) or _pair(v), "batch_size": _INT, "enable_bucket": _BOOL,
    "min_bucket_reso": _INT, "max_bucket_reso": _INT, "bucket_reso_steps": _INT,
    "bucket_no_upscale": _BOOL, "network_multiplier": _FLOAT, "validation_split": _FLOAT,
    "validation_seed": _INT,
}  # fmt: skip

# Arguments of train_network.py that our training.toml may name, with the types argparse would make.
# The trainer takes any other key without a word and without effect; the stand-in does not.
ARGUMENTS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys((
        "pretrained_model_name_or_path", "network_module", "optimizer_type", "lr_scheduler",
        "mixed_precision", "save_precision", "output_dir", "output_name", "save_model_as",
        "logging_dir", "log_with", "log_prefix", "metadata_title", "metadata_trigger_phrase",
        "training_comment", "sample_prompts", "sample_sampler", "caption_extension", "resolution",
    ), _STR),
    **dict.fromkeys((
        "clip_skip", "max_token_length", "keep_tokens", "min_bucket_reso", "max_bucket_reso",
        "bucket_reso_steps", "network_dim", "lr_scheduler_num_cycles", "max_train_epochs",
        "train_batch_size", "gradient_accumulation_steps", "seed", "max_data_loader_n_workers",
        "save_every_n_epochs", "save_last_n_epochs_state", "sample_every_n_epochs",
    ), _INT),
    **dict.fromkeys((
        "network_alpha", "learning_rate", "unet_lr", "text_encoder_lr", "lr_warmup_steps",
        "min_snr_gamma", "noise_offset",
    ), _NUMBER),
    **dict.fromkeys((
        "no_half_vae", "shuffle_caption", "flip_aug", "enable_bucket", "bucket_no_upscale",
        "network_train_unet_only", "gradient_checkpointing", "sdpa", "cache_latents", "lowram",
        "persistent_data_loader_workers", "save_state",
    ), _BOOL),
    "optimizer_args": lambda v: isinstance(v, list) and all(isinstance(i, str) for i in v),
}  # fmt: skip


def _check(table: Any, known: dict[str, Callable[[Any], bool]], where: str) -> None:
    if not isinstance(table, dict):
        raise TrainerStopError(f"{where}: expected a dictionary")
    for key, value in table.items():
        if key not in known:
            raise TrainerStopError(f"{where}.{key}: extra keys not allowed")
        if not known[key](value):
            raise TrainerStopError(f"{where}.{key}: wrong type: {value!r}")


def read_dataset_config(path: Path) -> dict[str, Any]:
    """--dataset_config: general and datasets, every key and type checked."""
    if path.suffix not in (".toml", ".json"):
        raise TrainerStopError("not supported config file format")
    config = tomllib.loads(path.read_text(encoding="utf-8"))
    for key in config:
        if key not in ("general", "datasets"):
            raise TrainerStopError(f"{key}: extra keys not allowed")
    _check(config.get("general", {}), SUBSET_ASCENDABLE | DATASET, "general")
    for i, dataset in enumerate(config.get("datasets", [])):
        subsets = dataset.get("subsets", [])
        rest = {k: v for k, v in dataset.items() if k != "subsets"}
        _check(rest, SUBSET_ASCENDABLE | DATASET, f"datasets[{i}]")
        for subset in subsets:
            _check(subset, SUBSET_ASCENDABLE | SUBSET_ONLY, f"datasets[{i}].subsets")
            if "image_dir" not in subset:
                raise TrainerStopError("image_dir: required key not provided")
    return config


@dataclass
class Arguments:
    """What the trainer goes by: --config_file flattened, the command line over it."""

    values: dict[str, Any] = field(default_factory=dict)

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)


def read_config_file(path: Path, *, sdxl: bool = False, **command_line: Any) -> Arguments:
    """--config_file, with the assertions that follow from it."""
    if path.suffix != ".toml":
        path = path.with_name(path.name + ".toml")
    if not path.is_file():
        raise TrainerStopError(f"{path} not found.")
    config = tomllib.loads(path.read_text(encoding="utf-8"))
    values: dict[str, Any] = {}
    for key, value in config.items():
        values.update(value if isinstance(value, dict) else {key: value})
    _check(values, ARGUMENTS, "config_file")
    arguments = Arguments({**values, **command_line})
    _assertions(arguments, sdxl)
    return arguments


def _assertions(arguments: Arguments, sdxl: bool) -> None:
    get = arguments.get
    if not get("network_module") or not get("pretrained_model_name_or_path"):
        raise TrainerStopError("network_module and a base model are required")
    if get("lr_scheduler") == "constant" and get("lr_warmup_steps", 0):
        raise TrainerStopError("constant scheduler with warm-up steps")
    if get("log_with") == "tensorboard" and not get("logging_dir"):
        raise TrainerStopError("logging_dir is required when log_with is tensorboard")
    if get("sample_every_n_epochs") and not get("sample_prompts"):
        raise TrainerStopError("an interval without sample_prompts")
    if get("max_token_length") not in (None, 150, 225):
        raise TrainerStopError("max_token_length must be 150 or 225")
    if get("bucket_reso_steps", 64) % (32 if sdxl else 64):
        raise TrainerStopError("bucket_reso_steps")
    if get("resolution"):
        numbers = str(get("resolution")).split(",")
        if not all(n.strip().isdecimal() for n in numbers) or len(numbers) > 2:
            raise TrainerStopError("resolution")
