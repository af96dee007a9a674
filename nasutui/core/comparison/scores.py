"""How good the pictures of a comparison are, by the eyes of the dataset's own tagger.

prompt: the share of the prompt's tags that it sees in the picture; style: the share of the tags
that most of the dataset's pictures have (and the prompt does not name). Both count a tag from the
threshold up, and both leave out what the tagger doesn't know.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from nasutui.core.comparison.plan import Cell, Record
from nasutui.core.editing.captions import parse_tags, tag_key
from nasutui.core.editing.changing import read_caption
from nasutui.core.editing.listing import scan
from nasutui.core.errors import CaptionError, InputError, ModelError, explain_os_error
from nasutui.core.events import Cancelled, Progress
from nasutui.core.files import sha256_file
from nasutui.core.i18n import _
from nasutui.core.tagging.models import locate
from nasutui.core.tagging.scores import RATING, TagTable
from nasutui.core.tagging.tagger import OnnxTagger

SEEN_FROM = 0.05
STYLE_SHARE = 0.4
STYLE_MOST = 20
TIE = 0.02
_NETWORK = re.compile(r"<[a-z]+:[^<>]*>", re.IGNORECASE)
_WEIGHT = re.compile(r":\s*-?[0-9.]+\s*$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The tags that are looked for, as tag keys."""

    prompt: tuple[str, ...]
    style: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Shares from 0 to 1; None where there is nothing to look for."""

    prompt: float | None
    style: float | None

    @property
    def total(self) -> float | None:
        known = [value for value in (self.prompt, self.style) if value is not None]
        return fmean(known) if known else None


@dataclass(frozen=True, slots=True)
class Point:
    """One LoRA at one weight, over its seeds. lora "": the baseline."""

    lora: str
    weight: float
    score: Score
    pictures: int


@dataclass(frozen=True, slots=True)
class Advice:
    """Which to take; point None: none is better than the rest or than no LoRA."""

    point: Point | None
    text: str


def plain_tag(text: str) -> str:
    """A tag without what a prompt puts around it: `((blue hair:1.2))` -> `blue_hair`."""
    text = text.strip()
    while text[:1] in tuple("([{") and not text.startswith("\\"):
        inner = text[1:].rstrip()
        inner = inner[:-1] if inner[-1:] in tuple(")]}") and inner[-2:-1] != "\\" else inner
        text = _WEIGHT.sub("", inner).strip()
    text = re.sub(r"(?<!\\)[)\]}]+$", "", text) if "(" not in text.replace("\\(", "") else text
    return tag_key(re.sub(r"\\([()\[\]])", r"\1", _WEIGHT.sub("", text)))


def prompt_tags(prompt: str) -> tuple[str, ...]:
    """The tags of a prompt that could be seen in a picture, as tag keys."""
    text = re.sub(r"\b(?:BREAK|AND)\b", ",", _NETWORK.sub("", prompt))
    return tuple(dict.fromkeys(key for part in parse_tags(text) if (key := plain_tag(part))))


def common_tags(folder: Path) -> list[str]:
    """The tags that many of a folder's captions have, the commonest first, as tag keys. Raises
    InputError."""
    listing = scan(folder)
    counts: Counter[str] = Counter()
    captions = 0
    for path in listing.captions.values():
        try:
            tags = read_caption(path).caption.tags
        except CaptionError:
            continue
        counts.update({tag_key(tag) for tag in tags})
        captions += 1
    return [tag for tag, count in counts.most_common() if count >= STYLE_SHARE * captions]


def wanted_tags(prompt: str, style: Iterable[str], table: TagTable) -> Wanted:
    """What to look for with this tagger."""
    pairs = zip(table.names, table.categories, strict=True)
    known = {tag_key(name) for name, category in pairs if category != RATING}
    asked = tuple(tag for tag in prompt_tags(prompt) if tag in known)
    common = [tag for tag in style if tag in known and tag not in asked]
    return Wanted(asked, tuple(common[:STYLE_MOST]))


def score_of(tags: dict[str, float], wanted: Wanted, threshold: float) -> Score:
    """One picture's score. tags: what the tagger sees."""

    def share(names: tuple[str, ...]) -> float | None:
        if not names:
            return None
        return sum(tags.get(name, 0.0) >= threshold for name in names) / len(names)

    return Score(share(wanted.prompt), share(wanted.style))


def open_tagger(model: str, cancelled: Cancelled) -> Generator[Progress, None, OnnxTagger | None]:
    """The tagger of this name; None when cancelled. Raises ModelError."""
    files = yield from locate(model, cancelled)
    if files is None:
        return None
    try:
        key = f"{sha256_file(files.model)}+{sha256_file(files.tags)}"
    except OSError as error:
        raise ModelError(explain_os_error(error, files.model), code="model-unreadable") from error
    return OnnxTagger(files, key)


def seen_tags(tagger: OnnxTagger, picture: Path) -> dict[str, float]:
    """What the tagger sees in a picture, as tag keys. Raises PictureError, ModelError."""
    found = tagger.scores(picture).as_dict(tagger.table)
    return {tag_key(tag): round(p, 3) for tag, p in found.items() if p >= SEEN_FROM}


def cell_score(cell: Cell, record: Record) -> Score | None:
    """A cell's score; None when it has none."""
    drawn = record.cells.get(cell.key)
    if drawn is None or not drawn.model or drawn.bad:
        return None
    wanted = Wanted(record.prompt_tags, record.style_tags)
    return score_of(drawn.tags, wanted, record.threshold)


def points_of(record: Record) -> list[Point]:
    """The mean score of each LoRA at each weight, in the plan's order."""
    groups: dict[tuple[str, float], list[Score]] = {}
    for cell in record.plan:
        score = cell_score(cell, record)
        if score is not None:
            groups.setdefault((cell.lora, cell.weight), []).append(score)
    return [
        Point(lora, weight, _mean(scores), len(scores)) for (lora, weight), scores in groups.items()
    ]


def _mean(scores: list[Score]) -> Score:
    prompts = [s.prompt for s in scores if s.prompt is not None]
    styles = [s.style for s in scores if s.style is not None]
    return Score(fmean(prompts) if prompts else None, fmean(styles) if styles else None)


def advise(points: Sequence[Point]) -> Advice:
    """Which LoRA at which weight to take: the best, and among equals (0.02) the lowest weight and
    the earliest epoch, which leave the most room for a prompt."""
    most = max((p.pictures for p in points), default=0)
    rated = [(p.score.total, p) for p in points if p.score.total is not None]
    usable = [(total, p) for total, p in rated if p.lora and p.pictures == most]
    if not usable:
        return Advice(None, _("There is nothing to go by: no picture could be scored."))
    best = max(total for total, _point in usable)
    order = {p.lora: n for n, p in reversed(list(enumerate(points)))}
    near = [p for total, p in usable if total >= best - TIE]
    point = min(near, key=lambda p: (abs(p.weight), order[p.lora]))
    baseline = next((total for total, p in rated if not p.lora), None)
    if baseline is not None and best <= baseline + TIE:
        text = _("No LoRA scores better than the pictures without one ({score}). Look at them"
                 " yourself; maybe it needs more training or other tags.")  # fmt: skip
        return Advice(None, text.format(score=percent(baseline)))
    text = _("Take {lora} at weight {weight}: {score}").format(
        lora=point.lora, weight=f"{point.weight:g}", score=explain(point.score)
    )
    return Advice(point, text)


def percent(value: float | None) -> str:
    """0.734 -> 73 %"""
    return "-" if value is None else f"{value * 100:.0f} %"


def explain(score: Score) -> str:
    """A score in words."""
    return _("{total} (prompt {prompt}, style {style})").format(
        total=percent(score.total), prompt=percent(score.prompt), style=percent(score.style)
    )


def style_of(dataset: Path | None) -> list[str]:
    """The dataset's common tags; none without a dataset."""
    if dataset is None or not dataset.is_dir():
        return []
    try:
        return common_tags(dataset)
    except InputError:
        return []
