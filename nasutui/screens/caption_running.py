"""What the Caption screen shows while the taggers are at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from textual.content import Content

from nasutui.core.events import Event, ItemDone, ItemFailed
from nasutui.core.i18n import _, language
from nasutui.core.japanese.dictionary import translate
from nasutui.core.text import display_name
from nasutui.jobs import Job
from nasutui.widgets.cells import bar, fit

_READING = 2  # names of pictures that are said to be read now
_BAR = 12


@dataclass
class Running:
    """One run of the caption step. left: stem -> file name of the pictures that are to come; picture:
    the one that was finished last, with its best tags and their scores."""

    folder: Path
    left: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    come: int = 0
    go: int = 0
    picture: Path | None = None
    tags: int = 0
    best: Sequence[tuple[str, float]] = ()

    def expect(self, pictures: Iterable[Path]) -> None:
        """These pictures are to be captioned, in this order."""
        self.left = {picture.stem: picture.name for picture in pictures}

    def take(self, events: Sequence[Event]) -> None:
        """Bring it up to date with events of the step."""
        for event in events:
            if isinstance(event, ItemFailed):
                self.left.pop(event.path.stem, None)
                self.counts["failed"] += 1
            elif isinstance(event, ItemDone):
                self._done(event)

    def _done(self, done: ItemDone) -> None:
        name = self.left.pop(done.path.stem, "")
        self.counts[done.action] += 1
        self.come += len(done.detail.get("added", ()))
        self.go += len(done.detail.get("removed", ()))
        self.tags = int(done.detail.get("tags", 0))
        self.best = [(str(tag), float(p)) for tag, p in done.detail.get("best", ())]
        self.picture = self.folder / name if name else None


def running_text(running: Running, job: Job, size: tuple[int, int]) -> Content:
    """The run so far, in `size` (columns, rows)."""
    width, height = size
    parts: list[str | tuple[str, str]] = [_counts(running), "\n"]
    if not job.done:
        parts.append((_("the tagger is getting ready ..."), "$text-muted"))
    elif running.picture is not None:
        name = display_name(running.picture.name)
        tags = _("{count} tags").format(count=running.tags)
        parts += [(fit(name, width - len(tags) - 2), "bold"), (f" {tags}\n", "$text-muted")]
    reading = ", ".join(display_name(name) for name in islice(running.left.values(), _READING))
    lines = [line for tag, p in running.best[: max(0, height - 3)] for line in _line(tag, p, width)]
    parts += lines
    if reading and not job.stop.is_set():
        text = _("reading {names} ...").format(names=reading)
        parts += ["\n" if not lines else "", (fit(text, width), "$text-muted")]
    return Content.assemble(*parts)


def _counts(running: Running) -> str:
    """How many captions are new, changed ... so far."""
    counts = running.counts
    words = [
        (_("{count} new"), counts["made"]), (_("{count} changed"), counts["changed"]),
        (_("{count} as they were"), counts["unchanged"] + counts["skipped"]),
        (_("{count} failed (f)"), counts["failed"]),
    ]  # fmt: skip
    text = ", ".join(word.format(count=count) for word, count in words if count)
    tags = _("tags +{come} -{go}").format(come=running.come, go=running.go)
    return f"{text}   {tags}" if text else ""


def _line(tag: str, probability: float, width: int) -> list[str | tuple[str, str]]:
    """One tag: a bar, its score, its name (in Japanese too)."""
    entry = translate(tag) if language() == "ja" else None
    name = f"{tag}  {entry.display}" if entry else tag
    return [
        (bar(probability, _BAR), "$primary"), f" {probability:.2f} ",
        fit(name, max(1, width - _BAR - 6)).rstrip(), "\n",
    ]  # fmt: skip
