"""A project's folders and its project.toml; the only module that knows the layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nasutui.core.database import PROJECT_FILE
from nasutui.core.editing.captions import encode_caption, parse_tags
from nasutui.core.errors import (
    CaptionError,
    InputError,
    SettingsError,
    UsageError,
    explain_os_error,
    os_error_code,
)
from nasutui.core.files import read_regular, write_atomic
from nasutui.core.i18n import _
from nasutui.core.pictures.crop import CENTER, MODES
from nasutui.core.settings import check_names, read_section, read_toml
from nasutui.core.tagging.combine import COMBINE, UNION
from nasutui.core.tagging.models import DEFAULT_MODEL
from nasutui.core.text import display_name
from nasutui.core.training.names import safe_name
from nasutui.core.training.settings import TrainingSettings, read_training

RAW, PROCESSED, TAGGED = "1_raw_images", "2_processed", "3_tagged"
DATASET, LORAS, GENERATED = "4_dataset", "lora_models", "generated"
FOLDERS = (RAW, PROCESSED, TAGGED, DATASET, LORAS, GENERATED)
EXISTING_CHOICES = ("merge", "skip", "overwrite", "append")


def trigger_problem(trigger: str) -> str | None:
    """What is wrong with a trigger: tags with commas between them, or nothing at all."""
    try:
        encode_caption(parse_tags(trigger))
    except CaptionError as error:
        return str(error)
    return None if trigger.isprintable() else _("one line of plain text")


@dataclass(frozen=True, slots=True)
class ProjectSection:
    """name: of the dataset and the LoRA (ASCII letters, digits, - and _). trigger: the tag that
    calls the style up, first in every caption ("" for none)."""

    name: str = ""
    trigger: str = field(default="nasumiso_style", metadata={"check": trigger_problem})


@dataclass(frozen=True, slots=True)
class PrepareSection:
    """size: pixels of a side, 64 to 4096. crop: center or none."""

    size: int = field(default=512, metadata={"range": (64, 4096)})
    crop: str = field(default=CENTER, metadata={"choices": MODES})


def model_problem(name: str) -> str | None:
    """What is wrong with a name in a list of models."""
    return None if name.strip() else _("names of models or folders")


@dataclass(frozen=True, slots=True)
class CaptionSection:
    """As the flags of `nasutui --batch caption`. models: several that caption together; when there
    are any, they take the place of `model`. combine: how their scores become one."""

    model: str = DEFAULT_MODEL
    models: tuple[str, ...] = field(default=(), metadata={"check": model_problem})
    combine: str = field(default=UNION, metadata={"choices": COMBINE})
    threshold: float = field(default=0.35, metadata={"range": (0, 1)})
    character_threshold: float = field(default=0.85, metadata={"range": (0, 1)})
    mcut: bool = False
    ratings: bool = False
    exclude: tuple[str, ...] = ()
    replace: dict[str, str] = field(default_factory=dict)
    spaces: bool = False
    existing: str = field(default="merge", metadata={"choices": EXISTING_CHOICES})

    @property
    def taggers(self) -> tuple[str, ...]:
        """The models that caption, at least one."""
        return self.models or (self.model,)


@dataclass(frozen=True, slots=True)
class ExportSection:
    """repeats: how often each picture is shown an epoch; 0 proposes a number."""

    repeats: int = field(default=0, metadata={"range": (0, 1000)})


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """What project.toml says; every value has a default."""

    project: ProjectSection = field(default_factory=ProjectSection)
    prepare: PrepareSection = field(default_factory=PrepareSection)
    caption: CaptionSection = field(default_factory=CaptionSection)
    export: ExportSection = field(default_factory=ExportSection)
    training: TrainingSettings = field(default_factory=TrainingSettings)


_SECTIONS = {
    "project": ProjectSection(),
    "prepare": PrepareSection(),
    "caption": CaptionSection(),
    "export": ExportSection(),
}
_OTHER_SECTIONS = ("training", "generate")


@dataclass(frozen=True, slots=True)
class Project:
    """A project on disk."""

    root: Path
    settings: ProjectSettings

    @property
    def name(self) -> str:
        """The name for the dataset and the LoRA."""
        return self.settings.project.name or safe_name(self.root.resolve().name)

    def folder(self, which: str) -> Path:
        """One of the project's folders (RAW, PROCESSED ...)."""
        return self.root / which


def open_project(root: Path) -> Project:
    """Open a project. Raises InputError when it is none, SettingsError when project.toml is wrong."""
    path = root / PROJECT_FILE
    return Project(root, read_settings(_parsed(_read_text(root, path), path), path))


def _read_text(root: Path, path: Path) -> str:
    try:
        return read_regular(path).decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(
            _(
                "{name} is no project: it has no project.toml; `nasutui --batch new {name}` makes one"
            ).format(name=display_name(root)),
            code="no-project",
        ) from error
    except OSError as error:
        raise InputError(explain_os_error(error, path), code=os_error_code(error)) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            _("{name} is not UTF-8 text; save it as UTF-8").format(name=display_name(path)),
            code="not-utf8",
        ) from error


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return read_toml(text)
    except ValueError as error:
        raise SettingsError(
            _("{name} is not valid TOML: {reason}").format(
                name=display_name(path), reason=display_name(str(error))
            ),
            code="not-toml",
        ) from error


def update_project(root: Path, changes: Mapping[str, Mapping[str, Any]]) -> Project:
    """Set values in project.toml, keeping its comments and order: section -> key -> value, None to
    take a key out. Nothing is written when the result would be wrong. Raises InputError,
    SettingsError."""
    import tomlkit

    path = root / PROJECT_FILE
    text = _read_text(root, path)
    _parsed(text, path)
    document = tomlkit.parse(text)
    for section, values in changes.items():
        table = document.setdefault(section, tomlkit.table())
        for key, value in values.items():
            if value is None:
                table.pop(key, None)
            else:
                table[key] = list(value) if isinstance(value, tuple) else value
    new = tomlkit.dumps(document)
    project = Project(root, read_settings(_parsed(new, path), path))
    if new != text:
        try:
            write_atomic(path, new.encode())
        except OSError as error:
            raise InputError(explain_os_error(error, path), code=os_error_code(error)) from error
    return project


def read_settings(document: dict[str, Any], path: Path) -> ProjectSettings:
    """Check a parsed project.toml. Raises SettingsError that names the key and what it may be."""
    check_names(document, [*_SECTIONS, *_OTHER_SECTIONS], path, "")
    sections: dict[str, Any] = {
        name: read_section(base, document.get(name, {}), path, name)
        for name, base in _SECTIONS.items()
    }
    training = read_training(document.get("training", {}), path)
    return ProjectSettings(**sections, training=training)


_TEMPLATE = """\
# Settings of this project; every line may be left out.

[project]
name = {name}        # of the dataset and the LoRA
trigger = {trigger}  # first tag of every caption

[prepare]
size = 512
crop = "center"      # or "none": whole pictures, for the trainer's buckets

[caption]
model = {model}
threshold = 0.35
character_threshold = 0.85
exclude = []
existing = "merge"   # a new threshold or model keeps what you added and removed

[export]
repeats = 0          # 0: proposed from the number of pictures

[training]
preset = "reference" # or sd15-style, sd15-character, sdxl; any setting in docs/training.md may stand
                     # below it, such as: network_dim = 32
"""


def create_project(
    root: Path, *, trigger: str = "nasumiso_style", model: str = DEFAULT_MODEL
) -> Project:
    """Make a project: its folders and a project.toml. Raises InputError when one is there."""
    import tomlkit

    path = root / PROJECT_FILE
    if path.exists():
        text = _("{name} is a project already").format(name=display_name(root))
        raise InputError(text, code="project-exists")
    problem = trigger_problem(trigger)
    if problem:
        raise UsageError(_("--trigger: {problem}").format(problem=problem))
    name = safe_name(root.resolve().name)

    def quoted(value: str) -> str:
        return str(tomlkit.string(value).as_string())

    text = _TEMPLATE.format(name=quoted(name), trigger=quoted(trigger), model=quoted(model))
    try:
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True, exist_ok=True)
        write_atomic(path, text.encode())
    except OSError as error:
        raise InputError(explain_os_error(error, root), code=os_error_code(error)) from error
    return open_project(root)
