"""A project's folders and its project.toml; the only module that knows the layout."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from nasutui.core.crop import CENTER, MODES
from nasutui.core.database import PROJECT_FILE
from nasutui.core.errors import InputError, SettingsError, explain_os_error, os_error_code
from nasutui.core.files import write_atomic
from nasutui.core.i18n import _
from nasutui.core.models import DEFAULT_MODEL
from nasutui.core.text import display_name

RAW, PROCESSED, TAGGED = "1_raw_images", "2_processed", "3_tagged"
DATASET, LORAS, GENERATED = "4_dataset", "lora_models", "generated"
FOLDERS = (RAW, PROCESSED, TAGGED, DATASET, LORAS, GENERATED)
EXISTING_CHOICES = ("merge", "skip", "overwrite", "append")


@dataclass(frozen=True, slots=True)
class ProjectSection:
    """name: of the dataset and the LoRA (ASCII letters, digits, - and _). trigger: the tag that
    calls the style up, first in every caption ("" for none)."""

    name: str = ""
    trigger: str = "nasumiso_style"


@dataclass(frozen=True, slots=True)
class PrepareSection:
    """size: pixels of a side, 64 to 4096. crop: center or none."""

    size: int = field(default=512, metadata={"range": (64, 4096)})
    crop: str = field(default=CENTER, metadata={"choices": MODES})


@dataclass(frozen=True, slots=True)
class CaptionSection:
    """As the flags of `nasutui --batch caption`."""

    model: str = DEFAULT_MODEL
    threshold: float = field(default=0.35, metadata={"range": (0, 1)})
    character_threshold: float = field(default=0.85, metadata={"range": (0, 1)})
    mcut: bool = False
    ratings: bool = False
    exclude: tuple[str, ...] = ()
    replace: dict[str, str] = field(default_factory=dict)
    spaces: bool = False
    existing: str = field(default="merge", metadata={"choices": EXISTING_CHOICES})


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


_SECTIONS = {
    "project": ProjectSection,
    "prepare": PrepareSection,
    "caption": CaptionSection,
    "export": ExportSection,
}


@dataclass(frozen=True, slots=True)
class Project:
    """A project on disk."""

    root: Path
    settings: ProjectSettings

    @property
    def name(self) -> str:
        """The name for the dataset and the LoRA."""
        return self.settings.project.name or self.root.absolute().name

    def folder(self, which: str) -> Path:
        """One of the project's folders (RAW, PROCESSED ...)."""
        return self.root / which


def open_project(root: Path) -> Project:
    """Open a project. Raises InputError when it is none, SettingsError when project.toml is wrong."""
    path = root / PROJECT_FILE
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
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
            _("{name} is not UTF-8 text").format(name=display_name(path))
        ) from error
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise SettingsError(
            _("{name} is not valid TOML: {reason}").format(
                name=display_name(path), reason=display_name(str(error))
            )
        ) from error
    return Project(root, read_settings(document, path))


def read_settings(document: dict[str, Any], path: Path) -> ProjectSettings:
    """Check a parsed project.toml. Raises SettingsError that names the key and what it may be."""
    _check_names(document, [*_SECTIONS, "training", "generate"], path, "")
    sections: dict[str, Any] = {}
    for name, kind in _SECTIONS.items():
        table = document.get(name, {})
        if not isinstance(table, dict):
            raise _wrong(path, name, _("a table"))
        known = {f.name: f for f in fields(kind)}
        _check_names(table, list(known), path, f"{name}.")
        sections[name] = kind(
            **{k: _value(v, known[k], path, f"{name}.{k}") for k, v in table.items()}
        )
    return ProjectSettings(**sections)


def _check_names(table: dict[str, Any], known: list[str], path: Path, prefix: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = _("; did you mean {name}?").format(name=prefix + near[0]) if near else ""
            raise SettingsError(
                _("{file}: there is no setting {name}{hint}").format(
                    file=display_name(path), name=display_name(prefix + key), hint=hint
                )
            )


def _wrong(path: Path, key: str, wanted: str) -> SettingsError:
    return SettingsError(
        _("{file}: {key} must be {wanted}").format(file=display_name(path), key=key, wanted=wanted)
    )


def _value(value: Any, known: Any, path: Path, key: str) -> Any:
    """The value in the type of the setting's default."""
    default = known.default_factory() if known.default is MISSING else known.default
    choices, limits = known.metadata.get("choices"), known.metadata.get("range")
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise _wrong(path, key, _("true or false"))
    elif isinstance(default, int | float):
        whole = isinstance(default, int)
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise _wrong(path, key, _("a whole number") if whole else _("a number"))
        low, high = limits
        if not low <= value <= high:
            raise _wrong(path, key, _("from {low} to {high}").format(low=low, high=high))
        return value if whole else float(value)
    elif isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise _wrong(path, key, _("a list of texts"))
        return tuple(value)
    elif isinstance(default, dict):
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise _wrong(path, key, _("a table of texts"))
    elif not isinstance(value, str):
        raise _wrong(path, key, _("a text in quotation marks"))
    elif choices and value not in choices:
        raise _wrong(path, key, _("one of: {choices}").format(choices=", ".join(choices)))
    return value


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
    name = safe_name(root.absolute().name)

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


def is_safe_name(name: str) -> bool:
    """True for names that every tool on the way takes: ASCII letters, digits, - and _."""
    return bool(name) and name.isascii() and all(c.isalnum() or c in "-_" for c in name)


def safe_name(name: str) -> str:
    """The nearest safe name ("lora" when nothing is left)."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)
    return kept.strip("_") or "lora"
