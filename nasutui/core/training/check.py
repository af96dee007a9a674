"""The check before training: what would stop the trainer, and what would train something else than
was curated."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nasutui.core.editing.listing import Listing, scan
from nasutui.core.errors import InputError
from nasutui.core.events import Cancelled, Events, Finished, ItemDone, Row, Started
from nasutui.core.i18n import _
from nasutui.core.parallel import core_count, ordered_map
from nasutui.core.state import finish_what_is_half_done
from nasutui.core.text import display_name
from nasutui.core.training.buckets import BucketError, Placement
from nasutui.core.training.check_captions import check_captions
from nasutui.core.training.check_pictures import (
    Look,
    check_alike,
    check_caches,
    check_names,
    check_picture,
    check_placement,
    look,
)
from nasutui.core.training.check_settings import check_name, check_plan, check_settings
from nasutui.core.training.findings import ERROR, WARNING, Finding
from nasutui.core.training.plan import (
    Plan,
    bucket_rules,
    estimated_seconds,
    plan_for,
    proposed_repeats,
)
from nasutui.core.training.settings import TrainingSettings

STEP = "check"


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """folder: captioned pictures. name: of dataset and LoRA. trigger: "" for none. repeats: 0
    proposes a number. caches: folders to look through for the trainer's caches."""

    folder: Path
    name: str
    trigger: str = ""
    repeats: int = 0
    training: TrainingSettings = field(default_factory=TrainingSettings)
    caches: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is known of a dataset. plan: None while no picture can be trained on."""

    findings: tuple[Finding, ...]
    placements: dict[Path, Placement]
    tags: dict[Path, tuple[str, ...]]
    plan: Plan | None

    def count(self, severity: str) -> int:
        """How many findings are this severe."""
        return sum(f.severity == severity for f in self.findings)


def scan_pictures(folder: Path) -> Listing:
    """The folder's listing. Raises InputError when there is no picture in it."""
    listing = scan(folder)
    if not listing.pictures:
        text = _("there are no pictures in {name}").format(name=display_name(folder))
        raise InputError(text, code="no-pictures")
    return listing


def check(settings: CheckSettings, cancelled: Cancelled) -> Events:
    """Look at everything; each finding is a Row "finding". Raises InputError, StateError."""
    yield from finish_what_is_half_done(settings.folder)
    listing = scan_pictures(settings.folder)
    yield Started(STEP, len(listing.pictures))
    report = yield from examine(settings, listing, cancelled)
    if report is None:
        yield Finished(STEP, {"errors": 0, "warnings": 0}, cancelled=True)
        return
    for finding in report.findings:
        yield Row("finding", finding.as_row())
    yield Finished(STEP, summary(report, settings.training))


def examine(
    settings: CheckSettings, listing: Listing, cancelled: Cancelled
) -> Generator[ItemDone, None, Report | None]:
    """Look at every picture and caption, one event a picture; None when cancelled."""
    found: dict[Path | None, list[Finding]] = {}
    looks: dict[Path, Look] = {}
    seen = 0
    for picture, result in ordered_map(
        look, listing.pictures, workers=core_count(), cancelled=cancelled
    ):
        seen += 1
        found.setdefault(picture, []).extend(check_picture(picture, result))
        if isinstance(result, Look):
            looks[picture] = result
        yield ItemDone(picture, "checked")
    if seen < len(listing.pictures):
        return None
    return _conclude(settings, listing, looks, found)


def _conclude(
    settings: CheckSettings,
    listing: Listing,
    looks: dict[Path, Look],
    found: dict[Path | None, list[Finding]],
) -> Report:
    training = settings.training
    general = [*check_name(settings.name), *check_settings(training)]
    placements: dict[Path, Placement] = {}
    for picture, seen in looks.items():
        try:
            placement, finding = check_placement(picture, seen, bucket_rules(training))
        except BucketError:
            break  # the rules are wrong, which check_settings says
        if placement:
            placements[picture] = placement
        if finding and finding.code not in {f.code for f in found[picture]}:
            found[picture].append(finding)
    about_captions, tags = check_captions(listing, settings.trigger, training)
    for finding in [*about_captions, *check_names(listing), *check_alike(looks)]:
        found.setdefault(finding.picture, []).append(finding)
    repeats = settings.repeats or proposed_repeats(len(listing.pictures), training.architecture)
    plan = plan_for(placements.values(), repeats, training) if placements else None
    if plan:
        general += check_plan(plan, training)
    for folder in settings.caches:
        general += check_caches(folder)
    # In the order of the pictures, what is about none of them first.
    general += found.pop(None, [])
    by_picture = [f for picture in listing.pictures for f in found.pop(picture, [])]
    rest = [f for findings in found.values() for f in findings]
    return Report((*general, *by_picture, *rest), placements, tags, plan)


def summary(report: Report, training: TrainingSettings) -> dict[str, Any]:
    """Counts, and the run as the trainer will count it (plain JSON values)."""
    counts: dict[str, Any] = {
        "errors": report.count(ERROR),
        "warnings": report.count(WARNING),
        "pictures": len(report.tags),
    }
    if report.plan:
        low, high = estimated_seconds(report.plan, training)
        counts |= {
            "repeats": report.plan.repeats,
            "steps": report.plan.total_steps,
            "warmup": report.plan.warmup_steps,
            "seconds": [low, high],
        }
    return counts
