"""The text files beside an exported dataset, as sd-scripts reads them (at 48d368fa).

    dataset.toml         --dataset_config: strict, an unknown key or a wrong type stops the trainer
    training.toml        --config_file: nothing is checked, so that every key here must be right
    sample_prompts.txt   what is drawn while training

Paths in them are relative to the dataset's folder: the trainer is started there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nasutui.core.editing.captions import tag_key
from nasutui.core.training.settings import SDXL, TrainingSettings

DATASET_TOML = "dataset.toml"
TRAINING_TOML = "training.toml"
SAMPLE_PROMPTS = "sample_prompts.txt"
COMMENT_PREFIX = "nasutui dataset "
_NEGATIVE = "lowres, bad anatomy, bad hands, text, error, worst quality, low quality, blurry"
_COMMON_TAGS = 8
# Tags that say what is drawn for the prompt that must not be twice in it.
_SUBJECT = ("1girl", "solo", "upper body", "smile")


def _document(comment: str, sections: Mapping[str, Mapping[str, Any]]) -> str:
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(comment))
    for name, values in sections.items():
        table = tomlkit.table()
        table.update(values)
        document.add(name, table)
    return tomlkit.dumps(document)


def _shape(settings: TrainingSettings) -> dict[str, Any]:
    """What both files say about pictures and captions."""
    return {
        "caption_extension": ".txt",
        "shuffle_caption": settings.shuffle_caption,
        "keep_tokens": settings.keep_tokens,
        "flip_aug": settings.flip_aug,
        "enable_bucket": settings.enable_bucket,
        "min_bucket_reso": settings.min_bucket_reso,
        "max_bucket_reso": settings.max_bucket_reso,
        "bucket_reso_steps": settings.bucket_reso_steps,
        "bucket_no_upscale": settings.bucket_no_upscale,
    }


def dataset_toml(settings: TrainingSettings, subfolder: str, repeats: int, trigger: str) -> str:
    """dataset.toml (keys and types as library/config_util.py L54-140 checks them)."""
    import tomlkit

    general = {
        "resolution": [settings.resolution, settings.resolution],
        "batch_size": settings.train_batch_size,
        **_shape(settings),
    }
    text = _document(
        "For sd-scripts: --dataset_config dataset.toml, started in this folder.",
        {"general": general},
    )
    subset = tomlkit.table()
    subset.update({"image_dir": subfolder, "num_repeats": repeats})
    if trigger:
        subset.add("class_tokens", trigger)
    subsets = tomlkit.aot()
    subsets.append(subset)
    dataset = tomlkit.table()
    dataset.add("subsets", subsets)
    datasets = tomlkit.aot()
    datasets.append(dataset)
    tail = tomlkit.document()
    tail.add("datasets", datasets)
    return text + "\n" + tomlkit.dumps(tail)


def training_toml(settings: TrainingSettings, name: str, trigger: str, dataset_id: str) -> str:
    """training.toml. What is off is left out; a flag can't be switched off where it is read."""
    sections = {
        "model": _model(settings),
        # Read with --train_data_dir; --dataset_config has its own.
        "dataset": {
            "resolution": f"{settings.resolution},{settings.resolution}",
            **_shape(settings),
        },
        "network": {
            "network_module": "networks.lora",
            "network_dim": settings.network_dim,
            "network_alpha": settings.network_alpha,
            "network_train_unet_only": settings.network_train_unet_only,
        },
        "optimizer": _optimizer(settings),
        "training": _training(settings),
        "output": _output(settings, name, trigger, dataset_id),
    }
    if settings.sample_every_n_epochs:
        sections["samples"] = {
            "sample_prompts": SAMPLE_PROMPTS,
            "sample_every_n_epochs": settings.sample_every_n_epochs,
            "sample_sampler": "euler_a",
        }
    kept = {
        section: {k: v for k, v in values.items() if v is not False and v not in ("", ())}
        for section, values in sections.items()
    }
    script = "sdxl_train_network.py" if settings.architecture == SDXL else "train_network.py"
    comment = f"For sd-scripts: {script} --config_file training.toml --dataset_config dataset.toml"
    return _document(comment + ", started in this folder.", kept)


def _model(settings: TrainingSettings) -> dict[str, Any]:
    values: dict[str, Any] = {"pretrained_model_name_or_path": settings.base_model}
    if settings.architecture == SDXL:
        values["no_half_vae"] = settings.mixed_precision == "fp16"  # its VAE overflows in fp16
    else:
        values["clip_skip"] = settings.clip_skip
    if settings.max_token_length > 75:
        values["max_token_length"] = settings.max_token_length
    return values


def _optimizer(settings: TrainingSettings) -> dict[str, Any]:
    values: dict[str, Any] = {
        "optimizer_type": settings.optimizer_type,
        "learning_rate": settings.learning_rate,
        "lr_scheduler": settings.lr_scheduler,
        "lr_scheduler_num_cycles": settings.lr_scheduler_num_cycles,
        "lr_warmup_steps": settings.lr_warmup_steps,
    }
    if settings.unet_lr:
        values["unet_lr"] = settings.unet_lr
    if settings.text_encoder_lr:
        values["text_encoder_lr"] = settings.text_encoder_lr
    if settings.optimizer_args:
        values["optimizer_args"] = list(settings.optimizer_args)
    return values


def _training(settings: TrainingSettings) -> dict[str, Any]:
    values: dict[str, Any] = {
        "max_train_epochs": settings.max_train_epochs,
        "train_batch_size": settings.train_batch_size,
        "gradient_accumulation_steps": settings.gradient_accumulation_steps,
        "mixed_precision": settings.mixed_precision,
        "gradient_checkpointing": settings.gradient_checkpointing,
        "sdpa": True,
        "cache_latents": True,
        "lowram": True,
        "seed": settings.seed,
        "max_data_loader_n_workers": 2,
        "persistent_data_loader_workers": True,
    }
    if settings.min_snr_gamma:
        values["min_snr_gamma"] = settings.min_snr_gamma
    if settings.noise_offset:
        values["noise_offset"] = settings.noise_offset
    return values


def _output(settings: TrainingSettings, name: str, trigger: str, dataset_id: str) -> dict[str, Any]:
    return {
        "output_dir": "output",
        "output_name": name,
        "save_model_as": "safetensors",
        "save_precision": settings.save_precision,
        "save_every_n_epochs": settings.save_every_n_epochs,
        "save_state": True,
        "save_last_n_epochs_state": 1,
        "logging_dir": "logs",
        "log_with": "tensorboard",
        "log_prefix": f"{name}_",
        "metadata_title": name,
        "metadata_trigger_phrase": trigger,
        "training_comment": f"{COMMENT_PREFIX}{dataset_id}",
    }


def sample_prompts(
    settings: TrainingSettings, trigger: str, captions: Iterable[Sequence[str]]
) -> str:
    """One prompt a line with its options; the same dataset gives the same prompts."""
    given = [p.strip() for p in settings.sample_prompts if p.strip()]
    if given:
        return "".join(f"{prompt}\n" for prompt in given)
    side = max(64, settings.resolution // 8 * 8)
    lines = []
    for i, tags in enumerate((_SUBJECT, common_tags(captions, trigger))):
        # "--" would begin an option, "#" at the start a comment.
        safe = [t for t in (trigger, *tags) if t and "--" not in t and not t.startswith("#")]
        options = f"--n {_NEGATIVE} --w {side} --h {side} --d {settings.seed + i} --l 7.0 --s 28"
        lines.append(f"{', '.join(safe)} {options}\n")
    return "".join(lines)


def common_tags(captions: Iterable[Sequence[str]], trigger: str) -> list[str]:
    """The most frequent tags, without the trigger; equals in alphabetical order."""
    counts: Counter[str] = Counter()
    for tags in captions:
        counts.update({tag for tag in tags if tag_key(tag) != tag_key(trigger)})
    return [tag for tag, _ in sorted(counts.items(), key=lambda t: (-t[1], t[0]))[:_COMMON_TAGS]]
