"""Stand-ins for execution providers, opened as `sessions.Plan.opener` says: each misbehaves in a way
that real ones were seen to."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nasutui.core.tagging.accelerators import Accelerator
from nasutui.core.tagging.sessions import CPU, Plan, open_session

PID_FILE = "NASUTUI_TEST_PID_FILE"


def stand_in(
    kind: str, *, static: bool = False, options: dict[str, str] | None = None
) -> Accelerator:
    """An accelerator called "test" that behaves like `kind`, one of the functions below."""
    opener = f"tests.support.providers:{kind}"
    return Accelerator("test", "Test", "TestProvider", options or {}, static=static, opener=opener)


def _on_the_processor(plan: Plan) -> Any:
    return open_session(replace(plan, provider=CPU, options={}))


class _Wrapped:
    """A session on the processor whose runs pass through `run`."""

    def __init__(self, plan: Plan) -> None:
        self.inner = _on_the_processor(plan)
        self.get_inputs, self.get_outputs = self.inner.get_inputs, self.inner.get_outputs

    def run(self, names: object, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        answer: list[np.ndarray] = self.inner.run(names, feed)
        return answer


def aborting(_plan: Plan) -> Any:
    """Ends the process while it compiles, with noise, as a native library does."""
    os.write(1, b"noise\n")
    os.write(2, b"noise\n")
    os.abort()


class aborting_late(_Wrapped):  # noqa: N801 - an opener, as the functions here
    """Ends the process with the first picture."""

    def run(self, names: object, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        os.abort()


def refusing(_plan: Plan) -> Any:
    raise RuntimeError("no such device")


def hanging(_plan: Plan) -> Any:
    if PID_FILE in os.environ:
        Path(os.environ[PID_FILE]).write_text(str(os.getpid()))
    threading.Event().wait()


class wrong(_Wrapped):  # noqa: N801
    """Other scores, each a probability."""

    def run(self, names: object, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        return [1 - super().run(names, feed)[0]]


class nonsense(_Wrapped):  # noqa: N801
    """Half-precision overflow."""

    def run(self, names: object, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        return [super().run(names, feed)[0] * np.float32("nan")]


class slow(_Wrapped):  # noqa: N801
    """Does everything four times."""

    def run(self, names: object, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        for _again in range(3):
            super().run(names, feed)
        return super().run(names, feed)


class fast(_Wrapped):  # noqa: N801
    """Knows what it has seen, and answers nearly the same: half precision is not exact."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.seen: dict[bytes, list[np.ndarray]] = {}

    def run(self, names: object, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        ((_name, tensor),) = feed.items()
        key = tensor.tobytes()
        if key not in self.seen:
            self.seen[key] = [super().run(names, feed)[0].astype(np.float16).astype(np.float32)]
        return self.seen[key]


class single(_Wrapped):  # noqa: N801
    """Breaks when two runs meet."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.busy = threading.Lock()

    def run(self, names: object, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        assert self.busy.acquire(blocking=False)
        try:
            return super().run(names, feed)
        finally:
            self.busy.release()
