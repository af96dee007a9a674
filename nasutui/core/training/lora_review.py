"""A LoRA that came back: held against the dataset as it is now, and described for the WebUI."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasutui.core.editing.changing import read_caption
from nasutui.core.editing.listing import scan
from nasutui.core.errors import CaptionError, InputError, explain_os_error, os_error_code
from nasutui.core.events import (
    Cancelled,
    Events,
    Finished,
    ItemDone,
    ItemFailed,
    Note,
    Row,
    Started,
)
from nasutui.core.files import read_or_none, write_atomic
from nasutui.core.i18n import _, ngettext
from nasutui.core.project import TAGGED, open_project
from nasutui.core.text import display_name
from nasutui.core.training.lora import LoraInfo, read_lora
from nasutui.core.training.manifest import json_bytes

STEP = "lora"
PREFERRED_WEIGHT = 1.0


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """lora: the .safetensors file. project: held against its captions (None: not held against
    anything). write: put NAME.json for the WebUI beside the file."""

    lora: Path
    project: Path | None = None
    write: bool = False


@dataclass(frozen=True, slots=True)
class TagChange:
    """A tag that stands in another number of captions now than when the LoRA was trained."""

    tag: str
    trained: int
    now: int

    def sentence(self) -> str:
        """The change in words, safe to show."""
        count = abs(self.now - self.trained)
        if self.now < self.trained:
            text = ngettext(
                "trained before {tag} was removed from {count} caption",
                "trained before {tag} was removed from {count} captions",
                count,
            )
        else:
            text = ngettext(
                "trained before {tag} was added to {count} caption",
                "trained before {tag} was added to {count} captions",
                count,
            )
        return text.format(tag=display_name(self.tag), count=count)


def tag_changes(info: LoraInfo, captions: Collection[Sequence[str]]) -> list[TagChange]:
    """What has changed since the LoRA was trained, the largest change first. Empty as well when
    the LoRA does not say what it was trained on. Tags are counted as the trainer counts them:
    every occurrence, in lower case."""
    if not info.tags:
        return []
    now = Counter(tag.strip().lower() for tags in captions for tag in tags)
    changes = [
        TagChange(tag, info.tags.get(tag, 0), now[tag])
        for tag in {*info.tags, *now}
        if info.tags.get(tag, 0) != now[tag]
    ]
    return sorted(changes, key=lambda c: (-abs(c.now - c.trained), c.tag))


def describe_for_webui(info: LoraInfo, trigger: str) -> dict[str, Any]:
    """What the WebUI reads beside a LoRA (its user metadata)."""
    parts = [
        f"dim {info.dim}" if info.dim else "",
        f"alpha {info.alpha:g}" if info.alpha else "",
        f"{info.steps} steps" if info.steps else "",
        info.base_model,
    ]
    return {
        "description": display_name(", ".join(p for p in parts if p)),
        "sd version": info.base or "Unknown",
        "activation text": trigger or info.trigger,
        "preferred weight": PREFERRED_WEIGHT,
        "negative text": "",
        "notes": display_name(info.comment),
    }


def write_description(info: LoraInfo, trigger: str) -> tuple[Path, str]:
    """Write NAME.json beside the LoRA; what a person wrote there stays. Returns its path and
    "made", "changed" or "unchanged". Raises InputError."""
    path = info.path.with_suffix(".json")
    try:
        data = read_or_none(path)
        old = json.loads(data) if data is not None else {}
        if not isinstance(old, dict):
            raise ValueError
        ours = describe_for_webui(info, trigger)
        new = {**old, **{k: v for k, v in ours.items() if not old.get(k)}}
        if new == old:
            return path, "unchanged"
        write_atomic(path, json_bytes(new))
    except OSError as error:
        raise InputError(explain_os_error(error, path), code=os_error_code(error)) from error
    except (ValueError, RecursionError) as error:
        text = _("{name} is no JSON that can be completed; move it away to have it made again")
        raise InputError(text.format(name=display_name(path)), code="not-json") from error
    return path, "changed" if data is not None else "made"


def review(settings: LoraSettings, _cancelled: Cancelled) -> Events:
    """Say what the LoRA says, and what has changed in the project since. Raises InputError,
    SettingsError."""
    info = read_lora(settings.lora)
    trigger = info.trigger
    yield Started(STEP, 1)
    yield Row("lora", _as_row(info))
    changes: list[TagChange] = []
    if settings.project is not None:
        project = open_project(settings.project)
        trigger = project.settings.project.trigger
        captions: list[Sequence[str]] = []
        for path in scan(project.folder(TAGGED)).captions.values():
            try:
                captions.append(read_caption(path).caption.tags)
            except CaptionError as error:
                yield ItemFailed(path, error.code, f"{display_name(path.name)}: {error}")
        changes = tag_changes(info, captions)
        if not info.tags:
            text = _("{name} does not say which tags it was trained with")
            yield Note("no-tags", text.format(name=display_name(settings.lora.name)))
    for change in changes:
        row = {"tag": change.tag, "trained": change.trained, "now": change.now}
        yield Row("tag-change", {**row, "message": change.sentence()})
    if settings.write:
        path, action = write_description(info, trigger)
        yield ItemDone(path, action)
    yield Finished(STEP, {"changes": len(changes)})


def _as_row(info: LoraInfo) -> dict[str, Any]:
    return {
        "path": str(info.path),
        "name": info.name,
        "bytes": info.size,
        "dim": info.dim,
        "alpha": info.alpha,
        "steps": info.steps,
        "epochs": info.epochs,
        "base": info.base,
        "base_model": info.base_model,
        "trigger": info.trigger,
        "dataset": info.dataset_id,
        "pictures": info.pictures,
        "finished": info.finished,
        "tags": dict(sorted(info.tags.items(), key=lambda t: (-t[1], t[0]))),
    }
