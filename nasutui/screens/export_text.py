"""What the Export screen says of a dataset and its training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.training.buckets import Placement
from nasutui.core.training.check import Report
from nasutui.core.training.findings import ERROR, Finding
from nasutui.core.training.plan import estimated_seconds, learning_rates, lora_bytes
from nasutui.core.training.settings import TrainingSettings
from nasutui.widgets.cells import bar, fit, right
from nasutui.widgets.histogram import columns
from nasutui.widgets.row_list import Cells

_PLOT_HEIGHT = 5


def finding_row(finding: Finding, width: int) -> Cells:
    """Severity, picture, message, and whether a key mends it."""
    error = finding.severity == ERROR
    name = display_name(finding.picture.name) if finding.picture else ""
    message = finding.message.removeprefix(f"{name}: ") if name else finding.message
    names = min(18, width // 4) if name else 0
    mends = _("m mends") if finding.mend else ""
    rest = width - names - 4 - (len(mends) + 1 if mends else 0)
    return [
        (" ✗ " if error else " ! ", "bad" if error else "warn"),
        (fit(name, names) + " " if names else "", "strong"),
        (fit(message, rest), ""),
        (f" {mends}" if mends else "", "good"),
    ]


def bucket_row(entry: tuple[Path, Placement], width: int) -> Cells:
    """Where one picture lands: its bucket, how much is cut off, how it is scaled."""
    path, placement = entry
    names = max(10, width - 44)
    lost = round(placement.lost * 100)
    percent = round(placement.scale * 100)
    return [
        (" " + fit(path.name, names), ""),
        (right(f"{placement.size[0]}x{placement.size[1]}", 11), "dim"),
        (" → ", "dim"),
        (fit(f"{placement.bucket[0]}x{placement.bucket[1]}", 10), "strong"),
        (right(f"-{lost}%" if lost else "", 6), "warn" if lost >= 10 else "dim"),
        (right(f"{percent}%", 7), "warn" if percent > 100 else "dim"),
    ]


def plan_text(report: Report | None, training: TrainingSettings, width: int) -> str:
    """Steps, time, size of the LoRA, buckets, and the learning rate over the steps."""
    if report is None or report.plan is None:
        return ""
    plan = report.plan
    low, high = (max(1, round(s / 60)) for s in estimated_seconds(plan, training))
    lines = [
        _("{pictures} pictures x {repeats} repeats x {epochs} epochs").format(
            pictures=plan.pictures, repeats=plan.repeats, epochs=training.max_train_epochs
        ),
        _("{steps} steps ({epoch} an epoch), warm-up {warmup}").format(
            steps=plan.total_steps, epoch=plan.steps_per_epoch, warmup=plan.warmup_steps
        ),
        _("about {low} to {high} minutes on a T4").format(low=low, high=high),
    ]
    size = lora_bytes(training)
    if size is not None:
        lines[-1] += _(", LoRA of {size} MB").format(size=round(size / 1e6))
    rates = learning_rates(training, plan.total_steps, points=max(8, min(width - 2, 60)))
    top = max(rates, default=0) or 1
    lines += ["", _("learning rate (highest {rate})").format(rate=f"{top:.3g}")]
    lines += columns([round(r / top * 1000) for r in rates], _PLOT_HEIGHT)
    lines.append("0" + right(str(plan.total_steps), len(rates) - 1))
    return "\n".join(lines)


def counts_text(report: Report) -> str:
    """One line on the findings."""
    failures, warnings = report.count("error"), report.count("warning")
    if not failures and not warnings:
        return _("the check found nothing: e exports")
    return _("errors: {errors}, warnings: {warnings} (M mends all that a key can mend)").format(
        errors=failures, warnings=warnings
    )


def bucket_summary(placements: Sequence[Placement], width: int) -> str:
    """How many pictures each bucket has, as bars."""
    found: dict[tuple[int, int], int] = {}
    for placement in placements:
        found[placement.bucket] = found.get(placement.bucket, 0) + 1
    most = max(found.values(), default=1)
    lines = []
    for bucket, count in sorted(found.items(), key=lambda entry: -entry[1])[:6]:
        size = fit(f"{bucket[0]}x{bucket[1]}", 10)
        lines.append(f"{size} {bar(count / most, max(5, width - 18))} {count}")
    return "\n".join(lines)
