"""A comparison as one HTML file: pictures inside, no script, nothing from the network.

A click on a picture shows it large (CSS alone). What comes from outside is escaped, and the page's
own policy forbids everything but the pictures and the style that are in it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from nasutui.core.comparison.plan import Cell, Record
from nasutui.core.comparison.scores import Advice, Point, percent
from nasutui.core.comparison.sheet import Grid, grid_of
from nasutui.core.errors import PictureError
from nasutui.core.files import write_atomic
from nasutui.core.i18n import _, language
from nasutui.core.pictures.images import opened
from nasutui.core.text import display_name

PAGE = "compare.html"
_SIDE = 768
_LINES = ("#7c5cbf", "#c2570c", "#2f6f1f", "#2f5fb3", "#b3183a", "#8a5a00", "#0f766e", "#9d174d")
_PLOT = (640, 260, 46, 28)  # width, height, left and bottom margin
_STYLE = """
:root { color-scheme: light dark; --ink: #221f2e; --paper: #faf8ff; --faint: #6a6580; --line: #d6cdec; --bad: #b3183a; --best: #2f6f1f; }
@media (prefers-color-scheme: dark) { :root { --ink: #d5d6ea; --paper: #16151f; --faint: #9a98b5; --line: #3b3852; --bad: #f7768e; --best: #9ece6a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.advice { font-size: 1.1rem; padding: .6rem 1rem; border-left: 4px solid var(--best); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; } dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
.grid { overflow-x: auto; } table { border-collapse: collapse; }
th, td { padding: .2rem .4rem; text-align: left; vertical-align: top; }
.grid th[scope=row] { position: sticky; left: 0; background: var(--paper); }
.grid img { width: 192px; height: auto; display: block; }
small { color: var(--faint); } .bad { color: var(--bad); } .best img { outline: 4px solid var(--best); }
.scores td, .scores th { border-bottom: 1px solid var(--line); } .scores td { font-variant-numeric: tabular-nums; }
.scores .best { font-weight: bold; color: var(--best); }
svg { max-width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 12px; } svg .axis { stroke: var(--line); }
.picture:target img { position: fixed; inset: 0; margin: auto; width: auto; height: 94vh; max-width: 96vw; object-fit: contain; z-index: 3; outline: none; }
.picture:target + .back { position: fixed; inset: 0; background: #000c; z-index: 2; }
"""


@dataclass(frozen=True, slots=True)
class Page:
    """What the page shows. labels: cell key -> what to write below its picture."""

    record: Record
    labels: Mapping[str, str]
    points: tuple[Point, ...]
    advice: Advice
    title: str


def _e(text: object) -> str:
    return escape(display_name(str(text)))


def save_page(page: Page) -> Path:
    """Write the page. Raises OSError."""
    path = page.record.folder / PAGE
    write_atomic(path, page_text(page).encode("utf-8", "replace"))
    return path


def page_text(page: Page) -> str:
    """The whole page."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    title = _("Comparison of LoRAs")
    body = "\n".join(
        [
            f"<h1>{_e(title)}</h1>",
            f'<p class="advice">{_e(page.advice.text)}</p>',
            _settings(page),
            _plot(page),
            _scores(page),
            _grid(page, grid_of(page.record.plan)),
        ]
    )
    return (
        f'<!doctype html>\n<html lang="{language()}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{_e(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _settings(page: Page) -> str:
    base = page.record.base
    size = f"{base['width']} x {base['height']}"
    told = (
        (_("prompt"), page.title),
        (_("negative prompt"), base["negative"] or "-"),
        (_("sampler"), f"{base['sampler']}, {base['steps']}, CFG {base['cfg']:g}, {size}"),
        (_("seeds"), ", ".join(map(str, page.record.seeds))),
    )
    rows = "".join(f"<dt>{_e(name)}</dt><dd>{_e(value)}</dd>" for name, value in told)
    return f"<dl>{rows}</dl>"


def _is_best(page: Page, lora: str, weight: float) -> bool:
    point = page.advice.point
    return point is not None and (point.lora, point.weight) == (lora, weight)


def _scores(page: Page) -> str:
    if not page.points:
        return ""
    heads = (_("LoRA"), _("weight"), _("prompt"), _("style"), _("together"), _("pictures"))
    lines = []
    for point in page.points:
        score = point.score
        values = (
            point.lora or _("no LoRA"), f"{point.weight:g}" if point.lora else "",
            percent(score.prompt), percent(score.style), percent(score.total), point.pictures,
        )  # fmt: skip
        best = ' class="best"' if _is_best(page, point.lora, point.weight) else ""
        lines.append(f"<tr{best}>" + "".join(f"<td>{_e(v)}</td>" for v in values) + "</tr>")
    head = "".join(f"<th>{_e(name)}</th>" for name in heads)
    return (
        f"<h2>{_e(_('Scores'))}</h2>\n<p><small>{_e(_meaning())}</small></p>\n"
        f'<table class="scores"><tr>{head}</tr>\n' + "\n".join(lines) + "\n</table>"
    )


def _meaning() -> str:
    return _(
        "prompt: how many of the prompt's tags the dataset's tagger sees in the pictures; style: how"
        " many of the tags that most of the dataset's pictures have. Both are hints; look yourself."
    )


def _plot(page: Page) -> str:
    """Score over weight, one line a LoRA; the baseline is dashed."""
    rated = [(p, p.score.total) for p in page.points if p.score.total is not None]
    weights = sorted({p.weight for p, _total in rated if p.lora})
    if not weights:
        return ""
    width, height, left, bottom = _PLOT
    low, high = min(*weights, weights[0] - 0.1), max(*weights, weights[-1] + 0.1)

    def x(weight: float) -> float:
        return left + (weight - low) / (high - low) * (width - left - 10)

    def y(value: float) -> float:
        return 10 + (1 - value) * (height - bottom - 10)

    parts = [
        f'<line class="axis" x1="{left}" x2="{width - 10}" y1="{y(v):.1f}" y2="{y(v):.1f}"/>'
        f'<text x="4" y="{y(v) + 4:.1f}">{percent(v)}</text>'
        for v in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    parts += [
        f'<text x="{x(w):.1f}" y="{height - 8}" text-anchor="middle">{w:g}</text>' for w in weights
    ]
    legend = []
    loras = dict.fromkeys(p.lora for p, _total in rated if p.lora)
    for number, lora in enumerate(loras):
        colour = _LINES[number % len(_LINES)]
        places = sorted((p.weight, total) for p, total in rated if p.lora == lora)
        line = " ".join(f"{x(w):.1f},{y(total):.1f}" for w, total in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(w):.1f}" cy="{y(t):.1f}" r="4" fill="{colour}"/>' for w, t in places]  # fmt: skip
        legend.append(f'<span style="color:{colour}">●</span> {_e(lora)}')
    baseline = next((total for p, total in rated if not p.lora), None)
    if baseline is not None:
        parts.append(f'<line x1="{left}" x2="{width - 10}" y1="{y(baseline):.1f}" y2="{y(baseline):.1f}" stroke="currentColor" stroke-dasharray="6 4"/>')  # fmt: skip
        legend.append(f"- - {_e(_('no LoRA'))}")
    label = _e(_("Score over weight"))
    return (
        f'<h2>{label}</h2>\n<svg role="img" aria-label="{label}" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}">{"".join(parts)}</svg>\n<p>{" &nbsp; ".join(legend)}</p>'
    )


def _grid(page: Page, grid: Grid) -> str:
    heads = "".join(f"<th>{_e(f'{w:g}') if w else _e(_('no LoRA'))}</th>" for w in grid.weights)
    shown: dict[str, int] = {}
    lines = []
    for row, (lora, seed) in enumerate(grid.rows):
        cells = [f'<th scope="row">{_e(lora)}<br><small>{_e(seed)}</small></th>']
        for column, weight in enumerate(grid.weights):
            cells.append(_cell(page, grid.cell(row, column), shown, (lora, weight)))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<h2>{_e(_("Pictures"))}</h2>\n<div class="grid"><table><tr><th></th>{heads}</tr>\n'
        + "\n".join(lines)
        + "\n</table></div>"
    )


def _cell(page: Page, cell: Cell, shown: dict[str, int], place: tuple[str, float]) -> str:
    """One picture; it is embedded once, also when the baseline stands in several rows."""
    drawn = page.record.cells.get(cell.key)
    label = _e(page.labels.get(cell.key, ""))
    if drawn is None:
        return f'<td class="bad">{_e(_("not drawn"))}</td>'
    if cell.key in shown:
        link = f'<a href="#p{shown[cell.key]}">{_e(_("as above"))}</a>'
        return f"<td>{link}<br><small>{label}</small></td>"
    number = shown[cell.key] = len(shown)
    name = _e(f"{cell.lora or _('no LoRA')}, {cell.weight:g}, {cell.seed}")
    source = _embedded(page.record.folder / drawn.file)
    best = ' class="best"' if _is_best(page, *place) else ""
    wrong = ' class="bad"' if drawn.warnings else ""
    return (
        f'<td{best}><a class="picture" id="p{number}" href="#p{number}">'
        f'<img alt="{name}" src="{source}"></a><a class="back" href="#_"></a>'
        f"<small{wrong}>{label}</small></td>"
    )


def _embedded(path: Path) -> str:
    """A picture as a data address; empty when it can't be opened."""
    try:
        with opened(path, near=_SIDE) as picture:
            image = picture.image.copy()
    except PictureError:
        return ""
    image.thumbnail((_SIDE, _SIDE))
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
