"""The settings of the Caption screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nasutui.core.editing.captions import parse_tags
from nasutui.core.i18n import _
from nasutui.core.project import CaptionSection
from nasutui.core.tagging.combine import COMBINE, INTERSECTION, MEAN, UNION
from nasutui.core.tagging.models import CATALOGUE, EMBEDDED
from nasutui.core.tagging.models_here import short_name
from nasutui.widgets.options import Option

_STEP = 0.01
_EXISTING = ("merge", "append", "skip", "overwrite")


@dataclass
class CaptionChoices:
    """The section [caption] as it is being changed."""

    section: CaptionSection

    @property
    def taggers(self) -> tuple[str, ...]:
        """The models that caption, at least one."""
        return self.section.taggers

    @property
    def listed(self) -> tuple[str, ...]:
        """The same, as the list of models names them."""
        return tuple(_listed(name) for name in self.taggers)

    def set_taggers(self, names: Sequence[str]) -> None:
        """Caption with these models."""
        self.set(model=names[0], models=tuple(names) if len(names) > 1 else ())

    def set(self, **values: object) -> None:
        """Change some values."""
        self.section = replace(self.section, **values)  # type: ignore[arg-type]


def caption_options(choices: CaptionChoices) -> list[Option]:
    """The options, each of which changes `choices`."""
    several = [_combine(choices)] if len(choices.taggers) > 1 else []
    return [
        _model(choices),
        *several,
        _threshold(choices, "threshold", _("threshold"),
                   _("general tags at or above it come into the caption")),
        _threshold(choices, "character_threshold", _("for characters"),
                   _("a wrong character does more harm than a missing one, so it is higher")),
        _flag(choices, "mcut", _("MCut"),
              _("find the thresholds for each picture at the widest gap between its scores")),
        _flag(choices, "ratings", _("ratings"), _("put the likeliest rating at the end")),
        _flag(choices, "spaces", _("spaces for _"), _("blue hair for blue_hair; kaomoji stay")),
        _existing(choices),
        _exclude(choices),
        _replace(choices),
    ]  # fmt: skip


def _names() -> list[str]:
    return [EMBEDDED, *(known.name for known in CATALOGUE)]


def _listed(model: str) -> str:
    """A model as the list names it."""
    name = model.rpartition("/")[2]
    return name if name in _names() else model


def _model(choices: CaptionChoices) -> Option:
    def step(direction: int) -> None:
        names, now = _names(), _listed(choices.taggers[0])
        place = names.index(now) + direction if now in names else 0
        choices.set_taggers([names[place % len(names)]])

    def shown() -> str:
        return " + ".join(short_name(name) for name in choices.taggers)

    return Option(
        "model", _("model"), shown, step, None,
        _("enter: the list, with what is here; several can caption together"),
    )  # fmt: skip


def _combine(choices: CaptionChoices) -> Option:
    words = {
        UNION: _("any of them"), INTERSECTION: _("all of them"), MEAN: _("their mean"),
    }  # fmt: skip

    def step(direction: int) -> None:
        place = COMBINE.index(choices.section.combine) + direction
        choices.set(combine=COMBINE[place % len(COMBINE)])

    return Option(
        "combine", _("what counts"), lambda: words[choices.section.combine], step, None,
        _("which of them must say a tag; one that does not know the tag has no vote"),
    )  # fmt: skip


def _threshold(choices: CaptionChoices, key: str, title: str, explain: str) -> Option:
    def value() -> float:
        found: float = getattr(choices.section, key)
        return found

    def step(direction: int) -> None:
        choices.set(**{key: round(min(1.0, max(0.0, value() + direction * _STEP)), 4)})

    def take(text: str) -> str:
        try:
            number = float(text)
        except ValueError:
            number = -1
        if not 0 <= number <= 1:
            return _("a number from 0 to 1, please")
        choices.set(**{key: number})
        return ""

    return Option(key, title, lambda: f"{value():.2f}", step, take, explain)


def _flag(choices: CaptionChoices, key: str, title: str, explain: str) -> Option:
    def value() -> bool:
        return bool(getattr(choices.section, key))

    def step(_direction: int) -> None:
        choices.set(**{key: not value()})

    return Option(key, title, lambda: _("yes") if value() else _("no"), step, None, explain)


def _existing(choices: CaptionChoices) -> Option:
    words = {
        "merge": (_("merge"), _("what you added and removed stays; the tagger's tags are new")),
        "append": (_("append"), _("only adds what is missing; takes nothing out")),
        "skip": (_("skip"), _("leaves captions alone; only pictures without one get one")),
        "overwrite": (_("overwrite"), _("the tagger's word alone; what you did goes (undo: 3, u)")),
    }

    def step(direction: int) -> None:
        place = _EXISTING.index(choices.section.existing) + direction
        choices.set(existing=_EXISTING[place % len(_EXISTING)])

    def shown() -> str:
        return words[choices.section.existing][0]

    explain = words[choices.section.existing][1]
    return Option("existing", _("captions there"), shown, step, None, explain)


def _exclude(choices: CaptionChoices) -> Option:
    def take(text: str) -> str:
        choices.set(exclude=parse_tags(text))
        return ""

    return Option(
        "exclude", _("never"), lambda: ", ".join(choices.section.exclude) or "-", None, take,
        _("tags that never come in, with commas; * stands for anything"),
    )  # fmt: skip


def _replace(choices: CaptionChoices) -> Option:
    def shown() -> str:
        return ", ".join(f"{old}={new}" for old, new in choices.section.replace.items()) or "-"

    def take(text: str) -> str:
        pairs: dict[str, str] = {}
        for part in parse_tags("" if text.strip() == "-" else text):
            old, sign, new = part.partition("=")
            if not (old.strip() and sign and new.strip()):
                return _("pairs like old=new, please, with commas between")
            pairs[old.strip()] = new.strip()
        choices.set(replace=pairs)
        return ""

    return Option(
        "replace", _("replace"), shown, None, take,
        _("old=new pairs: what to write where the tagger says old"),
    )  # fmt: skip
