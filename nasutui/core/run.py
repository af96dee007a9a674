"""The main job: every step of a project, each doing only what is not done yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.database import PROJECT_FILE
from nasutui.core.editing.edit import AddTagSettings, add_tag
from nasutui.core.editing.listing import scan
from nasutui.core.errors import InputError
from nasutui.core.events import Cancelled, Events, Finished, ItemFailed, Note
from nasutui.core.i18n import _
from nasutui.core.japanese.translate import TranslateSettings, translate
from nasutui.core.pictures.prepare import PrepareSettings, prepare
from nasutui.core.pictures.sources import find_sources
from nasutui.core.project import (
    DATASET,
    PROCESSED,
    RAW,
    TAGGED,
    CaptionSection,
    Project,
    open_project,
)
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.selection import SelectionRules
from nasutui.core.text import display_name
from nasutui.core.training.check import CheckSettings, check
from nasutui.core.training.export import ExportSettings, export
from nasutui.core.training.names import safe_name

STEP = "run"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """project: its folder."""

    project: Path


def prepare_settings(project: Project) -> PrepareSettings:
    """How this project prepares pictures."""
    section = project.settings.prepare
    return PrepareSettings(
        (project.folder(RAW),), project.folder(PROCESSED), section.size, section.crop
    )


def caption_settings(project: Project) -> CaptionSettings:
    """How this project captions; a model given as a relative folder is looked for in the project."""
    section = project.settings.caption
    model, *also = [local_model(project.root, name) for name in section.taggers]
    return CaptionSettings(
        project.folder(PROCESSED), project.folder(TAGGED), model, caption_rules(section),
        section.existing, also=tuple(also), combine=section.combine,
    )  # fmt: skip


def local_model(root: Path, name: str) -> str:
    """A model's name, or the project's folder that is meant by it."""
    local = root / name
    return str(local) if local.is_dir() else name


def caption_rules(section: CaptionSection) -> SelectionRules:
    """How scores become tags by a project's settings."""
    return SelectionRules(
        section.threshold, section.character_threshold, section.mcut, section.ratings,
        section.exclude, tuple(section.replace.items()), section.spaces,
    )  # fmt: skip


def export_settings(project: Project) -> ExportSettings:
    """How this project exports."""
    return ExportSettings(
        project.folder(TAGGED),
        project.folder(DATASET),
        project.name,
        project.settings.export.repeats,
        project.settings.project.trigger,
        project.settings.training,
    )


def check_settings(project: Project) -> CheckSettings:
    """How this project is checked before training."""
    return CheckSettings(
        project.folder(TAGGED),
        project.name,
        project.settings.project.trigger,
        project.settings.export.repeats,
        project.settings.training,
        (project.folder(TAGGED), project.folder(DATASET)),
    )


def check_project(settings: RunSettings, cancelled: Cancelled) -> Events:
    """Check a project, or a plain folder of captioned pictures, before training. Raises
    InputError, SettingsError."""
    root = settings.project
    if (root / PROJECT_FILE).exists() or not root.is_dir():
        checked = check_settings(open_project(root))
    else:
        checked = CheckSettings(root, safe_name(root.resolve().name), caches=(root,))
    yield from check(checked, cancelled)


def run(settings: RunSettings, cancelled: Cancelled) -> Events:
    """Prepare, caption, add the trigger, translate, export. Raises what the steps raise."""
    project = open_project(settings.project)
    failed = 0
    summary: dict[str, object] = {"project": display_name(project.name)}
    for name, step in _steps(project):
        for event in step(cancelled):
            if isinstance(event, ItemFailed):
                failed += 1
            if isinstance(event, Finished):
                summary[name] = dict(event.summary)
                if event.cancelled:
                    yield event
                    yield Finished(STEP, {**summary, "failed": failed}, cancelled=True)
                    return
            yield event
    yield Finished(STEP, {**summary, "failed": failed})


def _steps(project: Project) -> Iterator[tuple[str, Callable[[Cancelled], Events]]]:
    raw, processed, tagged = (project.folder(f) for f in (RAW, PROCESSED, TAGGED))
    has_raw = raw.is_dir() and find_sources([raw]).sources
    if has_raw:
        yield "prepare", lambda cancelled: prepare(prepare_settings(project), cancelled)
    elif processed.is_dir() and scan(processed).pictures:
        yield "prepare", lambda _cancelled: _nothing_raw(raw)
    else:
        raise InputError(
            _("put pictures (or a zip of them) into {name} first").format(name=display_name(raw)),
            code="no-pictures",
        )
    yield "caption", lambda cancelled: caption(caption_settings(project), cancelled)
    trigger = project.settings.project.trigger
    if trigger:
        step = AddTagSettings(tagged, trigger, exclude_jp=True)
        yield "add-tag", lambda cancelled: add_tag(step, cancelled)
    yield "translate", lambda cancelled: translate(TranslateSettings(tagged), cancelled)
    yield "export", lambda cancelled: export(export_settings(project), cancelled)


def _nothing_raw(raw: Path) -> Events:
    text = _("{name} holds no pictures; going on with what is prepared already")
    yield Note("no-raw", text.format(name=display_name(raw)))
