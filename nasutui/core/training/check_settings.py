"""What can be wrong with the training settings before training."""

from __future__ import annotations

from collections.abc import Iterator

from nasutui.core.i18n import _, ngettext
from nasutui.core.text import display_name
from nasutui.core.training.buckets import BucketError, check_rules
from nasutui.core.training.findings import ERROR, WARNING, Finding
from nasutui.core.training.names import is_safe_name
from nasutui.core.training.plan import Plan, bucket_rules
from nasutui.core.training.settings import SDXL, TrainingSettings

FEW_STEPS, MANY_STEPS = 100, 20_000
MANY_REPEATS = 100
LONG_WARMUP = 0.5


def check_name(name: str) -> Iterator[Finding]:
    """The name of dataset and LoRA: WebUIs and loaders mishandle any but plain ASCII."""
    if not is_safe_name(name):
        text = _("the name {name} can't be used: only ASCII letters, digits, - and _ work in every tool"
                 " on the way").format(name=display_name(name))  # fmt: skip
        yield Finding("bad-name", ERROR, text)


def check_settings(training: TrainingSettings) -> Iterator[Finding]:
    """Settings that contradict each other."""
    try:
        check_rules(bucket_rules(training))
    except BucketError:
        text = _("the resolution {resolution} is not between min_bucket_reso {low} and max_bucket_reso"
                 " {high}, which would stop the trainer")  # fmt: skip
        yield Finding("bucket-limits", ERROR, text.format(
            resolution=training.resolution, low=training.min_bucket_reso,
            high=training.max_bucket_reso))  # fmt: skip
    sdxl = training.architecture == SDXL
    if training.bucket_reso_steps % (32 if sdxl else 64):
        text = _("bucket_reso_steps {steps} would stop the trainer: SD 1.5 wants a multiple of 64")
        yield Finding("bucket-steps", ERROR, text.format(steps=training.bucket_reso_steps))
    if training.lr_scheduler == "constant" and training.lr_warmup_steps:
        text = _("the scheduler constant can't warm up, which would stop the trainer; use"
                 " constant_with_warmup or set lr_warmup_steps to 0")  # fmt: skip
        yield Finding("warmup-constant", ERROR, text)
    if sdxl and training.resolution < 768:
        text = _("SDXL is made for 1024 pixels; at {resolution} it learns badly")
        yield Finding("resolution-low", WARNING, text.format(resolution=training.resolution))
    if training.mixed_precision == "bf16":
        text = _("bf16 does not work on a T4, which is what Colab gives for free; use fp16")
        yield Finding("bf16", WARNING, text)


def check_plan(plan: Plan, training: TrainingSettings) -> Iterator[Finding]:
    """Repeats, steps and warm-up that make no sense for this dataset."""
    total = plan.total_steps
    if isinstance(training.lr_warmup_steps, float) and training.lr_warmup_steps > 1:
        text = _("lr_warmup_steps {value} is a share above 1: write whole steps without decimals")
        yield Finding("warmup", ERROR, text.format(value=training.lr_warmup_steps))
    elif plan.warmup_steps >= total:
        text = ngettext(
            "{warmup} warm-up steps in a run of {total} step: the learning rate never gets up",
            "{warmup} warm-up steps in a run of {total} steps: the learning rate never gets up",
            total,
        )
        yield Finding("warmup", ERROR, text.format(warmup=plan.warmup_steps, total=total))
    elif plan.warmup_steps > LONG_WARMUP * total:
        text = _("{warmup} of {total} steps are warm-up; a tenth is plenty")
        yield Finding("warmup-long", WARNING, text.format(warmup=plan.warmup_steps, total=total))
    if plan.repeats > MANY_REPEATS and plan.pictures > 1:
        text = _(
            "{repeats} repeats: an epoch shows each picture that often before anything is saved"
        )
        yield Finding("repeats", WARNING, text.format(repeats=plan.repeats))
    if total < FEW_STEPS:
        text = _("{total} steps are too few to learn from; raise the repeats or the epochs")
        yield Finding("few-steps", WARNING, text.format(total=total))
    elif total > MANY_STEPS:
        text = _(
            "{total} steps are more than a session on Colab lasts; lower the repeats or the epochs"
        )
        yield Finding("many-steps", WARNING, text.format(total=total))
