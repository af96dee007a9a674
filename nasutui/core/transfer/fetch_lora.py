"""The fetch step: the trained LoRA comes back into the project and into the WebUI.

lora_models/NAME.safetensors appears when the file is whole by its own header; what was there goes
to lora_models/older/. NAME.json for the WebUI comes beside it, in both places.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasutui.core.errors import InputError, explain_os_error, os_error_code
from nasutui.core.events import Cancelled, Event, Events, Finished, ItemDone, Note, Started
from nasutui.core.i18n import _, ngettext
from nasutui.core.project import LORAS, Project, open_project
from nasutui.core.text import display_name
from nasutui.core.training.lora import LoraInfo, read_lora
from nasutui.core.training.lora_review import write_description
from nasutui.core.transfer.drive import OUR_FOLDER
from nasutui.core.transfer.places import OUTPUT, FolderPlace, Place, resolve, usual
from nasutui.core.transfer.rclone_place import RclonePlace, missing
from nasutui.core.transfer.resumable import MADE, OLDER, UNCHANGED, keep_aside
from nasutui.core.webui.folder import install, lora_folder

STEP = "fetch-lora"
_SUFFIX = ".safetensors"
_INCOMING = ".nasutui-incoming"


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """project: its folder. source: see places.py (None: where the dataset was sent, else Drive).
    webui: a WebUI's folder (None: the one that is known)."""

    project: Path
    source: str | None = None
    webui: Path | None = None


def fetch_lora(settings: FetchSettings, cancelled: Cancelled) -> Events:
    """Fetch NAME.safetensors of a project. Raises InputError, SettingsError."""
    project = open_project(settings.project)
    webui = lora_folder(settings.webui)
    place = _source(settings.source, project.name)
    yield Started(STEP, 1 if webui is None else 2)
    try:
        yield from _fetch(project, place, webui, cancelled)
    except OSError as error:
        reason = explain_os_error(error, error.filename or place.shown)
        raise InputError(reason, code=os_error_code(error)) from error


def _source(given: str | None, name: str) -> Place:
    """Where the file is. A folder that is named may be the one it is in, a Drive's, or the one that
    datasets go to."""
    place = resolve(given or usual(), OUTPUT)
    file = f"{name}{_SUFFIX}"
    if isinstance(place, FolderPlace) and place.root is None:
        base = place.folder
        below = (base, base / OUTPUT, base / OUR_FOLDER / OUTPUT, base.parent / OUTPUT)
        return next((FolderPlace(f) for f in below if (f / file).is_file()), place)
    if isinstance(place, RclonePlace) and not place.address.endswith(f"{OUR_FOLDER}/{OUTPUT}"):
        found = (RclonePlace(address) for address in place.around(OUR_FOLDER, OUTPUT))
        return next((other for other in found if file in other.names()), place)
    return place


def _fetch(project: Project, place: Place, webui: Path | None, cancelled: Cancelled) -> Events:
    summary: dict[str, Any] = {"name": project.name, "output": str(project.folder(LORAS))}
    came = yield from _bring(project, place, cancelled)
    if came is None:
        yield Finished(STEP, summary, cancelled=True)
        return
    lora, action = came
    info = read_lora(lora)
    trigger = project.settings.project.trigger
    write_description(info, trigger)
    yield ItemDone(lora, action, {"source": place.shown})
    if info.name != project.name:
        text = _("the WebUI will call it {name}: that is the name inside the file")
        yield Note("other-name", text.format(name=display_name(info.name)))
    yield from _describe_age(project, info)
    if webui is None:
        text = _("no WebUI folder is known; --webui DIR puts it there too (it is remembered)")
        yield Note("no-webui", text)
    else:
        installed = yield from install(lora, webui, cancelled)
        if installed is None:
            yield Finished(STEP, summary, cancelled=True)
            return
        write_description(read_lora(installed[0]), trigger)
        yield ItemDone(*installed)
        summary["webui"] = str(installed[0])
    yield Finished(STEP, {**summary, "lora": str(lora), "action": action})


def _bring(
    project: Project, place: Place, cancelled: Cancelled
) -> Generator[Event, None, tuple[Path, str] | None]:
    """The LoRA in lora_models/ and "made" or "unchanged"; None when cancelled."""
    name = f"{project.name}{_SUFFIX}"
    folder = project.folder(LORAS)
    target, incoming = folder / name, folder / _INCOMING / name
    if name not in place.names():
        raise missing(f"{place.shown.rstrip('/')}/{name}")
    if target.is_file() and place.same(target):
        shutil.rmtree(incoming.parent, ignore_errors=True)
        return target, UNCHANGED
    incoming.parent.mkdir(parents=True, exist_ok=True)
    if (yield from place.get(name, incoming, cancelled)) is None:
        return None
    try:
        read_lora(incoming)
    except InputError as error:
        incoming.unlink()
        shown = f"{display_name(place.shown)}: {error}"
        raise InputError(shown, code=error.code) from error
    if target.exists():
        kept = keep_aside(target, folder / OLDER)
        text = _("the LoRA that was there is kept: {name}").format(name=display_name(kept))
        yield Note("kept-aside", text, kept)
    incoming.replace(target)
    shutil.rmtree(incoming.parent, ignore_errors=True)
    return target, MADE


def _describe_age(project: Project, info: LoraInfo) -> Events:
    """Say when the captions have changed since it was trained."""
    from nasutui.core.training.lora_review import LoraSettings, review

    changes = 0
    for event in review(LoraSettings(info.path, project.root), lambda: False):
        if isinstance(event, Finished):
            changes = event.summary["changes"]
    if changes and info.tags:
        text = ngettext(
            "{count} tag has changed in the captions since it was trained; `nasutui --batch lora"
            " FILE --project PROJECT` says which",
            "{count} tags have changed in the captions since it was trained; `nasutui --batch lora"
            " FILE --project PROJECT` says which",
            changes,
        )
        yield Note("older-dataset", text.format(count=changes))
