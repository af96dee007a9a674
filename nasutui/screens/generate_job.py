"""Drawing as a job of the app: its events as the Generate screens show them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from nasutui.core.events import Event, Events, Note, Progress, Row
from nasutui.core.i18n import _
from nasutui.core.webui.errors import BusyError
from nasutui.core.webui.progress import DrawingProgress
from nasutui.jobs import Job
from nasutui.widgets.work_line import clock


@dataclass(frozen=True, slots=True)
class Drawing(Row):
    """Progress inside one picture. Not a Progress, which the work line shows as a download."""

    progress: Progress | None = None


def for_screens(events: Events) -> Events:
    """The events of a step for a job of the app."""
    for event in events:
        if isinstance(event, Progress) and event.unit != "bytes":
            yield Drawing("drawing", {}, event)
        else:
            yield event


@dataclass
class DrawingState:
    """What is known of the drawing that runs. fraction: of the current picture; began: when the
    first step of the first picture was seen."""

    step: int = 0
    steps: int = 0
    fraction: float = 0.0
    queued: bool = False
    preview: bytes | None = None
    previews: int = 0
    began: float | None = None
    scoring: str = ""

    def take(self, events: Sequence[Event]) -> None:
        """Bring it up to date."""
        for event in events:
            if isinstance(event, Note) and event.code == BusyError.default_code:
                self.queued = True
            if not isinstance(event, Drawing) or event.progress is None:
                continue
            told = event.progress
            if not isinstance(told, DrawingProgress):
                self.scoring = f"{told.what} {told.done}/{told.total}"
                continue
            self.step, self.steps = told.step, told.steps
            self.fraction = told.done / told.total if told.total else 0.0
            if told.step:
                self.queued = False
                self.began = self.began or time.monotonic()
            if told.preview is not None:
                self.preview, self.previews = told.preview, self.previews + 1

    def line(self, job: Job) -> str:
        """The drawing in one line."""
        if job.stop.is_set():
            return _("stopping: the WebUI ends the picture that it is at ...")
        if self.scoring:
            return self.scoring
        if self.queued:
            return _("waiting in the WebUI's queue: it is drawing for somebody else")
        parts = [f"{min(job.done + 1, job.total or 1)}/{job.total or 1}"]
        if self.steps and self.fraction < 1:
            parts.append(_("step {step} of {steps}").format(step=self.step, steps=self.steps))
            parts.append(f"{self.fraction * 100:.0f} %")
        else:
            parts.append(_("waiting for the WebUI ..."))
        left = self._seconds_left(job)
        if left is not None:
            parts.append(_("{time} left").format(time=clock(left)))
        return "   ".join(parts)

    def _seconds_left(self, job: Job) -> float | None:
        done = job.done + (self.fraction if self.fraction < 1 else 0.0)
        if self.began is None or not job.total or done < 0.05:
            return None
        return (time.monotonic() - self.began) / done * (job.total - done)
