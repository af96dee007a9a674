"""What the Generate screens say of pictures, in words. Everything that comes from a server or a file
goes through core.text."""

from __future__ import annotations

from collections.abc import Sequence

from nasutui.core.comparison.scores import Point, percent
from nasutui.core.generation.log import Entry
from nasutui.core.generation.pnginfo import parse_infotext
from nasutui.core.generation.settings import Generation, full_prompt
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.widgets.cells import bar, fit, right
from nasutui.widgets.row_list import Cells


def stars(rating: int | None) -> str:
    """4 -> ****; single cells in every terminal, unlike the sign for a star."""
    return "*" * rating if rating else ""


def entry_label(entry: Entry) -> tuple[str, str]:
    """What stands below a small picture."""
    if entry.warnings:
        return f"! {stars(entry.rating)} {entry.seed}", "dim"
    return f"{stars(entry.rating):<5} {entry.seed}".strip(), "good" if entry.rating else ""


def entry_row(entry: Entry, width: int) -> Cells:
    """One line of the log."""
    when = entry.at.astimezone().strftime("%m-%d %H:%M")
    prompt = entry.generation.prompt + (f"  {entry.notes}" if entry.notes else "")
    return [
        (f" {when} ", "dim"),
        (fit(stars(entry.rating), 6), "good"),
        (fit(prompt, max(0, width - 19)), "warn" if entry.warnings else ""),
    ]


def entry_text(entry: Entry) -> str:
    """All that is known of a picture, some lines."""
    params = parse_infotext(entry.infotext).params
    asked = entry.generation
    drawn = [
        f"{display_name(entry.path.name)}  {stars(entry.rating) or _('not rated')}",
        f"{params.get('Sampler', asked.sampler)} {params.get('Schedule type', '')}, "
        f"{asked.steps}, CFG {asked.cfg:g}, {asked.width}x{asked.height}, "
        + _("seed {seed}").format(seed=entry.seed),
    ]
    if entry.loras:
        names = ", ".join(f"{name} ({digest})" for name, digest in entry.loras.items())
        drawn.append(f"LoRA {names}")
    if entry.warnings:
        drawn.append(_("not as asked for: {codes}").format(codes=", ".join(entry.warnings)))
    if entry.notes:
        drawn.append(_("note: {text}").format(text=entry.notes))
    drawn.append(entry.sent_prompt)
    return "\n".join(display_name(line) for line in drawn)


def entry_line(entry: Entry) -> str:
    """What matters most of a picture, in one or two lines."""
    parts = [stars(entry.rating), entry.notes, entry.sent_prompt]
    return display_name("  ".join(" ".join(part.split()) for part in parts if part))


def sent_text(found: Generation, unknown: Sequence[str]) -> str:
    """What will be sent. Raises InputError for a LoRA that can't be."""
    text = display_name(full_prompt(found)) or _("no prompt yet")
    if found.negative:
        text += "\n- " + display_name(found.negative)
    if unknown:
        names = "、".join(map(display_name, unknown))
        text += "\n" + _("not understood: {text}").format(text=names)
    return text


def score_lines(
    points: Sequence[Point], best: tuple[str, float] | None, width: int, height: int
) -> str:
    """The scores as a plot of bars, or as a table of LoRAs by weights where there is less room."""
    if not points or width < 30:
        return ""
    if len(points) < height and width >= 60:
        return _bars(points, best, width)
    return _table(points, best, width)


def _tail(name: str, width: int) -> str:
    """The end of a name, which tells epochs apart, in `width` cells."""
    return fit(name if len(name) <= width else "…" + name[-(width - 1) :], width)


def _bars(points: Sequence[Point], best: tuple[str, float] | None, width: int) -> str:
    names = min(24, width // 3)
    room = width - names - 33
    heads = (_("together"), _("prompt"), _("style"))
    lines = [" " * (names + 7 + room) + "".join(right(fit(head, 8).strip(), 9) for head in heads)]
    for point in points:
        sign = ">" if (point.lora, point.weight) == best else " "
        weight = f"{point.weight:g}" if point.lora else ""
        score = point.score
        values = (score.total, score.prompt, score.style)
        lines.append(
            f"{sign}{_tail(point.lora or _('no LoRA'), names)}{weight:>5} {bar(score.total or 0.0, room)}"
            + "".join(right(percent(value), 9) for value in values)
        )
    return "\n".join(lines)


def _table(points: Sequence[Point], best: tuple[str, float] | None, width: int) -> str:
    weights = sorted({point.weight for point in points if point.lora})[: (width - 10) // 7]
    names = width - 7 * len(weights) - 1
    scores = {(point.lora, point.weight): point.score.total for point in points}
    lines = [" " * names + "".join(f"{weight:>7g}" for weight in weights)]
    for lora in dict.fromkeys(point.lora for point in points):
        if not lora:
            lines.append(_tail(_("no LoRA"), names) + right(percent(scores[lora, 0.0]), 7))
            continue
        cells = [
            (">" if (lora, weight) == best else " ") + percent(scores.get((lora, weight)))
            for weight in weights
        ]
        lines.append(_tail(lora, names) + "".join(right(cell, 7) for cell in cells))
    return "\n".join(lines)
