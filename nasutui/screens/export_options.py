"""The training settings as options: made from the settings' own fields, ranges and explanations."""

from __future__ import annotations

from dataclasses import Field, dataclass, fields
from typing import Any

from nasutui.core.i18n import _
from nasutui.core.project import ExportSection
from nasutui.core.training.settings import (
    PRESETS,
    TrainingSettings,
    explain,
    explain_preset,
    own_values,
    preset,
)
from nasutui.widgets.options import Option

_LEARNING_RATES = (1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 3e-4, 5e-4, 1e-3)
_SIZES = (8, 16, 32, 64, 96, 128)
_MORE = {"learning_rate": _LEARNING_RATES, "network_dim": _SIZES, "network_alpha": _SIZES}


@dataclass
class TrainingChoices:
    """The training settings and the repeats as they are being changed. `wrong` is set by who
    checks a value: "" when it is right."""

    training: TrainingSettings
    export: ExportSection

    def changes(self) -> dict[str, dict[str, Any]]:
        """What project.toml has to say: own values set, those of the preset taken out."""
        own = own_values(self.training)
        names = [f.name for f in fields(TrainingSettings) if f.name != "preset"]
        values: dict[str, Any] = {name: own.get(name) for name in names}
        values["preset"] = self.training.preset
        return {"training": values, "export": {"repeats": self.export.repeats}}

    def set(self, **values: Any) -> None:
        """Change training settings."""
        from dataclasses import replace

        self.training = replace(self.training, **values)


def export_options(choices: TrainingChoices) -> list[Option]:
    """Preset, repeats, then every training setting."""
    return [
        _preset(choices),
        _repeats(choices),
        *(_option(choices, f) for f in fields(TrainingSettings) if f.name != "preset"),
    ]


def _preset(choices: TrainingChoices) -> Option:
    def step(direction: int) -> None:
        names = list(PRESETS)
        place = names.index(choices.training.preset) + direction
        choices.training = preset(names[place % len(names)])

    return Option(
        "preset", "preset", lambda: choices.training.preset, step, None,
        explain_preset(choices.training.preset),
    )  # fmt: skip


def _repeats(choices: TrainingChoices) -> Option:
    def put(number: int) -> None:
        choices.export = ExportSection(max(0, min(1000, number)))

    def take(text: str) -> str:
        if not text.strip().isdecimal():
            return _("a whole number, please")
        put(int(text))
        return ""

    return Option(
        "repeats", "repeats", lambda: str(choices.export.repeats) if choices.export.repeats else "0",
        lambda direction: put(choices.export.repeats + direction), take,
        _("how often an epoch shows each picture; 0 proposes a number"),
    )  # fmt: skip


def _option(choices: TrainingChoices, field: Field[Any]) -> Option:
    key = field.name

    def value() -> Any:
        return getattr(choices.training, key)

    def put(new: Any) -> None:
        choices.set(**{key: new})

    return Option(
        key, key, lambda: _shown(value()), _stepper(field, value, put), _taker(value, put),
        explain(key),
    )  # fmt: skip


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, tuple):
        return ", ".join(value) or "-"
    return f"{value:g}" if isinstance(value, float) else str(value) or "-"


def _stepper(field: Field[Any], value: Any, put: Any) -> Any:
    choices = field.metadata.get("choices") or _MORE.get(field.name)
    if choices:

        def to_next(direction: int) -> None:
            put(_next(tuple(choices), value(), direction))

        return to_next
    if isinstance(value(), bool):
        return lambda _direction: put(not value())
    if isinstance(value(), int):
        low, high = field.metadata.get("range", (0, 1 << 31))
        size = 64 if field.name in ("resolution", "min_bucket_reso", "max_bucket_reso") else 1
        return lambda direction: put(max(low, min(high, value() + direction * size)))
    return None


def _next(choices: tuple[Any, ...], now: Any, direction: int) -> Any:
    """The next choice; numbers that are no choice go to the nearest one beyond."""
    if now in choices:
        place = choices.index(now) + direction
        if isinstance(now, str) or now is None:
            return choices[place % len(choices)]
        return choices[max(0, min(len(choices) - 1, place))]
    if direction > 0:
        return next((c for c in choices if c > now), choices[-1])
    return next((c for c in reversed(choices) if c < now), choices[0])


def _taker(value: Any, put: Any) -> Any:
    """Typed text in the type of the value; whether it makes sense is checked when it is saved."""

    def take(text: str) -> str:
        text = text.strip()
        now = value()
        try:
            if isinstance(now, bool):
                put(text.lower() in ("yes", "true", "1", "on", _("yes")))
            elif isinstance(now, int):
                put(int(text))
            elif isinstance(now, float):
                put(float(text))
            elif isinstance(now, tuple):
                put(tuple(p.strip() for p in text.split(",") if p.strip() and p.strip() != "-"))
            else:
                put(text)
        except ValueError:
            return _("a number, please")
        return ""

    return take
