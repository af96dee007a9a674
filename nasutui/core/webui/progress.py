"""How far a WebUI is, and whose picture it is drawing.

/sdapi/v1/progress tells of whatever runs now, maybe a job from a browser, and looks the same
before, after and while a request waits in the queue. /internal/progress knows our own task by its
id, but not on every server (AUTOMATIC1111 up to 1.7, SD.Next, --nowebui).
"""

from __future__ import annotations

import base64
import binascii
import enum
import math
from dataclasses import dataclass, field
from typing import Any

from nasutui.core.events import Progress
from nasutui.core.webui import messages
from nasutui.core.webui.answer import sniff

PROGRESS = "/sdapi/v1/progress"
_BROWSER_JOB = "task("
_MAX_PREVIEW = 16 << 20


@dataclass(frozen=True, slots=True)
class DrawingProgress(Progress):
    """Progress inside one picture, in percent of it; total None: waiting, nothing known.

    step and steps: the sampler's, 0 when not known. preview: the half-drawn picture as the server
    sent it (PNG, JPEG or WebP; open it through core.images), when previews were asked for and the
    server makes them.
    """

    unit: str = "percent"
    step: int = 0
    steps: int = 0
    preview: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """One look at /sdapi/v1/progress. fraction: 0 to 1. timestamp: when the job began."""

    fraction: float = 0.0
    job: str = ""
    job_count: int = 0
    step: int = 0
    steps: int = 0
    timestamp: str = ""
    interrupted: bool = False
    skipped: bool = False
    preview: bytes | None = field(default=None, repr=False)

    @property
    def idle(self) -> bool:
        return self.job_count == 0

    @property
    def from_browser(self) -> bool:
        return not self.idle and self.job.startswith(_BROWSER_JOB)


@dataclass(frozen=True, slots=True)
class Task:
    """What the server says of our own task; both false: it doesn't know it (yet, or any more)."""

    active: bool = False
    queued: bool = False


class Whose(enum.Enum):
    OURS = "ours"
    MAYBE_OURS = "maybe"
    OTHER = "other"
    NOBODY = "nobody"


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0
    try:
        number = float(value)
    except OverflowError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _whole(value: object) -> int:
    return max(-1, min(int(_number(value)), 1_000_000))


def _preview(value: object) -> bytes | None:
    if not isinstance(value, str) or len(value) > _MAX_PREVIEW:
        return None
    try:
        data = base64.b64decode(value.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if sniff(data) else None


def read_report(answer: Any) -> Report:
    """An answer of /sdapi/v1/progress. Raises BadAnswerError when it is something else."""
    state = answer.get("state") if isinstance(answer, dict) else None
    if not isinstance(state, dict):
        raise messages.wrong_shape(PROGRESS, "state")
    job, timestamp = state.get("job"), state.get("job_timestamp")
    return Report(
        fraction=max(0.0, min(_number(answer.get("progress")), 1.0)),
        job=job if isinstance(job, str) else "",
        job_count=_whole(state.get("job_count")),
        step=max(0, _whole(state.get("sampling_step"))),
        steps=max(0, _whole(state.get("sampling_steps"))),
        timestamp=timestamp if isinstance(timestamp, str) else "",
        interrupted=state.get("interrupted") is True,
        skipped=state.get("skipped") is True,
        preview=_preview(answer.get("current_image")),
    )


def read_task(answer: Any) -> Task | None:
    """An answer of /internal/progress; None when it is something else."""
    if not isinstance(answer, dict) or "active" not in answer:
        return None
    return Task(answer["active"] is True, answer.get("queued") is True)


class Tracker:
    """Decides whose job a report shows, for the time of one request of ours.

    before: a report from just before the request was sent; None when there was none.
    """

    def __init__(self, before: Report | None) -> None:
        self._knows_ids = False
        self._ours: str | None = None
        # Only when nobody else was there can a job that begins be none but ours.
        self._alone = before is not None and before.idle
        self._others = {before.timestamp} if before and not before.idle else set()

    def whose(self, task: Task | None, now: Report | None) -> Whose:
        """OURS only when that is certain. `task`: what the server says of our id; `now`: the job
        that runs; either None when not known."""
        if task and (task.active or task.queued):
            self._knows_ids = True
            return Whose.OURS if task.active else Whose.OTHER
        if self._knows_ids or now is None or now.idle:
            return Whose.NOBODY
        if now.from_browser:
            self._others.add(now.timestamp)
            self._alone = False
        if now.from_browser or (now.timestamp and now.timestamp in self._others):
            return Whose.OTHER
        if not self._alone:
            return Whose.MAYBE_OURS
        if self._ours is None:
            self._ours = now.timestamp
        return Whose.OURS if now.timestamp == self._ours else Whose.OTHER
