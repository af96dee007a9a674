"""Tables of settings -> checked dataclasses, with errors that name the key and what it may be.

A section is a frozen dataclass whose fields all have defaults; the default's type is the setting's
type. `metadata` of a field may hold:

    range       (lowest, highest) for numbers
    above       a number that must be exceeded
    choices     the values that there are
    either      True: a whole number stays whole where the default has decimals (40 is not 40.0)
    check       text -> None, or what is wrong with it
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from nasutui.core.errors import SettingsError
from nasutui.core.i18n import _
from nasutui.core.text import display_name

Section = TypeVar("Section")


_MOST_CHARACTERS = 1_000_000
_MOST_DOTS = 500  # tomllib takes minutes over one key of 100,000 parts


def read_toml(text: str) -> dict[str, Any]:
    """TOML as tables. A file may come from a stranger: what would take for ever is refused. Raises
    ValueError with the reason."""
    if len(text) > _MOST_CHARACTERS or any(
        line.count(".") > _MOST_DOTS for line in text.split("\n")
    ):
        raise ValueError(_("longer than settings can be"))
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(_("nested too deeply")) from error


def check_names(names: Iterable[str], known: Iterable[str], path: Path, prefix: str) -> None:
    """Raise SettingsError for the first name that is not known, with the nearest that is."""
    wanted = list(known)
    for name in names:
        if name not in wanted:
            near = difflib.get_close_matches(name, wanted, 1)
            hint = _("; did you mean {name}?").format(name=prefix + near[0]) if near else ""
            raise SettingsError(
                _("{file}: there is no setting {name}{hint}").format(
                    file=display_name(path), name=display_name(prefix + name), hint=hint
                ),
                code="unknown-setting",
            )


def read_section(base: Section, table: Any, path: Path, name: str) -> Section:
    """`base` with the values of a table put in. Raises SettingsError."""
    if not isinstance(table, Mapping):
        raise wrong(path, name, _("a table"))
    known = {f.name: f for f in fields(base)}  # type: ignore[arg-type]
    check_names(table, known, path, f"{name}.")
    values = {k: _value(v, known[k], path, f"{name}.{k}") for k, v in table.items()}
    return replace(base, **values)  # type: ignore[type-var]


def wrong(path: Path, key: str, wanted: str) -> SettingsError:
    """The error for a value that can't be; `wanted` says what can."""
    text = _("{file}: {key} must be {wanted}")
    return SettingsError(
        text.format(file=display_name(path), key=display_name(key), wanted=wanted),
        code="wrong-setting",
    )


def default_of(field: Field[Any]) -> Any:
    """A field's default value."""
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _value(value: Any, field: Field[Any], path: Path, key: str) -> Any:
    """The value in the type of the setting's default."""
    default = default_of(field)
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise wrong(path, key, _("true or false"))
        return value
    if isinstance(default, int | float):
        return _number(value, default, field.metadata, path, key)
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise wrong(path, key, _("a list of texts"))
        for item in value:
            _check_text(item, field.metadata, path, key)
        return tuple(value)
    if isinstance(default, dict):
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise wrong(path, key, _("a table of texts"))
        return value
    if not isinstance(value, str):
        raise wrong(path, key, _("a text in quotation marks"))
    _check_text(value, field.metadata, path, key)
    return value


def _number(
    value: Any, default: float, rules: Mapping[str, Any], path: Path, key: str
) -> int | float:
    whole = isinstance(default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise wrong(path, key, _("a whole number") if whole else _("a number"))
    if "choices" in rules and value not in rules["choices"]:
        raise wrong(path, key, _one_of(rules["choices"]))
    low, high = rules.get("range", (value, value))
    if not low <= value <= high:
        raise wrong(path, key, _("from {low} to {high}").format(low=low, high=high))
    if "above" in rules and not value > rules["above"]:
        raise wrong(path, key, _("above {low}").format(low=rules["above"]))
    if whole or (rules.get("either") and isinstance(value, int)):
        return value
    return float(value)


def _check_text(value: str, rules: Mapping[str, Any], path: Path, key: str) -> None:
    if "choices" in rules and value not in rules["choices"]:
        near = difflib.get_close_matches(value, rules["choices"], 1)
        hint = _("; did you mean {name}?").format(name=near[0]) if near else ""
        raise wrong(path, key, _one_of(rules["choices"]) + hint)
    problem = rules["check"](value) if "check" in rules else None
    if problem:
        raise wrong(path, key, problem)


def _one_of(choices: Iterable[Any]) -> str:
    return _("one of: {choices}").format(choices=", ".join(str(c) for c in choices))
