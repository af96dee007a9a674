"""One request under way: sent in one thread, watched and stopped from another.

The answer to a txt2img request comes when the picture is finished, after minutes or hours. Only
that answer is the end of it; what the watcher sees is for show, except for one thing: the server's
interrupt stops whatever it is drawing, so it is only sent while the job is certainly ours.
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

from nasutui.core.errors import NasutuiError
from nasutui.core.webui.abort import Abort, RequestAborted
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.errors import WebUIError
from nasutui.core.webui.progress import Report, Task, Tracker, Whose

_POLL_STOPPING = 0.25


@dataclass(frozen=True, slots=True)
class Pace:
    """Times, in seconds. poll: between two looks at the progress; poll_failing: the same after
    two looks without an answer; patience: how long a request that was stopped may take to answer;
    leaving: the same when the caller is gone."""

    poll: float = 1.0
    poll_failing: float = 3.0
    patience: float = 60.0
    leaving: float = 3.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look at the server. report: None when only the task's place in the queue is known."""

    whose: Whose
    report: Report | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end: the decoded answer, or the error in its place."""

    answer: Any = None
    error: Exception | None = None


class Job:
    """A txt2img request. `start`, then `next` until it gives an Outcome, then `close`."""

    def __init__(
        self, webui: WebUI, payload: dict[str, Any], pace: Pace, *, previews: bool = False
    ) -> None:
        self._webui = webui
        self._payload = payload
        self._task_id = str(payload["force_task_id"])
        self._pace = pace
        self._previews = previews
        self._news: queue.SimpleQueue[Sighting | Outcome] = queue.SimpleQueue()
        self._abort, self._watch_abort = Abort(), Abort()
        self._ended, self._stopping, self._wake = (threading.Event() for _ in range(3))
        self._stopped_at: float | None = None
        self._has_tasks = True
        self._threads: list[threading.Thread] = []
        self.cut_short = False

    def start(self) -> None:
        """Send the request and begin to watch."""
        tracker = Tracker(self._look_before())
        for target, arguments in ((self._send, ()), (self._watch, (tracker,))):
            thread = threading.Thread(target=target, args=arguments, daemon=True, name="webui")
            self._threads.append(thread)
            thread.start()

    def next(self, seconds: float) -> Sighting | Outcome | None:
        """The next piece of news, None when there was none for so long."""
        with contextlib.suppress(queue.Empty):
            return self._news.get(timeout=seconds)
        return None

    def stop(self) -> None:
        """Ask for the end of the drawing, as soon as it is certainly ours."""
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
            self._stopping.set()
            self._wake.set()

    @property
    def overdue(self) -> bool:
        """True when it was stopped and the server still doesn't answer."""
        if self._stopped_at is None:
            return False
        return time.monotonic() - self._stopped_at > self._pace.patience

    def close(self) -> None:
        """End both threads. A request that is still under way is stopped and, if the server does
        not follow at once, left behind."""
        if not self._ended.is_set():
            self.stop()
            self._ended.wait(self._pace.leaving)
        self._abort.abort()
        self._watch_abort.abort()
        self._ended.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(self._pace.leaving)

    def was_cut_short(self, timestamp: str | None) -> bool:
        """True when somebody stopped the drawing: the server gives a half-finished picture then,
        and nothing in its answer says so. timestamp: `job_timestamp` of the answer."""
        if self.cut_short or timestamp is None:
            return self.cut_short
        with contextlib.suppress(NasutuiError):
            now = self._webui.progress(seconds=5.0)
            return now.timestamp == timestamp and (now.interrupted or now.skipped)
        return False

    def _look_before(self) -> Report | None:
        for _attempt in range(2):
            with contextlib.suppress(NasutuiError):
                return self._webui.progress(seconds=5.0)
        return None

    def _send(self) -> None:
        try:
            outcome = Outcome(answer=self._webui.txt2img(self._payload, self._abort))
        except Exception as error:  # handed to the caller's thread, whatever it is
            outcome = Outcome(error=error)
        self._ended.set()
        self._wake.set()
        self._news.put(outcome)

    def _watch(self, tracker: Tracker) -> None:
        failures = 0
        while not self._ended.is_set():
            self._pause(self._pace.poll if failures < 2 else self._pace.poll_failing)
            if self._ended.is_set():
                return
            try:
                self._look(tracker)
                failures = 0
            except (WebUIError, RequestAborted):
                failures += 1

    def _pause(self, seconds: float) -> None:
        if self._stopping.is_set():
            self._ended.wait(min(seconds, _POLL_STOPPING))
        else:
            self._wake.wait(seconds)

    def _look(self, tracker: Tracker) -> None:
        task = self._look_at_task()
        report = None
        if not (task and task.queued):
            report = self._webui.progress(previews=self._previews, abort=self._watch_abort)
        whose = tracker.whose(task, report)
        if whose is Whose.OURS and report is not None:
            self._stop_if_asked(report)
        if not self._ended.is_set():
            self._news.put(Sighting(whose, report))

    def _look_at_task(self) -> Task | None:
        if not self._has_tasks:
            return None
        task = None
        with contextlib.suppress(WebUIError):
            task = self._webui.task(self._task_id, self._watch_abort)
            self._has_tasks = task is not None
        return task

    def _stop_if_asked(self, report: Report) -> None:
        """Interrupt our own job. The server forgets it when the job was only about to begin, so
        this repeats until the report confirms it."""
        if report.interrupted:
            self.cut_short = True
        elif self._stopping.is_set() and not self._ended.is_set():
            self._webui.interrupt(anyone=True, abort=self._watch_abort)
            self.cut_short = True


def new_task_id() -> str:
    """A `force_task_id` that nobody else uses."""
    return f"nasutui-{secrets.token_hex(8)}"
