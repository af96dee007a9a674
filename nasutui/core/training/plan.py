"""What a training run will be: its steps as the trainer counts them, its learning rate, its time.

Steps are optimizer steps, which progress bar, warm-up and scheduler of sd-scripts count too
(library/train_util.py L1076-1084 and train_network.py L780-805, L977-985 at 48d368fa).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nasutui.core.training.buckets import BucketRules, Placement, Size, fill
from nasutui.core.training.settings import SDXL, TrainingSettings

MAX_REPEATS = 50
# Pictures x repeats an epoch: the low end of what kohya-colab recommends (200 to 400; SDXL 100).
_GOAL = {SDXL: 100}
_DEFAULT_GOAL = 200
# Seconds for one picture of 512 x 512 on a T4. SD 1.5: 20 to 30 minutes for 1500 batches of one.
# SDXL: three times the parameters; no run of our own was measured.
_SECONDS = {SDXL: (1.0, 2.0)}
_DEFAULT_SECONDS = (0.8, 1.2)
_UNET_ONLY = 0.8


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. images: pictures x repeats that an epoch shows. Steps are optimizer steps."""

    pictures: int
    repeats: int
    images: int
    batches_per_epoch: int
    steps_per_epoch: int
    total_steps: int
    warmup_steps: int


def proposed_repeats(pictures: int, architecture: str = "") -> int:
    """Repeats for this many pictures, 1 to MAX_REPEATS."""
    goal = _GOAL.get(architecture, _DEFAULT_GOAL)
    return min(MAX_REPEATS, max(1, math.ceil(goal / max(1, pictures))))


def bucket_rules(settings: TrainingSettings) -> BucketRules:
    """The settings' bucket rules."""
    return BucketRules(
        (settings.resolution, settings.resolution), settings.min_bucket_reso,
        settings.max_bucket_reso, settings.bucket_reso_steps, settings.enable_bucket,
        not settings.bucket_no_upscale,
    )  # fmt: skip


def plan_run(buckets: Mapping[Size, int], repeats: int, settings: TrainingSettings) -> Plan:
    """The run over pictures in these buckets (bucket -> pictures), each shown `repeats` times."""
    batch = settings.train_batch_size
    batches = sum(math.ceil(count * repeats / batch) for count in buckets.values())
    steps = math.ceil(batches / settings.gradient_accumulation_steps)
    total = steps * settings.max_train_epochs
    pictures = sum(buckets.values())
    return Plan(
        pictures, repeats, pictures * repeats, batches, steps, total, warmup_steps(settings, total)
    )


def plan_for(placements: Iterable[Placement], repeats: int, settings: TrainingSettings) -> Plan:
    """The run over pictures with these placements."""
    return plan_run(fill(placements), repeats, settings)


def warmup_steps(settings: TrainingSettings, total_steps: int) -> int:
    """Steps of warm-up: a number with decimals is a share of all steps, a whole one is steps."""
    given = settings.lr_warmup_steps
    return int(given * total_steps) if isinstance(given, float) else given


def learning_rates(settings: TrainingSettings, total_steps: int, points: int = 0) -> list[float]:
    """The learning rate at each step (or at `points` steps spread over the run), as the schedulers
    of transformers give it. For the part with the highest rate of its own."""
    peak = max(settings.unet_lr, settings.text_encoder_lr) or settings.learning_rate
    warm = warmup_steps(settings, total_steps)
    after = _SHAPES[settings.lr_scheduler]
    count = min(points or total_steps, total_steps)
    rates = []
    for i in range(count):
        step = i if count == total_steps else round(i * (total_steps - 1) / max(1, count - 1))
        if step < warm:
            share = step / warm
        else:
            done = (step - warm) / max(1, total_steps - warm)
            share = after(done, settings.lr_scheduler_num_cycles)
        rates.append(peak * share)
    return rates


def _restarts(done: float, cycles: int) -> float:
    return 0.0 if done >= 1 else 0.5 * (1 + math.cos(math.pi * ((cycles * done) % 1)))


_SHAPES: dict[str, Callable[[float, int], float]] = {
    "constant": lambda _done, _cycles: 1.0,
    "constant_with_warmup": lambda _done, _cycles: 1.0,
    "linear": lambda done, _cycles: 1 - done,
    "polynomial": lambda done, _cycles: 1 - done,  # of power 1, sd-scripts' default
    "cosine": lambda done, _cycles: 0.5 * (1 + math.cos(math.pi * done)),
    "cosine_with_restarts": _restarts,
}


def estimated_seconds(plan: Plan, settings: TrainingSettings) -> tuple[int, int]:
    """An estimate of the training time on a T4 (shortest, longest), in seconds, without setting
    the notebook up."""
    low, high = _SECONDS.get(settings.architecture, _DEFAULT_SECONDS)
    share = settings.resolution**2 / 512**2
    if settings.network_train_unet_only:
        share *= _UNET_ONLY
    images = plan.images * settings.max_train_epochs
    return round(images * share * low), round(images * share * high)


def lora_bytes(settings: TrainingSettings) -> int | None:
    """The size of the LoRA file in bytes, to the nearest percent; None where it is not known.
    SD 1.5 with networks.lora has 589,824 parameters a dim (U-Net and text encoder)."""
    if settings.architecture == SDXL or settings.network_train_unet_only:
        return None
    return 589_824 * settings.network_dim * (4 if settings.save_precision == "float" else 2)
