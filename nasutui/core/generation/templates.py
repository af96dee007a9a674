"""Prompts to fill in: `{name}` is asked for, `{name=blue hair}` has a value to begin with.

They are kept in project.toml, one line each, below [generate.templates].
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasutui.core.database import PROJECT_FILE
from nasutui.core.errors import InputError
from nasutui.core.files import read_regular
from nasutui.core.i18n import _
from nasutui.core.project import update_project
from nasutui.core.settings import read_toml
from nasutui.core.text import display_name

SECTION, KEY = "generate", "templates"
_VARIABLE = re.compile(r"\{([^{}=]+)(?:=([^{}]*))?\}")


def variables(template: str) -> dict[str, str]:
    """The variables in their order, with the value to begin with ("" for none)."""
    found: dict[str, str] = {}
    for match in _VARIABLE.finditer(template):
        name, value = match[1].strip(), (match[2] or "").strip()
        if name:
            found[name] = found.get(name) or value
    return found


def fill(template: str, values: Mapping[str, str]) -> str:
    """The prompt: each variable replaced by its value; what becomes empty takes its comma along."""
    defaults = variables(template)

    def value(match: re.Match[str]) -> str:
        name = match[1].strip()
        return values.get(name, defaults.get(name, match[0])).strip()

    filled = _VARIABLE.sub(value, template)
    return re.sub(r"(?:\s*,)+\s*(?=,|$)", "", re.sub(r"^(?:\s*,\s*)+", "", filled)).strip()


def generate_section(root: Path) -> dict[str, Any]:
    """[generate] of a project as it stands; empty when there is no project or it can't be read
    (opening the project has said so then)."""
    try:
        document = read_toml(read_regular(root / PROJECT_FILE).decode("utf-8-sig"))
    except (OSError, ValueError):
        return {}
    section = document.get(SECTION)
    return section if isinstance(section, dict) else {}


def read_templates(root: Path) -> dict[str, str]:
    """The project's templates by name, in their order."""
    found = generate_section(root).get(KEY)
    if not isinstance(found, dict):
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str)}


def save_template(root: Path, name: str, text: str | None) -> None:
    """Keep a template (None: forget it). Raises InputError, SettingsError."""
    name = name.strip()
    if not name or not name.isprintable() or len(name) > 60:
        raise InputError(
            _("a template needs a short name, not {name}").format(name=display_name(name)[:60]),
            code="template-name",
        )
    templates: dict[str, str] = {**read_templates(root)}
    if text is None:
        templates.pop(name, None)
    else:
        templates[name] = " ".join(text.split())
    update_project(root, {SECTION: {KEY: templates or None}})
