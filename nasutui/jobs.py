"""Work that goes on while the screens change: steps of the engine, each in a thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.message import Message

from nasutui.core.config import log_path
from nasutui.core.errors import NasutuiError
from nasutui.core.events import (
    Cancelled,
    Event,
    Events,
    Finished,
    ItemDone,
    ItemFailed,
    Note,
    Progress,
    Started,
)
from nasutui.core.i18n import _
from nasutui.core.text import display_name

if TYPE_CHECKING:
    from nasutui.app import NasutuiApp

_POST_SECONDS = 0.1  # often enough for an eye; each time some hundred bytes go over the link

MakeStep = Callable[[Cancelled], Events]


@dataclass
class Job:
    """One running or finished step, as the screens show it."""

    title: str
    make_step: MakeStep
    step: str = ""
    total: int | None = None
    done: int = 0
    download: Progress | None = None
    failures: list[ItemFailed] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    last: ItemDone | None = None
    finished: Finished | None = None
    error: str = ""
    began: float = field(default_factory=time.monotonic)
    counted_from: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    ended: bool = False

    @property
    def rate(self) -> float:
        """Items a second since the count began (0 when not known yet)."""
        seconds = time.monotonic() - (self.counted_from or self.began)
        return self.done / seconds if seconds > 0.2 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimate of the time left; None when not known."""
        if self.total is None or not self.rate:
            return None
        return max(0.0, (self.total - self.done) / self.rate)

    def take(self, event: Event) -> None:
        """Bring the job up to date with one event of its step."""
        match event:
            case Started():
                self.step, self.total, self.done = event.step, event.total, 0
                self.counted_from, self.download = time.monotonic(), None
            case Progress():
                self.download = event
            case ItemDone():
                self.done += 1
                self.last = event
            case ItemFailed():
                self.done += 1
                self.failures.append(event)
            case Note():
                self.notes.append(event)
            case Finished():
                self.finished = event
            case _:
                pass


class JobEvents(Message):
    """What a job's step said since the last message; `ended` with the last one."""

    def __init__(self, job: Job, events: list[Event], *, ended: bool = False) -> None:
        super().__init__()
        self.job, self.events, self.ended = job, events, ended


class _Bundles:
    """Posts a job's events a few at a time. What came is posted soon also when nothing follows it: a
    step may be silent for as long as one picture takes."""

    def __init__(self, app: NasutuiApp, job: Job) -> None:
        self._app, self._job = app, job
        self._guard = threading.Lock()
        self._waiting: list[Event] = []
        self._later: threading.Timer | None = None

    def add(self, event: Event) -> None:
        with self._guard:
            self._waiting.append(event)
            if self._later is None:
                self._later = threading.Timer(_POST_SECONDS, self._post)
                self._later.daemon = True
                self._later.start()

    def _post(self) -> None:
        with self._guard:
            self._later = None
            if self._waiting:
                self._app.post_message(JobEvents(self._job, self._waiting))
                self._waiting = []

    def end(self) -> None:
        """Post what is left, as the last message."""
        with self._guard:
            if self._later is not None:
                self._later.cancel()
            self._app.post_message(JobEvents(self._job, self._waiting, ended=True))
            self._waiting = []


def run_job(app: NasutuiApp, job: Job) -> None:
    """In a thread: run the step, post its events in small bundles."""
    bundles = _Bundles(app, job)
    try:
        for event in job.make_step(job.stop.is_set):
            bundles.add(event)
    except NasutuiError as error:
        job.error = str(error)
    except Exception:  # said to the person, kept for the developers
        logging.getLogger("nasutui").exception("job failed: %s", job.title)
        job.error = _("something unexpected went wrong; {log} says what").format(
            log=display_name(log_path())
        )
    bundles.end()
