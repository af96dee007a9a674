"""The test server's machine: one queue, one job at a time, steps that a test can hold."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from tests.support.webui_profiles import Profile


class FifoLock:
    """First come, first served."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._held = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(self, *_exception: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False


class Machine:
    """The state that everybody sees. pause_at: the step (from 0; -1: begun, not sampling) at which
    every job waits for `resume`; pause_picture: only in that one of a request's pictures (from 0).
    hold_seconds: how long a job waits before it fails (None: for ever)."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.pause_at: int | None = None
        self.pause_picture: int | None = None
        self.hold_seconds: float | None = 60.0
        self.finished_jobs = 0
        self.seconds_per_step = 0.0
        self.same_second = False
        self._cond = threading.Condition()
        self._queue = FifoLock()
        self._closing = False
        self._clock = itertools.count()
        self._pending: list[str] = []
        self._current: str | None = None
        self._finished: deque[str] = deque(maxlen=16)
        self._began = 0.0
        self._preview: str | None = None
        self.state: dict[str, Any] = {
            "skipped": False,
            "interrupted": False,
            "stopping_generation": False,
            "job": "",
            "job_count": 0,
            "job_timestamp": "0",
            "job_no": 0,
            "sampling_step": 0,
            "sampling_steps": 0,
        }

    # What tests do -------------------------------------------------------------------------

    def wait_for(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Wait until something is true of the state; AssertionError when it doesn't come."""
        with self._cond:
            assert self._cond.wait_for(condition, seconds), self.state

    def resume(self) -> None:
        """Let paused jobs go on, and the next ones run through."""
        with self._cond:
            self.pause_at = None
            self._cond.notify_all()

    def close(self) -> None:
        """Let everything run to its end."""
        with self._cond:
            self._closing = True
            self._cond.notify_all()

    @property
    def queued(self) -> int:
        return len(self._queue._waiting)

    def foreign_job(
        self, job: str = "task(abc123)", steps: int = 20, pause_at: int = 5
    ) -> Callable[[], None]:
        """Begin a job of somebody else, held at a step; call the result to let it end."""
        go_on = threading.Event()
        held = threading.Event()

        def run() -> None:
            with self._queue:
                self._begin(job, 1)
                for step in range(steps):
                    self._set(sampling_steps=steps, sampling_step=step)
                    if step == pause_at:
                        held.set()
                        with self._cond:
                            self._cond.wait_for(lambda: go_on.is_set() or self._stopped())
                    if self.state["interrupted"]:
                        break
                self._end()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert held.wait(20)

        def finish() -> None:
            go_on.set()
            with self._cond:
                self._cond.notify_all()
            thread.join(20)

        return finish

    # State ---------------------------------------------------------------------------------

    def _set(self, **values: Any) -> None:
        with self._cond:
            self.state.update(values)
            self._cond.notify_all()

    def _stopped(self) -> bool:
        return self._closing or self.state["interrupted"] or self.state["skipped"]

    def _begin(self, job: str, count: int) -> None:
        second = 0 if self.same_second else next(self._clock)
        self._began = time.monotonic()
        self._set(
            job=job,
            job_count=-1,
            job_no=0,
            job_timestamp=f"20250101{12 + second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}",
            sampling_step=0,
            sampling_steps=0,
            interrupted=False,
            skipped=False,
            stopping_generation=False,
        )
        self._hold(-1)
        self._set(job_count=count)

    def _end(self) -> None:
        self._preview = None
        self._set(job="", job_count=0)

    def _hold(self, step: int) -> None:
        with self._cond:
            free = self._cond.wait_for(
                lambda: not self._is_held(step) or self._stopped(), self.hold_seconds
            )
            assert free, f"nobody let the job go on at step {step}"
        if self.seconds_per_step and not self._closing:
            time.sleep(self.seconds_per_step)

    def _is_held(self, step: int) -> bool:
        return step == self.pause_at and self.pause_picture in (None, self.state["job_no"])

    def interrupt(self) -> None:
        self._set(interrupted=True)

    def skip(self) -> None:
        self._set(skipped=True)

    def progress(self, skip_image: bool) -> dict[str, Any]:
        with self._cond:
            state = dict(self.state)
        if not self.profile.stopping_generation:
            del state["stopping_generation"]
        fraction = 0.0
        if state["job_count"] != 0:
            fraction = 0.01
            if state["job_count"] > 0:
                fraction += state["job_no"] / state["job_count"]
            if state["sampling_steps"] > 0:
                done = state["sampling_step"] / state["sampling_steps"]
                fraction += done / max(1, state["job_count"])
        fraction = min(fraction, 1.0)
        elapsed = time.monotonic() - self._began
        result = {
            "progress": fraction,
            "eta_relative": elapsed / fraction - elapsed if fraction else 0.0,
            "state": state,
            "current_image": None if skip_image else self._preview,
            "textinfo": None,
        }
        return result | ({"id": "x"} if self.profile.sdnext else {})

    def task(self, task_id: str | None) -> dict[str, Any]:
        active = task_id is not None and task_id == self._current
        queued = task_id in self._pending
        completed = task_id in self._finished
        text = None if active else "Waiting..."
        if queued:
            place = self._pending.index(str(task_id)) + 1
            text = f"In queue: {place}/{len(self._pending)}"
        return {
            "active": active,
            "queued": queued,
            "completed": completed,
            "progress": self.progress(True)["progress"] if active else None,
            "eta": None,
            "live_preview": None,
            "id_live_preview": -1,
            "textinfo": text,
        }

    def pending(self) -> dict[str, Any]:
        return {"size": len(self._pending), "tasks": list(self._pending)}
