"""Making a project, empty or with sample pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nasutui.core.database import PROJECT_FILE
from nasutui.core.events import Cancelled, Events, Finished, ItemDone, Started
from nasutui.core.files import write_atomic
from nasutui.core.project import RAW, create_project
from nasutui.core.tagging.models import EMBEDDED
from nasutui.core.text import display_name


@dataclass(frozen=True, slots=True)
class NewSettings:
    """project: the folder to make. sample: draw pictures into it and use the embedded tagger."""

    project: Path
    trigger: str = "nasumiso_style"
    sample: bool = False


def new_project(settings: NewSettings, _cancelled: Cancelled) -> Events:
    """Make an empty project. Raises InputError when one is there already."""
    project = create_project(settings.project, trigger=settings.trigger)
    yield ItemDone(project.root / PROJECT_FILE, "made")
    yield Finished("new", {"project": project.name, "raw": str(project.folder(RAW))})


def sample_project(settings: NewSettings, cancelled: Cancelled) -> Events:
    """Make a project with sample pictures, or complete one that is there; what is there stays."""
    from nasutui.core.sample import sample_pictures

    root = settings.project
    if not (root / PROJECT_FILE).exists():
        create_project(root, trigger=settings.trigger, model=EMBEDDED)
    raw = root / RAW
    raw.mkdir(parents=True, exist_ok=True)
    pictures = sample_pictures()
    yield Started("new", len(pictures))
    for name, draw in pictures.items():
        if cancelled():
            yield Finished("new", {}, cancelled=True)
            return
        if (raw / name).exists():
            yield ItemDone(raw / name, "unchanged")
        else:
            write_atomic(raw / name, draw())
            yield ItemDone(raw / name, "made")
    yield Finished("new", {"project": display_name(root.name), "raw": str(raw)})
